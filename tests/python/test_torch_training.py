"""Real training with real PyTorch: resumed bit for bit, curated, edited, branched, distributed."""

import gc
import json
import os
import subprocess
import sys
import unittest

import torch
from digits import Net, Training
from support import HERE, Case, ckl, cl, descriptors, warned

EVERY, LAST = 13, 75  # an epoch has 29 batches: most checkpoints lie within one


class Resumed(Case):
    def trained(self, root, **options):
        """Trains to the end; returns all losses, by step."""
        training = Training(**options)
        losses = {}
        with cl.get_checkpoint_system(root, EVERY):
            training.register()
            for step in range(1, LAST + 1):
                losses[step] = training.train_step()
                self.assertTrue(cl.checkpoint_on_step(step))
        return losses

    def resumed(self, root, step, **options):
        """The losses of a new training that starts from a checkpoint."""
        training = Training(seed=99, **options)
        with cl.CheckpointManagerV2(root) as manager:
            manager.load_model_checkpoint(training.model, step=step, optimizer=training.optimizer,
                                          loader=training.loader)
        if training.loader.batch:
            training.batches = iter(training.loader)
        return {at: training.train_step() for at in range(step + 1, LAST + 1)}

    def check(self, **options):
        root = self.folder / "root"
        losses = self.trained(root, **options)
        with cl.Ledger(root) as ledger:
            saved = [row.step for row in ledger.checkpoints()]
        self.assertEqual(saved, [13, 26, 39, 52, 65])
        for step in saved:
            later = {at: loss for at, loss in losses.items() if at > step}
            self.assertEqual(self.resumed(root, step, **options), later, step)
        with cl.Ledger(root) as ledger:
            self.assertEqual([event.step for event in ledger.log() if event.kind == "resume"],
                             saved[::-1])

    def test_each_of_five_checkpoints_goes_on_bit_for_bit(self):
        self.check()

    def test_with_workers_that_are_forked(self):
        self.check(workers=2)

    def test_recording_changes_no_loss(self):
        with_ledger = self.trained(self.folder / "root")
        training = Training()
        self.assertEqual({step: training.train_step() for step in range(1, LAST + 1)}, with_ledger)

    def test_plain_torch_load(self):
        self.trained(self.folder)
        with cl.Ledger(self.folder) as ledger:
            path = ledger.checkpoint_path(step=26)
        states = [torch.load(path)]
        if int(torch.__version__.split(".")[0]) >= 2:
            states.append(torch.load(path, weights_only=True))
        for state in states:
            self.assertEqual(sorted(state), ["loader", "model", "optimizer", "random"])
            Net().load_state_dict(state["model"])

    def test_what_a_checkpoint_does_not_hold_is_said(self):
        training = Training()
        with cl.CheckpointManagerV2(self.folder) as manager:
            manager.save_model_checkpoint(training.model, 1)
            with self.raises(cl.NotFoundError, "no optimizer"):
                manager.load_model_checkpoint(training.model, optimizer=training.optimizer)


class RealRun(Case):
    """Train, discard by loss, tag, edit the architecture, resume, go back, branch."""

    def steps(self, training, first, last):
        for step in range(first, last + 1):
            loss = training.train_step()
            cl.log_metric(step, "loss", loss)
            self.assertTrue(cl.checkpoint_on_step(step))
        return loss

    def test_all(self):
        root = self.folder / "root"
        system = cl.get_checkpoint_system(root, 50)
        training = Training()
        training.register()
        self.steps(training, 1, 100)
        first = system.manager.status().experiment

        losses = training.sample_losses()
        worst = sorted(losses, key=losses.get, reverse=True)
        training.dataset.discarded.update(worst[:20])
        for uid in worst[20:60]:
            training.dataset.add_tag(uid, "hard")
        cl.checkpoint_on_data_change()
        self.assertEqual(system.manager.has_pending_changes(), (True, {"data"}))
        self.steps(training, 101, 150)
        self.assertEqual(system.manager.has_pending_changes(), (False, set()))
        curated = system.manager.status().experiment
        self.assertEqual(cl.compare_hashes(first, curated), {"data"})

        wider = Training(width=12, seed=2, dataset=training.dataset)
        wider.register()
        cl.checkpoint_on_model_change()
        self.steps(wider, 151, 300)
        edited = system.manager.status().experiment
        self.assertEqual(cl.compare_hashes(curated, edited), {"model"})
        self.assertGreater(wider.accuracy(), 0.9)

        manager = system.manager
        diff = manager.diff(first, edited)
        self.assertEqual(diff.changed, {"model", "data"})
        self.assertEqual([(entry.name, entry.change) for entry in diff.model],
                         [(name, "changed") for name in ("conv1", "conv2", "norm")])
        self.assertEqual({one.uid for one in diff.samples if one.discarded_to}, set(worst[:20]))
        self.assertEqual({one.uid for one in diff.samples if one.tags_added == ("hard",)},
                         set(worst[20:60]))
        self.assertEqual(len(list(manager.metrics("loss", first))), 100)
        cl.close_checkpoint_system()
        self.branch(root, curated)

    def branch(self, root, curated):
        training = Training(seed=5)
        with cl.CheckpointManagerV2(root) as manager:
            manager.switch(curated, 150)
            state = manager.load_data_state()
            self.assertEqual(len(state["discarded"]), 20)
            training.dataset.discarded = state["discarded"]
            training.dataset.tags = state["tags"]
            manager.load_model_checkpoint(training.model, step=150, optimizer=training.optimizer)
        training.config["optimizer"]["lr"] = 0.001
        for group in training.optimizer.param_groups:
            group["lr"] = 0.001
        system = cl.get_checkpoint_system(root, 50)
        training.register()
        self.steps(training, 151, 200)
        status = system.manager.status()
        self.assertEqual(cl.compare_hashes(curated, status.experiment), {"config"})
        row = list(system.manager.checkpoints(status.experiment))[-1]
        self.assertEqual((row.step, row.first_step), (200, 151))
        self.assertTrue(row.from_checkpoint.endswith(f"{curated}_step_000150.pt"))
        parents = [parent.experiment for parent in system.manager.parents(status.experiment)]
        self.assertIn(curated, parents)
        self.assertEqual(ckl(root, "diff", curated, status.experiment)["config"], [
            {"path": "/optimizer/lr", "change": "changed", "from": 0.003, "to": 0.001}])

    def test_live_curation_from_the_shell(self):
        heard = []
        with cl.get_checkpoint_system(self.folder, 50) as system:
            training = Training()
            training.register()
            system.register_change_listener(heard.append)
            self.steps(training, 1, 5)
            ckl(self.folder, "discard", "digit_0003", "digit_0007", "--reason", "label in doubt")
            ckl(self.folder, "tag", "odd", "digit_0009")
            self.steps(training, 6, 6)
            self.assertEqual(training.dataset.discarded, {"digit_0003", "digit_0007"})
            self.assertEqual(training.dataset.tags, {"digit_0009": ["odd"]})
            self.assertEqual([one.uid for one in heard[0].samples],
                             ["digit_0003", "digit_0007", "digit_0009"])
            self.assertEqual(system.manager.has_pending_changes(), (False, set()))
            ckl(self.folder, "restore", "digit_0003")
            self.steps(training, 7, 7)
            self.assertEqual(training.dataset.discarded, {"digit_0007"})

    def test_loaders_with_workers_leave_nothing_behind(self):
        with cl.get_checkpoint_system(self.folder, 10), warned() as texts:
            training = Training(workers=2)
            training.register()
            self.steps(training, 1, 30)
            counts = []
            for _ in range(4):
                for _ in training.loader:
                    pass
                gc.collect()
                counts.append(descriptors())
            self.assertEqual(counts[1], counts[-1])
            self.steps(training, 31, 40)
        self.assertEqual(texts, [])


class Ranks(Case):
    def test_four_processes_make_one_history(self):
        environment = {**os.environ, "OMP_NUM_THREADS": "1"}
        done = subprocess.run(
            [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node=4",
             # of the older torch with Python 3.11 these two may not be what they are by default
             "--redirects", "1", "--tee", "1", "--log_dir", self.folder / "log",
             HERE / "torch_ranks.py", self.folder / "root", self.folder],
            capture_output=True, text=True, env=environment, timeout=300, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        told = [json.loads((self.folder / f"rank{rank}.json").read_text()) for rank in range(4)]
        self.assertEqual([one["warnings"] for one in told], [[]] * 4)
        self.assertEqual([one["manager"] for one in told], [True, False, False, False])
        with cl.Ledger(self.folder / "root") as ledger:
            self.assertEqual([row.step for row in ledger.checkpoints()], [10, 20, 30])
            kinds = [event.kind for event in ledger.log()]
            self.assertEqual([kinds.count(kind) for kind in ("update", "dump", "train")], [1, 1, 1])
            self.assertEqual(len(list(ledger.sessions())), 1)
            self.assertEqual(len(list(ledger.runs())), 1)


if __name__ == "__main__":
    unittest.main()
