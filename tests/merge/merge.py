#!/usr/bin/env python3
"""Histories of other ledgers, merged: random ones compared event by event with their sources, again
after they went on, a clash that becomes an alias, and many ledgers in one command.

CKL names the command; CKL_HISTORIES how many random pairs (4), CKL_SEED the first seed, CKL_LEDGERS how
many ledgers the last part merges (8) and CKL_STATES how many states each has (20).
"""
import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "history"))
import check_history  # noqa: E402

CKL = os.environ["CKL"]
ABOUT_TREE = {"dump", "checkpoint", "remove", "missing", "ignore", "unignore", "repair"}


def ckl(root, *words, code=0):
    done = subprocess.run([CKL, "-C", root, "--json"] + list(words), capture_output=True, text=True)
    assert done.returncode == code, (root, words, done.returncode, done.stderr)
    return json.loads(done.stdout or done.stderr.splitlines()[-1])


def rows(root, sql, *parameters):
    ledger = sqlite3.connect("file:%s/ledger.db?mode=ro" % root, uri=True)
    found = ledger.execute(sql, parameters).fetchall()
    ledger.close()
    return found


def events(root, run):
    """What a run says, without the number of each event."""
    return rows(root, "SELECT _event.op, events.at, events.kind, events.experiment,"
                " events.from_experiment, events.step,"
                " events.actor, events.reason FROM events JOIN _event USING (seq)"
                " WHERE events.run = ? ORDER BY seq", run)


def clean(root):
    done = subprocess.run([CKL, "-C", root, "fsck"], capture_output=True, text=True)
    assert done.returncode == 0, (root, done.stdout)


def compare(source, target, runs):
    """runs: name there -> name here. Nothing clashes: hashes are the same."""
    for there, here in runs.items():
        old, new = events(source, there), events(target, here)
        assert old == new, ("events of", there, [pair for pair in zip(old, new)
                                                 if pair[0] != pair[1]][:2], len(old), len(new))
        for view, columns, key in (
                ("sample_changes", "at, from_experiment, to_experiment, uid, discarded_from,"
                 " discarded_to, tags, tags_added, tags_removed", "at, uid"),
                ("config_changes", "at, from_experiment, to_experiment, path, change, value_to",
                 "at, path"),
                ("samples", "experiment, uid, discarded, tags", "uid"),
                ("metrics", "experiment, step, metric, value, at", "experiment, step, metric"),
                ("tag_changes", "at, uid, tag, action", "at, uid, tag, action")):
            sql = "SELECT %s FROM %s WHERE run = ? ORDER BY %s" % (columns, view, key)
            old, new = rows(source, sql, there), rows(target, sql, here)
            assert old == new, (view, there, [p for p in zip(old, new) if p[0] != p[1]][:2])
        old = rows(source, "SELECT at, experiment, step, path, bytes, sha256, first_step"
                   " FROM checkpoints WHERE run = ? ORDER BY seq", there)
        new = rows(target, "SELECT at, experiment, step, path, bytes, sha256, first_step"
                   " FROM checkpoints WHERE run = ? ORDER BY seq", here)
        assert old == new, ("checkpoints", there, old, new)
        assert all(state == "removed" for state, in rows(
            target, "SELECT state FROM checkpoints WHERE run = ?", here))


def runs_of(history, prefix):
    return {run: prefix if run == "main" else "%s.%s" % (prefix, run)
            for run, head in history.runs.items() if head}


def random_pair(seed):
    with tempfile.TemporaryDirectory() as place:
        roots = [os.path.join(place, name) for name in ("here", "there")]
        histories = []
        for index, root in enumerate(roots):
            os.mkdir(root)
            history = check_history.History(seed * 2 + index, root)
            for _ in range(20):
                history.step()
            weights = os.path.join(place, "weights")
            with open(weights, "w") as file:
                file.write("weights %d" % index)
            if history.runs["main"]:
                ckl(root, "checkpoint", "--step", "5", "--weights", weights)
            histories.append(history)
        here, there = roots
        before = {run: events(here, run) for run in histories[0].runs}
        names = rows(here, "SELECT experiment, name FROM names WHERE current ORDER BY name")
        ckl(here, "merge", there)
        clean(here)
        runs = runs_of(histories[1], "there")
        compare(there, here, runs)
        for run, known in before.items():
            now = [row for row in events(here, run) if row[2] != "merge"]
            assert now == known, ("our own history", run)
        kept = rows(here, "SELECT experiment, name FROM names WHERE current ORDER BY name")
        assert set(names) <= set(kept), ("our names", names, kept)
        again = ckl(here, "merge", there)["merged"][0]
        assert again["new_events"] == 0 and again["events"] > 0, again
        histories[1].metrics.clear()
        for _ in range(6):
            histories[1].step()
        ckl(here, "merge", there)
        clean(here)
        compare(there, here, runs_of(histories[1], "there"))
        states = sorted(histories[1].states)
        if len(states) > 1:
            assert ckl(here, "diff", states[0], states[-1]) == \
                ckl(there, "diff", states[0], states[-1])


def find_clash():
    seen, seed = {}, 0
    while True:
        start = hashlib.sha256(b'{"seed": %d}' % seed).hexdigest()[:8]
        if start in seen:
            return seen[start], seed
        seen[start] = seed
        seed += 1


def clash():
    """Each ledger gives its state the same hash; one of them becomes an alias, and says so."""
    first, second = find_clash()
    with tempfile.TemporaryDirectory() as place:
        hashes = []
        for name, seed in (("one", first), ("two", second), ("all", None)):
            root = os.path.join(place, name)
            os.mkdir(root)
            config = os.path.join(place, name + ".json")
            with open(config, "w") as file:
                json.dump({"seed": seed}, file)
            if seed is not None:
                hashes.append(ckl(root, "update", "--config", config)["experiment"])
        assert hashes[0] == hashes[1], hashes
        target = os.path.join(place, "all")
        told = ckl(target, "merge", os.path.join(place, "one"), os.path.join(place, "two"))
        assert [row["aliases"] for row in told["merged"]] == [0, 1], told
        (alias, state), = rows(target, "SELECT alias, experiment FROM aliases")
        assert alias == hashes[0] and state != alias
        assert ckl(target, "show", state)["experiment"] == state
        # A whole hash of this ledger is that state; a part of it could be both.
        assert ckl(target, "show", alias)["experiment"] == alias
        error = ckl(target, "show", alias[:15], code=2)["error"]
        assert alias in error["message"] and state in error["message"], error
        clean(target)
        # In a third ledger, where the first is not, the alias stands for its state.
        third = os.path.join(place, "third")
        os.mkdir(third)
        ckl(third, "merge", target)
        clean(third)


def refusals():
    with tempfile.TemporaryDirectory() as place:
        here, there = os.path.join(place, "here"), os.path.join(place, "there")
        for root in (here, there):
            os.mkdir(root)
            config = os.path.join(place, "c.json")
            with open(config, "w") as file:
                json.dump({"root": root}, file)
            ckl(root, "update", "--config", config)
        copy = os.path.join(place, "copy")
        shutil.copytree(here, copy)
        os.mkdir(copy + "2")
        assert "is this ledger" in ckl(here, "merge", copy, code=2)["error"]["message"]
        assert "no folder or ledger" in ckl(here, "merge", place + "/none", code=1)["error"]["message"]
        assert "no ledger" in ckl(here, "merge", place, code=1)["error"]["message"]
        ckl(here, "merge", there, "--as", "a b/c")
        assert rows(here, "SELECT run FROM runs") == [("main",), ("a-b-c",)]
        file = ckl(copy + "2", "merge", there + "/ledger.db")["merged"][0]
        assert file["new_events"] == 1 and rows(copy + "2", "SELECT run FROM runs") == \
            [("there",), ("main",)], rows(copy + "2", "SELECT run FROM runs")
        # The run goes on at both ends: neither is lost, the merge is refused.
        ckl(here, "--run", "a-b-c", "update", "--config", write(place, {"x": 1}))
        ckl(there, "update", "--config", write(place, {"x": 2}))
        count = rows(here, "SELECT count(*) FROM events")
        error = ckl(here, "merge", there, code=2)["error"]
        assert "run 'a-b-c' went on here" in error["message"], error
        assert rows(here, "SELECT count(*) FROM events") == count
        # Content that was changed is not taken over.
        third = os.path.join(place, "third")
        os.mkdir(third)
        with sqlite3.connect(there + "/ledger.db") as ledger:
            ledger.execute("UPDATE _config SET content = '{\"x\": 3}' WHERE content = '{\"x\": 2}'")
        ledger.close()
        error = ckl(third, "merge", there, code=3)["error"]
        assert "configuration" in error["message"] and "digest" in error["message"], error
        clean(third)
        assert rows(third, "SELECT count(*) FROM events") == [(0,)]


def write(place, value, name="value.json"):
    path = os.path.join(place, name)
    with open(path, "w") as file:
        json.dump(value, file)
    return path


def many(ledgers, states):
    """A job array: every event once, in order per run, in one command."""
    with tempfile.TemporaryDirectory() as place:
        data = {"uids": ["s%03d" % index for index in range(100)]}
        roots = []
        for number in range(ledgers):
            root = os.path.join(place, "job_%d" % number)
            os.mkdir(root)
            ckl(root, "update", "--data", write(place, data, "data.json"), "--config",
                write(place, {"job": number, "lr": 0.1}))
            for state in range(1, states):
                ckl(root, "tag", "t%d" % (state % 7), "s%03d" % ((state * 13 + number) % 100))
            roots.append(root)
        target = os.path.join(place, "all")
        os.mkdir(target)
        begin = time.monotonic()
        told = ckl(target, "merge", *roots)["merged"]
        spent = time.monotonic() - begin
        assert len(told) == ledgers
        for number, root in enumerate(roots):
            assert events(root, "main") == events(target, "job_%d" % number), root
        ops = rows(target, "SELECT count(*), count(DISTINCT op) FROM _event")[0]
        assert ops[0] == ops[1] == ledgers * states + ledgers, ops
        clean(target)
        print("%d ledgers of %d states merged in %.2f s" % (ledgers, states, spent))


def main():
    first = int(os.environ.get("CKL_SEED", "1"))
    count = int(os.environ.get("CKL_HISTORIES", "4"))
    for seed in range(first, first + count):
        try:
            random_pair(seed)
        except AssertionError:
            print("seed %d failed: CKL_SEED=%d CKL_HISTORIES=1 repeats it" % (seed, seed))
            raise
    print("%d pairs of histories from seed %d" % (count, first))
    clash()
    refusals()
    many(int(os.environ.get("CKL_LEDGERS", "8")), int(os.environ.get("CKL_STATES", "20")))


if __name__ == "__main__":
    sys.exit(main())
