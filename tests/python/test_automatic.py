"""The automatic system from Python: sources, steps, changes, and what it must survive."""

import multiprocessing
import os
import pathlib
import pickle
import threading
import time
import unittest

from support import CONFIG, DATA, MODEL, Case, Layer, ckl, cl, python, warned


class Dataset:
    """By the guide's protocol, the first form of each."""

    def __init__(self):
        self.names, self.gone, self.labels = ["a", "b", "c"], {"b"}, {"a": ["hard"]}

    def get_sample_uids(self):
        return self.names

    def is_discarded(self, uid):
        return uid in self.gone

    def get_tags(self, uid):
        return self.labels.get(uid, ())

    def discard(self, uid):
        self.gone.add(uid)

    def restore(self, uid):
        self.gone.discard(uid)

    def add_tag(self, uid, tag):
        self.labels.setdefault(uid, []).append(tag)

    def remove_tag(self, uid, tag):
        self.labels[uid].remove(tag)


class System(Case):
    def setUp(self):
        super().setUp()
        os.environ["CKL_ROOT"] = str(self.folder)
        self.addCleanup(os.environ.pop, "CKL_ROOT", None)

    def register(self):
        self.model, self.config, self.dataset = Layer([1.0], size=3), dict(CONFIG), Dataset()
        cl.register_model(self.model)
        cl.register_config(self.config)
        cl.register_dataset(self.dataset)

    def status(self):
        with cl.Ledger(self.folder) as ledger:
            return ledger.status()

    def saved(self):
        with cl.Ledger(self.folder) as ledger:
            return [row.step for row in ledger.checkpoints()]


class Steps(System):
    def test_without_get_it_opens_the_default(self):
        self.register()
        for step in range(1, 201):
            self.assertTrue(cl.checkpoint_on_step(step))
        self.assertEqual(self.saved(), [100, 200])
        with cl.Ledger(self.folder) as ledger:
            self.assertEqual(ledger.load_config(), CONFIG)
            self.assertEqual(ledger.load_data_state(), DATA)
            self.assertEqual(ledger.status().pending, set())

    def test_counting_by_itself(self):
        cl.get_checkpoint_system(checkpoint_frequency=3)
        self.register()
        for _ in range(7):
            cl.checkpoint_on_step()
        self.assertEqual(self.saved(), [3, 6])

    def test_options(self):
        system = cl.get_checkpoint_system(self.folder, 10, run="side", actor="me", keep_last=2)
        self.assertIs(cl.get_checkpoint_system(), system)
        self.assertEqual(system.manager.run, "side")
        cl.AutomaticCheckpointSystem(self.folder, 10, run="side", actor="me", keep_last=2)
        for options in (dict(root_log_dir="elsewhere"), dict(checkpoint_frequency=11)):
            with self.raises(cl.MisuseError, "other options"):
                cl.get_checkpoint_system(**options)
        manager = system.manager
        system.close()
        with self.raises(cl.MisuseError, "closed"):
            manager.status()

    def test_errors_name_the_call(self):
        with self.raises(cl.NoSourceError, "on_model_change"):
            cl.checkpoint_on_model_change()
        with self.raises(cl.NoSourceError, "on_config_change"):
            cl.checkpoint_on_config_change()
        with self.raises(cl.NoSourceError, "on_data_change"):
            cl.checkpoint_on_data_change()
        cl.checkpoint_on_config_change(CONFIG)
        with self.raises(cl.NoSourceError, "step 100"):
            cl.checkpoint_on_step(100)
        with self.raises(cl.InvalidValueError, "negative"):
            cl.checkpoint_on_step(-2)

    def test_pending_until_the_next_step(self):
        cl.get_checkpoint_system(self.folder, 10)
        self.register()
        cl.checkpoint_on_step(1)
        self.config["lr"] = 0.2
        cl.checkpoint_on_config_change()
        self.dataset.discard("c")
        cl.checkpoint_on_data_change()
        self.assertEqual(self.status().pending, {"config", "data"})
        cl.checkpoint_on_step(2)
        self.assertEqual(self.status().pending, set())
        cl.checkpoint_on_data_change({"uids": ["z"]}, dump_immediately=True)
        self.assertEqual((self.status().pending, self.status().samples["total"]), (set(), 1))
        cl.checkpoint_on_data_change(self.dataset)
        self.assertEqual(self.status().samples["discarded"], 2)

    def test_an_edit_that_nobody_announced(self):
        cl.get_checkpoint_system(self.folder, 10)
        self.register()
        for step in range(1, 11):
            cl.checkpoint_on_step(step)
        before = self.status().experiment
        self.model.size = 4
        for step in range(11, 21):
            cl.checkpoint_on_step(step)
        self.assertEqual(cl.compare_hashes(before, self.status().experiment), set())
        self.model.__class__ = type("Wider", (Layer,), {})
        for step in range(21, 31):
            cl.checkpoint_on_step(step)
        after = self.status().experiment
        self.assertEqual(cl.compare_hashes(before, after), {"model"})
        with cl.Ledger(self.folder) as ledger:
            self.assertEqual([row.experiment for row in ledger.checkpoints()],
                             [before, before, after])

    def test_metrics_weights_and_extra(self):
        cl.get_checkpoint_system(self.folder, 5)
        cl.register_model(self.set_model(), extra=lambda: {"epoch": 7})
        for step in range(1, 6):
            cl.log_metric(step, "loss", 1 / step)
            cl.checkpoint_on_step(step)
        with cl.Ledger(self.folder) as ledger:
            self.assertEqual(list(ledger.checkpoints())[0].metrics, {"loss": 0.2})
            self.assertEqual(ledger.load_model_checkpoint()["extra"], {"epoch": 7})
        cl.register_model(MODEL, weights=lambda file: file.write(b"by hand"))
        for step in range(6, 11):
            cl.checkpoint_on_step(step)
        with cl.Ledger(self.folder) as ledger, open(ledger.checkpoint_path(), "rb") as file:
            self.assertEqual(file.read(), b"by hand")
        with self.raises(cl.InvalidValueError, "state_dict"):
            cl.register_model(MODEL)

    def set_model(self):
        self.model = Layer([1.0, 2.0])
        return self.model

    def test_a_step_with_nothing_to_do_writes_nothing(self):
        cl.get_checkpoint_system(self.folder, 10**9)
        self.register()
        cl.checkpoint_on_step(1)
        log = pathlib.Path(self.folder, "ledger.db-wal")
        before = log.stat()
        begun = time.perf_counter()
        for step in range(2, 20_002):
            cl.checkpoint_on_step(step)
        spent = (time.perf_counter() - begun) / 20_000
        print(f"checkpoint_on_step with nothing to do: {spent * 1e6:.2f} us")
        after = log.stat()
        self.assertEqual((before.st_size, before.st_mtime_ns), (after.st_size, after.st_mtime_ns))

    def test_threads(self):
        cl.get_checkpoint_system(self.folder, 50)
        self.register()
        failures = []

        def work(number):
            try:
                for step in range(number, 400, 4):
                    cl.checkpoint_on_step(step)
                    if step % 40 == number:
                        cl.checkpoint_on_config_change({"step": step})
            except Exception as failure:
                failures.append(failure)

        threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(failures, [])
        self.assertEqual(sorted(self.saved()), [50, 100, 150, 200, 250, 300, 350])


class Datasets(System):
    def recorded(self, dataset):
        cl.register_dataset(dataset)
        cl.checkpoint_on_step(1)
        with cl.Ledger(self.folder) as ledger:
            return ledger.load_data_state()

    def test_the_other_forms(self):
        class Attributes:
            sample_ids = [3, 1, 2]
            tags = {1: {"x", "y"}, 3: []}

            def is_discarded(self, uid):
                return uid == 2

        self.assertEqual(self.recorded(Attributes()), {
            "uids": ["1", "2", "3"], "discarded": {"2"}, "tags": {"1": ["x", "y"]}})

    def test_uids_alone(self):
        class Plain:
            uids = ("é", "😀")

            def is_discarded(self, uid):
                return False

        self.assertEqual(self.recorded(Plain()),
                         {"uids": ["é", "😀"], "discarded": set(), "tags": {}})

    def test_what_is_missing_is_named(self):
        class Nothing:
            pass

        class NamesOnly:
            uids = ["a"]

        with self.raises(cl.InvalidValueError, r"get_sample_uids\(\) nor .sample_ids nor .uids"):
            cl.register_dataset(Nothing())
        with self.raises(cl.InvalidValueError, "is_discarded"):
            cl.register_dataset(NamesOnly())

    def test_changes_from_elsewhere_reach_it(self):
        heard = []
        cl.register_change_listener(heard.append)
        self.register()
        cl.checkpoint_on_step(1)
        first = self.status().experiment
        ckl(self.folder, "discard", "a", "--reason", "blurred")
        ckl(self.folder, "restore", "b")
        ckl(self.folder, "tag", "new", "c")
        ckl(self.folder, "untag", "hard", "a")
        cl.checkpoint_on_step(2)
        self.assertEqual((self.dataset.gone, self.dataset.labels), ({"a"}, {"a": [], "c": ["new"]}))
        self.assertEqual(len(heard), 1)
        change = heard[0]
        self.assertEqual((change.from_experiment, change.to_experiment, change.changed),
                         (first, self.status().experiment, {"data"}))
        self.assertEqual([one.uid for one in change.samples], ["a", "b", "c"])
        self.assertEqual(self.status().pending, set())
        with open(self.folder / "c.json", "w", encoding="ascii") as file:
            file.write('{"lr": 0.5}')
        ckl(self.folder, "update", "--config", self.folder / "c.json")
        cl.checkpoint_on_step(3)
        self.assertEqual([entry.name for entry in heard[1].config], ["/batch_size", "/lr"])


class Failures(System):
    def test_what_a_source_raises_comes_out_of_the_call(self):
        cl.register_config(lambda: {}["missing"])
        with self.raises(KeyError, "missing"):
            cl.checkpoint_on_config_change()
        cl.register_config(lambda: {"bad\0key": 1})
        with self.raises(cl.InvalidValueError, "NUL"):
            cl.checkpoint_on_config_change()
        cl.register_config(lambda: {"lr": 1})
        cl.checkpoint_on_config_change()
        self.assertEqual(self.status().pending, {"config"})

    def test_what_weights_raise_comes_out_of_the_step(self):
        cl.get_checkpoint_system(self.folder, 2)
        cl.register_model(Layer(), weights=lambda file: 1 / 0)
        cl.checkpoint_on_step(1)
        with self.raises(ZeroDivisionError):
            cl.checkpoint_on_step(2)
        cl.register_model(Layer())
        self.assertTrue(cl.checkpoint_on_step(4))
        self.assertEqual(self.saved(), [4])

    def test_what_a_listener_raises_comes_out_of_the_step(self):
        def complain(change):
            raise RuntimeError("no")

        cl.register_change_listener(complain)
        self.register()
        cl.checkpoint_on_step(1)
        ckl(self.folder, "discard", "a")
        with self.raises(RuntimeError, "no"):
            cl.checkpoint_on_step(2)
        self.assertTrue(cl.checkpoint_on_step(3))

    def test_calling_it_from_its_callbacks_is_refused(self):
        refused = []

        def call_back():
            try:
                cl.checkpoint_on_step(9)
            except cl.MisuseError as failure:
                refused.append(failure.message)
            return {"lr": 1}

        cl.register_config(call_back)
        cl.checkpoint_on_config_change()
        self.assertEqual(len(refused), 1)
        self.assertIn("own callback", refused[0])

    def test_weights_that_the_disk_did_not_take(self):
        def full(file):
            raise OSError(28, "No space left on device")

        cl.get_checkpoint_system(self.folder, 2)
        cl.register_model(Layer(), weights=full)
        cl.checkpoint_on_step(1)
        with warned() as texts:
            self.assertFalse(cl.checkpoint_on_step(2))
            self.assertTrue(cl.checkpoint_on_step(3))
        self.assertTrue(any("step 2" in text for text in texts), texts)
        cl.register_model(Layer())
        self.assertTrue(cl.checkpoint_on_step(4))
        self.assertEqual(self.saved(), [4])

    def test_a_second_trainer_is_refused(self):
        self.register()
        cl.checkpoint_on_step(1)
        done = python("import checkpoint_ledger as c\n"
                      "c.register_config({'lr': 1})\n"
                      "try: c.checkpoint_on_step(1)\n"
                      "except c.BusyError as e: print(e.message)")
        self.assertIn(f"pid {os.getpid()}", done.stdout, done.stderr)

    def test_pickler_and_guide_description(self):
        cl.get_checkpoint_system(self.folder, description="guide", pickler=pickle)
        cl.checkpoint_on_model_change(Layer(size=1))
        with cl.Ledger(self.folder) as ledger:
            self.assertEqual(ledger.load_model(), {"class": "Layer", "modules": []})
            self.assertIsInstance(ledger.load_architecture(unpickler=pickle), Layer)


def child_steps(queue):
    told = []
    for use in (lambda: cl.checkpoint_on_step(3), cl.checkpoint_on_config_change,
                lambda: cl.log_metric(1, "x", 1)):
        try:
            use()
            told.append("worked")
        except cl.MisuseError as refused:
            told.append(refused.message)
    queue.put(told)


class Processes(System):
    def test_a_forked_child_is_refused(self):
        self.register()
        cl.checkpoint_on_step(1)
        forking = multiprocessing.get_context("fork")
        queue = forking.SimpleQueue()
        child = forking.Process(target=child_steps, args=(queue,))
        child.start()
        told = queue.get()
        child.join()
        self.assertEqual(child.exitcode, 0)
        for text in told:
            self.assertIn("before a fork", text)
        self.assertTrue(cl.checkpoint_on_step(100))
        self.assertEqual(self.saved(), [100])

    def test_other_ranks_record_nothing(self):
        code = ("import checkpoint_ledger as c\n"
                "s = c.get_checkpoint_system()\n"
                "c.checkpoint_on_config_change({'lr': 1})\n"
                "c.log_metric(1, 'loss', 1)\n"
                "for i in range(200): c.checkpoint_on_step(i)\n"
                "print(s.manager)")
        done = python(code, RANK="1")
        self.assertEqual((done.stdout, done.stderr), ("None\n", ""))
        self.assertEqual(os.listdir(self.folder), [])

    def test_an_end_without_closing(self):
        code = ("import checkpoint_ledger as c\n"
                "c.register_config(lambda: {'lr': 1})\n"
                "c.checkpoint_on_step(1)\n"
                "c.log_metric(1, 'loss', 0.5)\n"
                "m = c.CheckpointManagerV2(run='other')\n"
                "m.update_experiment_hash(config={})\n"
                "rows = m.log(); next(rows)\n"
                "import os\n"
                "if os.fork() == 0: raise SystemExit(0)\n"
                "os.wait()\n")
        done = python(code)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))
        with cl.Ledger(self.folder) as ledger:
            self.assertEqual([row.value for row in ledger.metrics("loss")], [0.5])
            self.assertEqual([event.kind for event in ledger.log()][0], "end")
            self.assertEqual(ledger.status().trainer, None)

    def test_ctrl_c_while_weights_are_written(self):
        code = ("import checkpoint_ledger as c, os, signal, time\n"
                "def write(file):\n"
                "    os.kill(os.getpid(), signal.SIGINT)\n"
                "    time.sleep(5)\n"
                "c.get_checkpoint_system(checkpoint_frequency=1)\n"
                "c.register_model({'class': 'Net'}, weights=write)\n"
                "try: c.checkpoint_on_step(1)\n"
                "except KeyboardInterrupt: print('stopped')\n")
        done = python(code)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "stopped\n", ""))
        self.assertEqual(self.saved(), [])
        self.assertIsNone(self.status().trainer)


if __name__ == "__main__":
    unittest.main()
