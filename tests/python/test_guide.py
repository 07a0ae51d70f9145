"""The guide's own code, block by block, as it stands in the guide.

Only the package's name in the imports is changed, and names that a block leaves undefined
(my_model, train_step, …) are supplied; so are the values that it leaves out as `...`. What a block
prints and promises is asserted. Models are torch modules where torch is installed.
"""

import contextlib
import io
import os
import pathlib
import pickle
import re
import textwrap
import unittest

from support import HERE, Case, Layer, cl

GUIDE = HERE.parent / "guide" / "guide.md"
SAMPLES = ["sample_001", "sample_002", "sample_003"]
STATE = {"uids": SAMPLES, "discarded": {"sample_002"}, "tags": {"sample_001": ["clean"]}}
LEFT_OUT = (("'uids': [...]", f"'uids': {SAMPLES!r}"),
            ("'discarded': {...}", "'discarded': {'sample_002'}"),
            ("'tags': {...}", "'tags': {'sample_001': ['clean']}"))
ALL = {"model", "config", "data"}


def blocks():
    """The Python of the guide, in order."""
    text = GUIDE.read_text(encoding="utf-8")
    found = re.findall(r"^( *)```python\n(.*?)^ *```$", text, re.M | re.S)
    return [textwrap.dedent(code) for _, code in found]


def make_model(width=8):
    try:
        import torch
    except ImportError:
        return Layer([1.0] * width, width=width)
    return torch.nn.Sequential(torch.nn.Linear(4, width), torch.nn.Linear(width, 3))


class Dataset:
    """By the guide's protocol."""

    def __init__(self):
        self.discarded, self.tags_of = {"sample_002"}, {"sample_001": ["clean"]}

    def get_sample_uids(self):
        return SAMPLES

    def is_discarded(self, uid):
        return uid in self.discarded

    def get_tags(self, uid):
        return self.tags_of.get(uid, [])


class Guide(Case):
    """One test for each block: number 0 is the first of the guide."""

    def setUp(self):
        super().setUp()
        before = os.getcwd()
        os.chdir(self.folder)
        self.addCleanup(os.chdir, before)
        self.model, self.steps = make_model(), 0

    def train_step(self):
        self.steps += 1
        return 1.0 / self.steps

    def run_block(self, number, **names):
        """Runs it with what it does not define; returns its names and what it printed."""
        code = blocks()[number].replace("weightslab.components", "checkpoint_ledger")
        for what, value in LEFT_OUT:
            code = code.replace(what, value)
        names = {"train_step": self.train_step, **names}
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(code, f"guide block {number}", "exec"), names)
        if isinstance(names.get("manager"), cl.CheckpointManagerV2):
            self.addCleanup(names["manager"].close)
        return names, printed.getvalue()

    def register(self):
        cl.register_model(self.model)
        cl.register_config({"lr": 0.1})
        cl.register_dataset(Dataset())

    def tree(self, root="."):
        """Where each file is, with HASH for the hash."""
        place = pathlib.Path(root, "checkpoints")
        return sorted(str(path.relative_to(place)) for path in place.rglob("*") if path.is_file())

    def steps_saved(self, root="."):
        with cl.Ledger(root) as ledger:
            return [row.step for row in ledger.checkpoints()]

    def calls(self):
        return {"checkpoint_on_step": cl.checkpoint_on_step,
                "checkpoint_on_config_change": cl.checkpoint_on_config_change,
                "checkpoint_on_model_change": cl.checkpoint_on_model_change,
                "checkpoint_on_data_change": cl.checkpoint_on_data_change}

    def test_every_block_is_here(self):
        covered = {int(name.split("_")[2]) for name in dir(self) if name.startswith("test_block_")}
        self.assertEqual(covered, set(range(len(blocks()))))

    def test_block_00_hash_structure(self):
        self.assertEqual(self.run_block(0)[1], "")

    def test_block_01_compare(self):
        self.assertEqual(self.run_block(1)[0]["changed"], {"config"})

    def test_block_02_training_loop(self):
        self.register()
        self.run_block(2)
        self.assertEqual(self.steps, 1000)
        self.assertEqual(self.steps_saved(), list(range(100, 1000, 100)))
        hashes = {path.split("/")[0] for path in self.tree()}
        self.assertEqual(len(hashes), 1)
        name = hashes.pop()
        self.assertEqual([path.replace(name, "HASH") for path in self.tree()], [
            "HASH/data/HASH_data_state.yaml", "HASH/hp/HASH_config.yaml",
            "HASH/model/HASH_architecture.pkl",
            *(f"HASH/model/HASH_step_000{step}.pt" for step in range(100, 1000, 100))])

    def test_block_03_tracking_changes(self):
        cl.register_model(self.model)
        names, _ = self.run_block(3, **self.calls())
        with cl.Ledger(".") as ledger:
            changes = [event.changed for event in ledger.log() if event.kind == "update"]
            self.assertEqual(changes[-3:], [{"data"}, {"config"}, {"model"}])
            self.assertEqual(ledger.load_config(), names["new_config"])
            self.assertEqual(ledger.load_data_state(), {
                **names["data_state"], "tags": {"sample_001": ["clean", "validated"]}})
            self.assertEqual(ledger.has_pending_changes(), (False, set()))
            self.assertEqual(len([event for event in ledger.log() if event.kind == "dump"]), 1)

    def test_block_04_immediate_dumps(self):
        self.register()
        self.run_block(4, **self.calls(), config={"lr": 1}, data_state=STATE)
        with cl.Ledger(".") as ledger:
            self.assertEqual(ledger.status().pending, set())
            self.assertEqual(len([event for event in ledger.log() if event.kind == "dump"]), 3)

    def test_block_05_manual_manager(self):
        names, printed = self.run_block(5, my_model=self.model)
        exp_hash = names["exp_hash"]
        self.assertRegex(exp_hash, "^[0-9a-f]{24}$")
        self.assertEqual((names["is_new"], names["changed"]), (True, ALL))
        lines = printed.splitlines()
        self.assertEqual(lines[0], f"New hash: {exp_hash}")
        self.assertEqual(eval(lines[1].removeprefix("Changed components: ")), ALL)
        self.assertEqual(eval(lines[2].removeprefix("Pending: ")), ALL)
        self.assertEqual([path.replace(exp_hash, "HASH") for path in self.tree("experiments")], [
            "HASH/data/HASH_data_state.yaml", "HASH/hp/HASH_config.yaml",
            "HASH/model/HASH_architecture.pkl", "HASH/model/HASH_step_000100.pt"])

    def test_block_06_breakdown(self):
        names, _ = self.run_block(6)
        self.assertEqual((names["model_hash"], names["config_hash"], names["data_hash"]),
                         ("a1b2c3d4", "e5f6g7h8", "i9j0k1l2"))

    def test_block_07_segments(self):
        self.run_block(7)
        first, second = re.findall(r"[0-9a-z]{24}", blocks()[7])
        self.assertEqual(cl.compare_hashes(first, second), {"data"})

    def test_block_08_data_state(self):
        names, _ = self.run_block(8)
        text = cl.canonical_text(data_state=names["data_state"], lines=True)
        shown = re.search(r"Example internal representation:\n```\n(.*?)```",
                          GUIDE.read_text(encoding="utf-8"), re.S).group(1)
        self.assertEqual(text.splitlines(), shown.splitlines())

    def test_block_09_generator(self):
        names, _ = self.run_block(9, model=self.model, config={"lr": 1}, data_state=STATE,
                                  hash1="a1b2c3d4e5f6g7h8i9j0k1l2",
                                  hash2="a1b2c3d4f0f0f0f0i9j0k1l2")
        self.assertEqual(len(names["hash_str"]), 24)
        self.assertEqual((names["has_changed"], names["changed_comps"]), (False, set()))
        self.assertEqual(names["hashes"], {
            "model": names["hash_str"][:8], "config": names["hash_str"][8:16],
            "data": names["hash_str"][16:], "combined": names["hash_str"]})
        self.assertEqual(names["changed"], {"config"})
        other = {**STATE, "discarded": set()}
        self.assertEqual(names["gen"].has_changed(make_model(9), {"lr": 1}, other),
                         (True, {"model", "data"}))

    def test_block_10_manager(self):
        names, _ = self.run_block(10, model=self.model, config={"lr": 1}, data_state=STATE)
        self.assertEqual(names["changed"], ALL)
        self.assertEqual((names["has_pending"], names["components"]), (True, ALL))
        self.assertEqual(names["manager"].has_pending_changes(), (False, set()))
        self.assertEqual(self.steps_saved("experiments"), [100])

    def test_block_11_automatic_system(self):
        self.register()
        names, _ = self.run_block(11, model=make_model(9), config={"lr": 2}, data_state={
            **STATE, "discarded": set()})
        self.assertEqual(self.steps_saved("experiments"), list(range(100, 1000, 100)))
        status = names["system"].manager.status()
        self.assertEqual(status.pending, ALL)
        self.assertEqual(status.samples, {"total": 3, "discarded": 0, "tagged": 1})

    def test_block_12_migration(self):
        for data_state, ending in ((None, "00000000"), (STATE, None)):
            names, _ = self.run_block(12, gen=cl.ExperimentHashGenerator(), model=self.model,
                                      config={"lr": 1}, data_state=data_state)
            self.assertEqual(len(names["exp_hash"]), 24)
            self.assertEqual(names["exp_hash"].endswith("00000000"), ending is not None)
        with self.raises(cl.IncompatibleHashError, "not compatible"):
            cl.compare_hashes("a1b2c3d4e5f6g7h8", names["exp_hash"])

    def test_block_13_pending_changes(self):
        self.register()
        self.run_block(13, **self.calls(), config={"lr": 1}, model=self.model)
        with cl.Ledger(".") as ledger:
            self.assertEqual(ledger.status().pending, set())
            self.assertEqual(len([event for event in ledger.log() if event.kind == "dump"]), 1)
        self.assertEqual(self.steps_saved(), [])

    def test_block_14_forced_dump(self):
        self.run_block(14, **self.calls(), model=self.model)
        with cl.Ledger(".") as ledger:
            self.assertEqual(ledger.status().pending, set())
            self.assertEqual(ledger.experiment().dumped, True)

    def test_block_15_milestones(self):
        self.register()
        self.run_block(15, **self.calls(), checkpoint_freq=50)
        self.assertEqual(self.steps, 1000)
        self.assertEqual(self.steps_saved(), list(range(100, 1000, 100)))

    def test_block_16_what_changed(self):
        generator = cl.ExperimentHashGenerator()
        old = generator.generate_hash(self.model, {"lr": 1}, STATE)
        for new, wanted in (
                (generator.generate_hash(make_model(9), {"lr": 2}, STATE),
                 "Model architecture changed\nHyperparameters changed\n"),
                (generator.generate_hash(self.model, {"lr": 1}, {**STATE, "tags": {}}),
                 "Data state changed (discard/tags)\n"), (old, "")):
            names, printed = self.run_block(16, old_hash=old, new_hash=new)
            self.assertEqual(printed, wanted)

    def test_block_17_unexpected_changes(self):
        manager = cl.CheckpointManagerV2("experiments")
        manager.update_experiment_hash(config={"lr": 1})
        _, printed = self.run_block(17, manager=manager)
        self.assertEqual(printed, "Pending: {'config'}\n")

    def test_block_18_first_call_dumps(self):
        self.register()
        cl.checkpoint_on_config_change({"lr": 2})
        self.run_block(18, **self.calls(), step=7)
        with cl.Ledger(".") as ledger:
            self.assertEqual(ledger.status().pending, set())
            self.assertTrue(ledger.experiment().dumped)

    def test_block_19_force(self):
        self.register()
        cl.checkpoint_on_step(1)
        cl.checkpoint_on_config_change({"lr": 2})
        self.run_block(19, **self.calls(), step=2)
        with cl.Ledger(".") as ledger:
            self.assertEqual((ledger.status().pending, ledger.load_config()), (set(), {"lr": 2}))

    def test_block_20_dataset(self):
        dataset = Dataset()
        self.run_block(20, dataset=dataset, uid="sample_001")
        cl.register_dataset(dataset)
        cl.checkpoint_on_data_change()
        with cl.Ledger(".") as ledger:
            self.assertEqual(ledger.load_data_state(), STATE)

    def test_weights_of_the_guide_load_as_usual(self):
        names, _ = self.run_block(5, my_model=self.model)
        path = names["manager"].checkpoint_path(step=100)
        try:
            import torch
        except ImportError:
            with open(path, "rb") as file:
                self.assertEqual(pickle.load(file)["model"], self.model.state_dict())
            return
        state = torch.load(path)["model"]
        self.assertEqual(sorted(state), ["0.bias", "0.weight", "1.bias", "1.weight"])
        self.assertTrue(torch.equal(state["1.weight"], self.model[1].weight))


if __name__ == "__main__":
    unittest.main()
