#!/usr/bin/env python3
"""Every table and function of the extension against brute force, over random histories.

The histories and their model are those of tests/history/check_history.py. CKL names the command,
CKL_EXTENSION ckl_sqlite.so, CKL_HISTORIES how many histories (12), CKL_SEED the first seed (1).
"""
import datetime
import json
import os
import random
import sqlite3
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "history"))
import check_history  # noqa: E402
from check_history import (CKL, History, canonical_tags, difference, leaves,  # noqa: E402
                           modules, sample_rows)

EXTENSION = os.environ["CKL_EXTENSION"]
NOTHING = (None, None, None)
check_history.TAGS += ["y", "x", "x\\"]  # parts of others, as their escaped texts go


def connect(root):
    ledger = sqlite3.connect("file:%s/ledger.db?mode=ro" % root, uri=True)
    ledger.enable_load_extension(True)
    ledger.load_extension(EXTENSION)
    ledger.enable_load_extension(False)
    ledger.execute("PRAGMA trusted_schema=OFF")
    return ledger


# ---- what the model says -------------------------------------------------------------------------


def change_name(old, new):
    if old is None:
        return "added"
    if new is None:
        return "removed"
    if old[0] != new[0]:
        return "discarded" if new[0] else "restored"
    came, went = new[1] - old[1], old[1] - new[1]
    return "retagged" if came and went else "tagged" if came else "untagged"


def record(sample):
    return None if sample is None else "d%d:t%s" % (sample[0], canonical_tags(sample[1]))


def text_tags(sample):
    return None if sample is None else canonical_tags(sample[1])


def flag(sample):
    return None if sample is None else int(sample[0])


def model_rows(old, new):
    return {(name, *row) for name, row in difference(modules(old[0]), modules(new[0])).items()}


def config_rows(old, new):
    return {(path, *row) for path, row
            in difference(dict(leaves(old[1])), dict(leaves(new[1]))).items()}


def data_rows(old, new):
    return {(uid, change_name(a, b), flag(a), flag(b),
             canonical_tags((b or (0, frozenset()))[1] - (a or (0, frozenset()))[1]),
             canonical_tags((a or (0, frozenset()))[1] - (b or (0, frozenset()))[1]),
             text_tags(a), text_tags(b))
            for uid, (_, a, b) in difference(old[2], new[2]).items()}


def all_rows(old, new):
    return ({("model", *row) for row in model_rows(old, new)}
            | {("config", *row) for row in config_rows(old, new)}
            | {("data", uid, change_name(a, b), record(a), record(b))
               for uid, (_, a, b) in difference(old[2], new[2]).items()})


def changed_text(first, second):
    first, second = first or "0" * 24, second or "0" * 24
    return ",".join(name for place, name in enumerate(("model", "config", "data"))
                    if first[place * 8:place * 8 + 8] != second[place * 8:place * 8 + 8])


def stat_row(first, second, old, new):
    def count(rows, change):
        return sum(row[1] == change for row in rows)

    kinds = ("added", "removed", "changed")
    samples = sample_rows(old[2], new[2]).values()
    both = [row for row in samples if row[0] is not None and row[1] is not None]
    return (first, second, changed_text(first, second),
            *(count(model_rows(old, new), kind) for kind in kinds),
            *(count(config_rows(old, new), kind) for kind in kinds),
            sum(row[0] is None for row in samples), sum(row[1] is None for row in samples),
            sum(row[0] < row[1] for row in both), sum(row[0] > row[1] for row in both),
            sum(bool(row[2]) for row in both), sum(bool(row[3]) for row in both))


# ---- comparing -----------------------------------------------------------------------------------


class Checker:
    def __init__(self, history):
        self.history = history
        self.random = random.Random(repr(sorted(history.states)))
        self.ledger = connect(history.root)
        self.known = sorted(history.states)

    def rows(self, sql, *values):
        return self.ledger.execute(sql, values).fetchall()

    def same(self, found, expected, *what):
        got = set(found)
        assert len(found) == len(got), ("a row twice", what, found)
        assert got == expected, (what, "too many", got - expected, "missing", expected - got)

    def state(self, name):
        return self.history.states[name] if name else NOTHING

    def pair(self, words, first, second, run=None):
        """`words`: how the two states are named; None is a value, a missing one is left out."""
        old, new = self.state(first), self.state(second)
        marks = ", ".join("?" * len(words))
        select = "SELECT * FROM %s(" + marks + ")"
        self.same(self.rows(select % "ckl_model_diff", *words), model_rows(old, new), words)
        self.same(self.rows(select % "ckl_config_diff", *words), config_rows(old, new), words)
        self.same(self.rows(select % "ckl_sample_diff", *words), data_rows(old, new), words)
        self.same(self.rows(select % "ckl_diff", *words), all_rows(old, new), words)
        self.same(self.rows(select % "ckl_diff_stat", *words),
                  {stat_row(first, second, old, new)}, words)
        if words:
            found = self.rows("SELECT ckl_changed(" + marks + ")", *words)
            assert found == [(changed_text(first, second),)], (words, found)
        for uid in set(old[2] or ()) | set(new[2] or ()) | {"nobody"}:
            found = self.rows(select % "ckl_sample_diff" + " WHERE uid = ?", *words, uid)
            self.same(found, {row for row in data_rows(old, new) if row[0] == uid}, words, uid)

    def spelling(self, name):
        """The whole hash, or a prefix that nothing else has."""
        for size in range(4, 24):
            if sum(other.startswith(name[:size]) for other in self.known) == 1:
                return self.random.choice([name, name[:size], name[:self.random.randint(size, 24)]])
        return name

    def check_pairs(self):
        for _ in range(10):
            first, second = (self.random.choice(self.known + [None]) for _ in range(2))
            self.pair([first and self.spelling(first), second and self.spelling(second)],
                      first, second)
        self.pair([first, first], first, first)

    def check_runs(self):
        baselines = dict(self.rows("SELECT run, baseline FROM runs"))
        for run, head in self.history.runs.items():
            moves = [row for row in self.history.events if row[0] == run]
            if head is None:
                continue
            self.pair(["@", "PENDING", run], head, head)
            self.pair([None, "PENDING", run], None, head)
            some = self.random.choice(self.known)
            self.pair([some, "@", run], some, head)
            for back in range(1, len(moves) + 1):
                name, before = "@~%d" % back, moves[-back][2]
                if before is None:
                    assert "moved" in self.failure("SELECT * FROM ckl_diff(?, '@', ?)", name, run)
                elif back < 4:
                    self.pair([name, "@", run], before, head)
            if run == "main":
                self.pair([], baselines[run], head)
                self.pair(["PENDING"], baselines[run], head)
                self.pair([some], some, head)
            pending = {row[0] for row in self.rows("SELECT component FROM pending WHERE run = ?", run)}
            expected = changed_text(baselines[run], head)
            assert pending == set(filter(None, expected.split(","))), (run, pending, expected)

    def failure(self, sql, *values):
        try:
            self.rows(sql, *values)
        except sqlite3.OperationalError as error:
            return str(error)
        raise AssertionError(("no error", sql, values))

    def whole_state(self, name):
        data = self.state(name)[2] or {}
        return {(uid, int(d), canonical_tags(tags)) for uid, (d, tags) in data.items()}

    def check_states(self):
        for name in self.known:
            self.same(self.rows("SELECT * FROM ckl_state_at(?)", self.spelling(name)),
                      self.whole_state(name), "state", name)
            for place, component in enumerate(("model", "config", "data")):
                segment = name[place * 8:place * 8 + 8]
                found = self.rows("SELECT ckl_segment(?, ?)", self.spelling(name), component)
                assert found == [(None if segment == "00000000" else segment,)], (name, found)
            config = self.state(name)[1]
            if config is not None:
                found = self.rows("SELECT ckl_hash_config(?)", json.dumps(config))
                assert found == [(name[8:16],)], (name, config, found)
        uid = self.random.choice("abcdx9")
        for name in self.known:
            found = self.rows("SELECT * FROM ckl_state_at(?) WHERE uid = ?", name, uid)
            self.same(found, {row for row in self.whole_state(name) if row[0] == uid}, name, uid)

    def check_times(self):
        """At the time of each event, between, before and behind: the last one of that run."""
        moments = self.rows("SELECT seq, at, at_unix, run, to_experiment FROM changes ORDER BY seq")
        for run, newest in self.history.runs.items():
            if newest is None:  # nothing of it is recorded
                assert repr(run) in self.failure("SELECT * FROM ckl_state_at('2999-01-01', ?)", run)
                continue
            for _ in range(5):
                _, at, unix, _, _ = self.random.choice(moments)
                shift = self.random.choice([0, 0, 0.0004, -0.0006])
                head = None
                for _, _, then, other, after in moments:
                    if other == run and then <= unix + shift:
                        head = after
                asked = at if shift == 0 and self.random.random() < 0.5 else unix + shift
                found = self.rows("SELECT * FROM ckl_state_at(?, ?)", asked, run)
                self.same(found, self.whole_state(head), "time", asked, run)
                if asked == at and head is not None:
                    for minutes in (330, -720):
                        zone = datetime.timezone(datetime.timedelta(minutes=minutes))
                        local = datetime.datetime.fromisoformat(at.replace("Z", "+00:00"))
                        local = local.astimezone(zone).isoformat(" ", "milliseconds")
                        found = self.rows("SELECT * FROM ckl_state_at(?, ?)", local, run)
                        self.same(found, self.whole_state(head), "time", local, run)
        assert self.rows("SELECT * FROM ckl_state_at('1999-12-31')") == []
        head = self.history.runs["main"]
        self.same(self.rows("SELECT * FROM ckl_state_at('2999-12-31T23:59')"),
                  self.whole_state(head), "the end of time")

    def check_samples(self):
        events = self.rows("SELECT seq, at, at_unix, run, kind, from_experiment, to_experiment,"
                           " actor, reason FROM changes ORDER BY seq")
        expected = {}
        for event in events:
            rows = data_rows(self.state(event[5]), self.state(event[6]))
            for uid, change, was, now, added, removed, _, tags in rows:
                expected.setdefault(uid, []).append(
                    (*event[:7], change, was, now, added, removed, tags, *event[7:]))
        for uid in list(expected) + ["nobody"]:
            found = self.rows("SELECT * FROM ckl_sample_history(?)", uid)
            assert found == expected.get(uid, []), ("history", uid, found, expected.get(uid))

    def check_join(self):
        """Each event's difference, asked in one statement, is what the view has of it."""
        found = self.rows(
            "SELECT c.seq, d.uid, d.discarded_from, d.discarded_to, d.tags_added, d.tags_removed"
            " FROM changes AS c, ckl_sample_diff(c.from_experiment, c.to_experiment) AS d")
        view = self.rows("SELECT seq, uid, discarded_from, discarded_to, tags_added, tags_removed"
                         " FROM sample_changes")
        self.same(found, set(view), "join")

    def check_command(self):
        """`ckl sql` has the same functions compiled in."""
        first, second = (self.random.choice(self.known) for _ in range(2))
        sql = "SELECT * FROM ckl_diff('%s', '%s')" % (first, second)
        done = subprocess.run([CKL, "-C", self.history.root, "--json", "sql"], input=sql,
                              capture_output=True, text=True)
        assert done.returncode == 0, done
        found = [tuple(row.values()) for row in json.loads(done.stdout)["rows"]]
        self.same(found, all_rows(self.state(first), self.state(second)), "ckl sql")

    def check_errors(self):
        for sql, word in (("SELECT * FROM ckl_diff('zzzzzzzz')", "zzzzzzzz"),
                          ("SELECT * FROM ckl_diff('@', 'ab')", "'ab' is too short"),
                          ("SELECT * FROM ckl_state_at('2026-02-30')", "2026-02-30"),
                          ("SELECT * FROM ckl_state_at('@', 'nobody')", "'nobody'"),
                          ("SELECT * FROM ckl_sample_history", "which sample"),
                          ("SELECT ckl_changed('?!')", "'?!'"),
                          ("SELECT ckl_changed('%s', 'x')" % self.known[0], "'x'"),
                          ("SELECT ckl_segment('@', 'weights')", "'weights'"),
                          ("SELECT ckl_hash_config('[]')", "object"),
                          ("SELECT ckl_hash_config('{\"a\":1,\"a\":2}')", "duplicate")):
            assert word in self.failure(sql), (sql, self.failure(sql))

    def check_all(self):
        before = open(os.path.join(self.history.root, "ledger.db"), "rb").read()
        self.check_pairs()
        self.check_runs()
        self.check_states()
        self.check_times()
        self.check_samples()
        self.check_join()
        self.check_command()
        self.check_errors()
        self.ledger.close()
        after = open(os.path.join(self.history.root, "ledger.db"), "rb").read()
        assert before == after, "reading changed the ledger"


def play(seed):
    with tempfile.TemporaryDirectory() as root:
        history = History(seed, root)
        while len(history.states) < 3 or history.random.random() < 0.97:
            history.step()
            if len(history.events) > 40:
                break
        if history.runs["main"] is None:
            history.update("main")
        Checker(history).check_all()


def main():
    if not hasattr(sqlite3.Connection, "enable_load_extension"):
        print("this Python's sqlite3 loads no extensions")
        return 77
    first = int(os.environ.get("CKL_SEED", "1"))
    count = int(os.environ.get("CKL_HISTORIES", "12"))
    for seed in range(first, first + count):
        try:
            play(seed)
        except BaseException:
            print("seed %d failed: CKL_SEED=%d CKL_HISTORIES=1 repeats it" % (seed, seed))
            raise
    print("%d histories from seed %d: all as the model says" % (count, first))
    return 0


if __name__ == "__main__":
    sys.exit(main())
