"""CheckpointManagerV2 and Ledger: everything they can do, and what they refuse."""

import datetime
import gc
import multiprocessing
import os
import pathlib
import pickle
import sqlite3
import threading
import unittest

from support import (CONFIG, DATA, MODEL, Case, Layer, ckl, cl, descriptors, python,
                     resident_kilobytes, warned)

from checkpoint_ledger import _guard

CYCLES = int(os.environ.get("CKL_CYCLES", "10000"))


class Story(Case):
    """One history, told call by call."""

    def setUp(self):
        super().setUp()
        self.manager = cl.CheckpointManagerV2(self.folder)
        self.addCleanup(self.manager.close)

    def begin(self):
        return self.manager.update_experiment_hash(MODEL, CONFIG, DATA, reason="first")

    def test_update_dump_and_contents(self):
        self.assertTrue(self.manager.created)
        self.assertEqual(self.manager.root, os.path.realpath(self.folder))
        self.assertEqual(self.manager.run, "main")
        result = self.begin()
        exp_hash, is_new, changed = result
        self.assertTrue(is_new)
        self.assertEqual(changed, {"model", "config", "data"})
        self.assertEqual((result.pending, result.recorded_before), (changed, False))
        self.assertEqual(exp_hash, cl.ExperimentHashGenerator().generate_hash(MODEL, CONFIG, DATA))
        self.assertEqual(self.manager.has_pending_changes(), (True, changed))
        dumped = self.manager.dump_pending_changes()
        self.assertEqual((dumped.experiment, dumped.dumped), (exp_hash, changed))
        self.assertEqual(sorted(os.listdir(dumped.directory)), ["data", "hp", "model"])
        self.assertEqual(self.manager.has_pending_changes(), (False, set()))
        again = self.manager.update_experiment_hash(config=dict(CONFIG))
        self.assertEqual(tuple(again), (exp_hash, False, set()))
        self.assertEqual(self.manager.load_config(), CONFIG)
        self.assertEqual(self.manager.load_data_state(), DATA)
        self.assertEqual(self.manager.load_model(), MODEL)
        self.assertEqual(self.manager.load_architecture("@", unpickler=pickle), MODEL)
        self.assertEqual(self.manager.resolve(exp_hash[:6]), exp_hash)

    def test_save_single_components(self):
        self.assertEqual(self.manager.save_config(CONFIG).pending, set())
        self.assertEqual(self.manager.save_data_state(DATA).changed, {"data"})
        self.assertEqual(self.manager.save_model_architecture(MODEL).changed, {"model"})
        self.assertEqual(self.manager.status().last_dumped, self.manager.status().experiment)

    def test_opaque_models_and_picklers(self):
        self.manager.update_experiment_hash(model=b"\x80\x04anything")
        self.assertEqual(self.manager.load_model(), b"\x80\x04anything")
        with cl.CheckpointManagerV2(self.folder, pickler=pickle) as other:
            other.update_experiment_hash(model=MODEL)
            self.assertEqual(other.load_architecture(), pickle.dumps(MODEL))

    def test_edits(self):
        self.begin()
        self.assertEqual(self.manager.discard("a", reason="blurred").changed, {"data"})
        self.manager.restore(["b"])
        self.manager.tag("seen", ["a", "c"])
        self.manager.untag("hard", "a", dump_immediately=True)
        self.assertEqual(self.manager.load_data_state(), {
            "uids": ["a", "b", "c"], "discarded": {"a"}, "tags": {"a": ["seen"], "c": ["seen"]}})
        with self.raises(cl.NotFoundError, "nobody"):
            self.manager.discard(["a", "nobody"])
        self.assertEqual(ckl(self.folder, "status")["samples"],
                         {"total": 3, "discarded": 1, "tagged": 2})

    def test_what_does_not_count_is_said(self):
        with warned() as texts:
            result = self.manager.update_experiment_hash(
                data_state={"uids": ["a"], "discarded": ["z", "y"]})
        self.assertEqual((result.ignored_uids, result.first_ignored), (2, "y"))
        self.assertEqual(len(texts), 1)
        self.assertIn("'y'", texts[0])

    def test_history(self):
        first = self.begin().experiment
        self.manager.dump_pending_changes()
        before = datetime.datetime.now(datetime.timezone.utc)
        second = self.manager.discard("a", reason="why").experiment
        events = list(self.manager.log())
        self.assertEqual([event.kind for event in events], ["discard", "dump", "update"])
        newest = events[0]
        self.assertEqual((newest.experiment, newest.from_experiment, newest.reason, newest.changed),
                         (second, first, "why", {"data"}))
        self.assertLess(abs(newest.at - before), datetime.timedelta(seconds=60))
        self.assertEqual([event.kind for event in self.manager.log(component="config")], ["update"])
        self.assertEqual([event.kind for event in self.manager.log(limit=1)], ["discard"])
        self.assertEqual([event.kind for event in self.manager.log(oldest_first=True, after_seq=1)],
                         ["dump", "discard"])
        future = before + datetime.timedelta(days=1)
        self.assertEqual(list(self.manager.log(since=future)), [])
        self.assertEqual([parent.experiment for parent in self.manager.parents(second)], [first])
        found = self.manager.experiment(first[:20])
        self.assertEqual((found.hash, found.dumped), (first, True))
        self.assertEqual(found.config.segment, first[8:16])
        with self.raises(cl.InvalidValueError, "component"):
            self.manager.log(component="weights")

    def test_differences(self):
        first = self.begin().experiment
        changed = {"class": "Net", "modules": [
            {"name": "fc", "type": "Linear", "attributes": {"in": 4, "out": 5}}]}
        second = self.manager.update_experiment_hash(
            changed, {"lr": 0.2, "new": [1, None]},
            {"uids": ["a", "b", "d"], "discarded": ["a"], "tags": {"b": ["x"]}}).experiment
        with self.manager.diff(first, second) as diff:
            self.assertTrue(diff)
            self.assertEqual((diff.from_experiment, diff.to_experiment), (first, second))
            self.assertEqual([tuple(one) for one in diff.model],
                             [("fc", "changed", "Linear_in4_out3", "Linear_in4_out5")])
            self.assertEqual({entry.name: tuple(entry)[1:] for entry in diff.config}, {
                "/lr": ("changed", 0.1, 0.2), "/batch_size": ("removed", 32, None),
                "/new/0": ("added", None, 1), "/new/1": ("added", None, None)})
            self.assertEqual([tuple(one) for one in diff.samples], [
                ("a", "discarded", False, True, (), ("hard",)),
                ("b", "restored", True, False, ("x",), ()),
                ("c", "removed", False, None, (), ()), ("d", "added", None, False, (), ())])
            self.assertEqual(diff.counts["added"], 1)
            self.assertIs(diff.samples, diff.samples)
            self.assertIsNone(diff.code)
        self.assertFalse(self.manager.diff(first, first))

    def test_checkpoints(self):
        self.begin()
        model = Layer([1.0, 2.0], size=3)
        saved = self.manager.save_model_checkpoint(
            model, 100, force_dump_pending=True, metrics={"loss": 0.5}, note={"by": ("me",)},
            extra={"epoch": 3})
        self.assertEqual(saved.pending, set())
        self.assertEqual(pathlib.Path(saved.path).stat().st_size, saved.bytes)
        self.assertEqual(self.manager.load_model()["class"].rpartition(".")[2], "Layer")
        self.manager.save_model_checkpoint(step=200, weights=b"raw", metrics={"loss": 0.25})
        other = self.folder / "weights.bin"
        other.write_bytes(b"moved")
        self.manager.save_model_checkpoint(step=300, weights=other, move=True)
        self.assertFalse(other.exists())
        written = self.manager.save_model_checkpoint(
            step=400, weights=lambda file: file.write(b"x" * 5_000_000))
        self.assertEqual(written.bytes, 5_000_000)
        rows = list(self.manager.checkpoints())
        self.assertEqual([row.step for row in rows], [100, 200, 300, 400])
        self.assertEqual((rows[0].metrics, rows[0].note), ({"loss": 0.5}, {"by": ["me"]}))
        self.assertEqual(self.manager.checkpoint_path(step=100), saved.path)
        self.assertTrue(self.manager.checkpoint_path(best="loss").endswith("_step_000200.pt"))
        for nearest, step in ((0, 100), (149, 100), (150, 200)):
            self.assertTrue(self.manager.checkpoint_path(nearest=nearest)
                            .endswith("_step_%06d.pt" % step), nearest)
        self.assertTrue(self.manager.checkpoint_path(best="loss", highest=True)
                        .endswith("_step_000100.pt"))
        self.assertEqual([row.file_name for row in rows], [None, None, "weights.bin", None])
        copy = self.manager.copy_checkpoint(self.folder, step=300)
        self.assertEqual((copy, other.read_bytes()), (str(other), b"moved"))
        with self.assertRaises(cl.InvalidValueError):
            self.manager.copy_checkpoint(other, step=300)
        model.weights = None
        state = self.manager.load_model_checkpoint(model, step=100)
        self.assertEqual((model.weights, state["extra"]), ([1.0, 2.0], {"epoch": 3}))

    def test_giving_space_back(self):
        self.begin()
        for step in range(1, 6):
            self.manager.save_model_checkpoint(step=step, weights=b"%d" % step)
        planned = self.manager.gc(keep_last=2, dry_run=True)
        self.assertEqual([(one.step, one.removed) for one in planned],
                         [(1, True), (2, True), (3, True), (4, False), (5, False)])
        self.assertTrue(os.path.exists(self.manager.checkpoint_path(step=1)))
        exp_hash = self.manager.resolve("@")
        done = self.manager.gc(keep_last=2, names=[(exp_hash, 4)], reason="space")
        self.assertEqual([one.step for one in done if one.removed], [1, 2, 4])
        self.assertEqual([row.step for row in self.manager.checkpoints() if row.state == "present"],
                         [3, 5])
        self.assertEqual(next(self.manager.log()).reason, "space")

    def test_bad_checkpoints(self):
        self.begin()
        with self.raises(cl.InvalidValueError, "state_dict"):
            self.manager.save_model_checkpoint(MODEL, 100)
        with self.raises(cl.InvalidValueError, "step"):
            self.manager.save_model_checkpoint(Layer())
        with self.raises(cl.InvalidValueError, "negative"):
            self.manager.save_model_checkpoint(step=-1, weights=b"")
        with self.raises(cl.NotFoundError, "nowhere"):
            self.manager.save_model_checkpoint(step=1, weights=self.folder / "nowhere")
        with self.raises(ZeroDivisionError):
            self.manager.save_model_checkpoint(step=1, weights=lambda file: 1 / 0)
        with self.raises(cl.InvalidValueError, "loader"):
            self.manager.save_model_checkpoint(Layer(), 1, loader=[1])
        self.assertEqual(list(self.manager.checkpoints()), [])
        self.manager.save_model_checkpoint(step=1, weights=pickle.dumps({"model": os.system}))
        with self.raises(cl.RefusedError, "system"):
            self.manager.load_model_checkpoint(Layer())

    def test_metrics(self):
        self.begin()
        self.manager.log_metrics(1, {"loss": 0.5, "accuracy": 1})
        self.manager.log_metric(2, "loss", 0.25)
        self.manager.flush_metrics()
        self.assertEqual([(row.step, row.value) for row in self.manager.metrics("loss")],
                         [(1, 0.5), (2, 0.25)])
        self.assertEqual([row.step for row in self.manager.metrics("loss", after_step=1)], [2])
        self.assertEqual([(row.metric, row.value_count, row.last_step)
                          for row in self.manager.metric_series()],
                         [("accuracy", 1, 1), ("loss", 2, 2)])

    def test_switch_runs_and_ignored_paths(self):
        first = self.begin().experiment
        self.manager.dump_pending_changes()
        second = self.manager.update_experiment_hash(config={"lr": 1}).experiment
        moved = self.manager.switch(first)
        self.assertEqual((moved.from_experiment, moved.experiment), (second, first))
        self.manager.new_run("branch", second)
        self.assertEqual([(run.name, run.experiment) for run in self.manager.runs()],
                         [("main", first), ("branch", second)])
        with cl.CheckpointManagerV2(self.folder, run="branch", actor="somebody") as other:
            other.update_experiment_hash(config={"lr": 2})
            self.assertEqual(next(other.log()).actor, "somebody")
        self.assertTrue(self.manager.ignore("/lr"))
        self.assertFalse(self.manager.ignore("/lr"))
        self.assertEqual(self.manager.ignored_paths(), ["/lr"])
        self.assertTrue(self.manager.ignore("/lr", ignored=False))
        generator = cl.ExperimentHashGenerator()
        generator.generate_hash(MODEL, CONFIG, DATA)
        self.assertEqual(self.manager.recorded_hash(generator), first)

    def test_sql(self):
        self.begin()
        rows = self.manager.sql("SELECT uid, discarded FROM samples WHERE uid >= ? ORDER BY uid",
                                ["b"])
        self.assertEqual(rows.columns, ("uid", "discarded"))
        self.assertEqual(list(rows), [("b", 1), ("c", 0)])
        values = {"i": 2**62, "f": 0.5, "t": "é😀", "b": b"\0x", "n": None}
        found = self.manager.sql("SELECT :i, :f, :t, :b, :n, ''", values)
        self.assertEqual(next(found), (*values.values(), ""))
        for statement, pattern in (("DELETE FROM _event", "reading|readonly"), ("SELECT", "SQL"),
                                   ("SELECT 1; SELECT 2", "one statement"), ("", "one statement"),
                                   ("PRAGMA journal_mode=DELETE", "reading|readonly"),
                                   ("SELECT ?", "parameters")):
            with self.raises(cl.InvalidValueError, pattern):
                list(self.manager.sql(statement))
        with self.raises(cl.InvalidValueError, ":x"):
            self.manager.sql("SELECT :x", {"y": 1})
        ckl(self.folder, "discard", "a")  # nothing that was read keeps a writer out
        self.assertEqual(self.manager.status().samples["discarded"], 2)
        found = self.manager.sql("SELECT item, change FROM ckl_diff(?, '@')", ["@~1"])
        self.assertEqual(list(found), [("a", "discarded")])
        with self.raises(cl.InvalidValueError, "abcdef"):
            next(self.manager.sql("SELECT * FROM ckl_diff('abcdef')"))
        with self.raises(cl.BusyError, "stopped after 50 ms"):
            next(self.manager.sql("WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n)"
                                  " SELECT max(x) FROM n", time_limit=0.05))

    def test_snapshot(self):
        self.begin()
        copy = self.folder / "copy.db"
        self.assertEqual(self.manager.snapshot(copy), copy.stat().st_size)
        ledger = sqlite3.connect(f"file:{copy}?immutable=1", uri=True)
        self.assertEqual(ledger.execute("SELECT experiment FROM experiments").fetchall(),
                         list(self.manager.sql("SELECT experiment FROM experiments")))
        ledger.close()
        with self.raises(cl.RefusedError, "live ledger"):
            self.manager.snapshot(self.folder / "ledger.db")

    def test_to_pandas(self):
        self.begin()
        try:
            import pandas
        except ImportError:
            self.skipTest("no pandas")
        frame = self.manager.log().to_pandas()
        self.assertIsInstance(frame, pandas.DataFrame)
        self.assertEqual(list(frame["kind"]), ["update"])
        self.assertEqual(list(self.manager.sql("SELECT uid FROM samples").to_pandas()["uid"]),
                         ["a", "b", "c"])
        self.manager.discard("a")
        self.assertEqual(list(self.manager.diff("@~1", "@").to_pandas()["uid"]), ["a"])

    def test_what_the_command_does_is_seen(self):
        self.begin()
        count = self.manager.change_count()
        ckl(self.folder, "tag", "new", "c")
        self.assertNotEqual(self.manager.change_count(), count)
        self.assertEqual(self.manager.load_data_state()["tags"]["c"], ["new"])


class Errors(Case):
    def test_each_kind(self):
        with self.raises(cl.NotFoundError) as caught:
            cl.Ledger(self.folder)
        self.assertEqual(caught.exception.code, "CKL_NOT_FOUND")
        self.assertIsInstance(caught.exception, cl.CheckpointLedgerError)
        with self.raises(cl.NotFoundError):
            cl.CheckpointManagerV2(self.folder, must_exist=True)
        with self.raises(cl.InvalidValueError, "run"):
            cl.CheckpointManagerV2(self.folder, run="no/slash")
        with self.raises(cl.InvalidValueError, "NUL"):
            cl.CheckpointManagerV2("a\0b")
        pathlib.Path(self.folder, "ledger.db").write_bytes(b"no database" * 100)
        with self.raises((cl.RefusedError, cl.DamagedError)):
            cl.CheckpointManagerV2(self.folder)
        with self.raises(cl.IncompatibleHashError, "V2") as caught:
            cl.compare_hashes("a" * 16, "a" * 24)
        self.assertTrue(caught.exception.hint)
        copied = pickle.loads(pickle.dumps(caught.exception))
        self.assertEqual((copied.message, copied.hint, copied.code, str(copied)),
                         (caught.exception.message, caught.exception.hint, "CKL_V2_HASH",
                          str(caught.exception)))

    def test_reading_only(self):
        with cl.CheckpointManagerV2(self.folder) as manager:
            manager.update_experiment_hash(config=CONFIG)
        with cl.Ledger(self.folder) as ledger:
            self.assertEqual(ledger.load_config(), CONFIG)
            self.assertEqual(len(list(ledger.sql("SELECT * FROM experiments"))), 1)
            self.assertFalse(hasattr(ledger, "update_experiment_hash"))

    def test_busy(self):
        with cl.CheckpointManagerV2(self.folder) as first:
            first.update_experiment_hash(config=CONFIG)
            first.begin_training()
            told = python(f"import checkpoint_ledger as c; m = c.CheckpointManagerV2("
                          f"{str(self.folder)!r})\n"
                          "try: m.begin_training()\nexcept c.BusyError as e: print(e.message)")
            self.assertIn(f"pid {os.getpid()}", told.stdout, told.stderr)


class Lifetimes(Case):
    def test_closed(self):
        manager = cl.CheckpointManagerV2(self.folder)
        manager.update_experiment_hash(config=CONFIG)
        rows, diff = manager.log(), manager.diff()
        found = manager.sql("SELECT 1")
        manager.close()
        manager.close()
        self.assertEqual((list(rows), list(found)), ([], []))
        for use in (manager.status, manager.log, lambda: diff.samples, lambda: manager.root):
            with self.raises(cl.MisuseError, "closed"):
                use()
        self.assertIn("closed", repr(manager))

    def test_nothing_is_left_open(self):
        gc.collect()
        with cl.CheckpointManagerV2(self.folder) as manager:
            manager.update_experiment_hash(MODEL, CONFIG, DATA)
            before = 0
            for turn in range(50):
                next(manager.log())
                next(manager.sql("SELECT * FROM experiments"))
                manager.diff()
                if turn == 2:  # SQLite keeps one back, to be used again
                    gc.collect()
                    before = descriptors()
            gc.collect()
            self.assertEqual(descriptors(), before)

    def test_ends_in_any_order(self):
        """Cursors are released before their manager, also where only the collector ends both."""
        with cl.CheckpointManagerV2(self.folder) as manager:
            manager.update_experiment_hash(MODEL, CONFIG, DATA)
        for _ in range(100):
            manager = cl.CheckpointManagerV2(self.folder)
            manager.rows = [manager.log(), manager.sql("SELECT * FROM about"), manager.diff()]
            for rows in manager.rows[:2]:
                next(rows)
            del manager, rows
            gc.collect()

    def test_rows_keep_their_ledger(self):
        with cl.CheckpointManagerV2(self.folder) as manager:
            manager.update_experiment_hash(MODEL, CONFIG, DATA)
            manager.discard("a")
        self.assertEqual(len([event for event in cl.Ledger(self.folder).log()]), 2)

    def test_open_and_close_beside_pythons_own_sqlite(self):
        """Python's sqlite3 writes another database in this process; nothing is lost or leaked."""
        other = sqlite3.connect(self.folder / "other.db", isolation_level=None)
        other.execute("PRAGMA synchronous = OFF")
        other.execute("CREATE TABLE t (i)")
        with cl.CheckpointManagerV2(self.folder / "root") as manager:
            manager.update_experiment_hash(MODEL, CONFIG, DATA)
        recorded = 0
        for cycle in range(CYCLES):
            with cl.CheckpointManagerV2(self.folder / "root") as manager:
                if cycle % 10 == 0:
                    manager.update_experiment_hash(config={"cycle": cycle})
                    recorded += 1
            other.execute("INSERT INTO t VALUES (?)", (cycle,))
            if cycle == CYCLES // 10:
                gc.collect()
                opened, memory = descriptors(), resident_kilobytes()
        gc.collect()
        self.assertEqual(descriptors(), opened)
        if "CKL_SLOW" not in os.environ:  # a sanitizer keeps what is freed
            self.assertLess(resident_kilobytes() - memory, 4096)
        self.assertEqual(other.execute("SELECT count(*) FROM t").fetchone(), (CYCLES,))
        other.close()
        with cl.Ledger(self.folder / "root") as ledger:
            self.assertEqual(next(ledger.sql("SELECT count(*) FROM experiments")), (recorded + 1,))
            self.assertEqual(next(ledger.sql("PRAGMA integrity_check")), ("ok",))

    def test_pythons_own_sqlite_on_the_ledger_itself(self):
        """Where it is another copy of SQLite it is refused while the ledger is open here, because
        closing it would drop our locks; where it is the same, nothing is lost. The command, which
        relies on these locks, records meanwhile."""
        acknowledged, refused, turns = set(), 0, 30
        with cl.CheckpointManagerV2(self.folder) as manager:
            for turn in range(turns):
                acknowledged.add(manager.update_experiment_hash(config={"ours": turn})[0])
                for name in (self.folder / "ledger.db", f"file:{self.folder}/ledger.db?mode=ro"):
                    try:
                        other = sqlite3.connect(name, uri=True)
                        other.execute("SELECT count(*) FROM experiments").fetchone()
                        other.close()
                    except cl.MisuseError as failure:
                        self.assertIn("sql()", failure.hint)
                        refused += 1
                acknowledged.add(ckl(self.folder, "update", "--config", "-",
                                     text=f'{{"theirs": {turn}}}')["experiment"])
            found = {row[0] for row in manager.sql("SELECT experiment FROM experiments")}
        self.assertEqual(acknowledged - found, set())
        self.assertEqual(refused, 0 if _guard.is_one_copy() else 2 * turns)
        other = sqlite3.connect(self.folder / "ledger.db")
        self.assertEqual(other.execute("SELECT count(*) FROM experiments").fetchone(), (2 * turns,))
        other.close()

    def test_threads_share_a_manager(self):
        failures = []
        with cl.CheckpointManagerV2(self.folder) as manager:
            manager.update_experiment_hash(MODEL, CONFIG, DATA)

            def work(number):
                try:
                    for turn in range(20):
                        manager.update_experiment_hash(config={"n": number, "turn": turn})
                        list(manager.log(limit=5))
                        list(manager.sql("SELECT count(*) FROM experiments"))
                except Exception as failure:
                    failures.append(failure)

            threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            self.assertEqual(failures, [])
            self.assertEqual(len(list(manager.log())), 81)


def in_child(manager, rows, queue):
    told = []
    for use in (manager.status, lambda: next(rows), lambda: manager.discard("a")):
        try:
            use()
            told.append("worked")
        except cl.MisuseError as refused:
            told.append(refused.message)
    manager.close()
    with cl.CheckpointManagerV2(manager_root) as own:
        told.append(own.update_experiment_hash(config={"child": 1}).is_new)
    queue.put(told)


manager_root = None


class Forks(Case):
    def test_a_child_is_refused_and_harms_nothing(self):
        global manager_root
        manager_root = self.folder
        with cl.CheckpointManagerV2(self.folder) as manager:
            manager.update_experiment_hash(MODEL, CONFIG, DATA)
            rows = manager.log()
            forking = multiprocessing.get_context("fork")
            queue = forking.SimpleQueue()
            child = forking.Process(target=in_child, args=(manager, rows, queue))
            child.start()
            told = queue.get()
            child.join()
            self.assertEqual(child.exitcode, 0)
            for text in told[:3]:
                self.assertIn("before a fork", text)
            self.assertIs(told[3], True)
            self.assertEqual(next(rows).kind, "update")
            self.assertEqual(manager.discard("a").changed, {"data"})
            self.assertEqual(manager.load_config(), {"child": 1})

    def test_children_that_end_as_python_does(self):
        with cl.CheckpointManagerV2(self.folder) as manager:
            manager.update_experiment_hash(MODEL, CONFIG, DATA)
            for _ in range(5):
                child = os.fork()
                if child == 0:
                    del manager
                    gc.collect()
                    os._exit(0)
                self.assertEqual(os.waitpid(child, 0)[1], 0)
            manager.discard("a")
        self.assertEqual(ckl(self.folder, "status")["samples"]["discarded"], 2)


if __name__ == "__main__":
    unittest.main()
