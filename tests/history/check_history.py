#!/usr/bin/env python3
"""Random histories through the real command, compared with a model in memory.

Every history is a few dozen commands (updates, edits, dumps, switches, new runs). Afterwards `ckl
diff` between random pairs, `ckl state`, `ckl cat`, and the views are compared with brute force.
CKL names the command, CKL_HISTORIES how many histories (12), CKL_SEED the first seed (1).
"""
import json
import os
import random
import sqlite3
import subprocess
import sys
import tempfile

CKL = os.environ["CKL"]
UIDS = ["a", "b c", "d|e", "f\\g", "h:1", 'i"j', "k,l", "ü😀", "9", "-x"]
TAGS = ["hard", "x,y", "p|q", "r:s", "t\\u", "😀"]
KEYS = ["lr", "a/b", "c~d", "e f", "ü", "opt"]


class History:
    def __init__(self, seed, root):
        self.random = random.Random(seed)
        self.root = root
        self.states = {}  # hash -> (model, config, data)
        self.runs = {"main": None}  # run -> head hash
        self.events = []  # (run, kind, from hash, to hash)
        self.names = {}  # hash -> name
        self.naming = []  # (hash, name or None)
        self.metrics = {}  # (run, hash) -> {step: loss}

    def ckl(self, *words, text=None, run=None):
        command = [CKL, "-C", self.root, "--json"] + (["--run", run] if run else []) + list(words)
        done = subprocess.run(command, input=text, capture_output=True, text=True)
        assert done.returncode == 0, (command, text, done.returncode, done.stderr)
        return json.loads(done.stdout)

    def moved(self, run, kind, to, state):
        known = self.states.setdefault(to, state)
        assert known == state, ("one hash, two states", to, known, state)
        if to != self.runs[run]:
            self.events.append((run, kind, self.runs[run], to))
        self.runs[run] = to

    def head(self, run):
        return self.states[self.runs[run]] if self.runs[run] else (None, None, None)

    def random_data(self, old):
        data = dict(old or {})
        for uid in self.random.sample(UIDS, self.random.randint(1, 4)):
            if uid in data and self.random.random() < 0.3 and len(data) > 1:
                del data[uid]
            else:
                tags = frozenset(self.random.sample(TAGS, self.random.randint(0, 2)))
                data[uid] = (self.random.random() < 0.3, tags)
        return data

    def update(self, run):
        model, config, data = self.head(run)
        kind = self.random.choice(["model", "config", "data"])
        path = os.path.join(self.root, "input.json")
        if kind == "model":
            model = {name: "Linear_out%d" % self.random.randint(1, 3)
                     for name in self.random.sample(["fc1", "fc2", "out", "a:b"], 2)}
            value = {"class": "Net", "modules": [{"name": n, "type": t} for n, t in model.items()]}
        elif kind == "config":
            config = dict(config or {})
            config[self.random.choice(KEYS)] = self.random.choice(
                [1, 1.0, 0.1, True, None, "1", {}, [], {"x": 1, "y": [1, {"z": 2}]}, [1, 2]])
            value = config
        else:
            data = self.random_data(data)
            value = {"uids": list(data), "discarded": [u for u in data if data[u][0]],
                     "tags": {u: sorted(data[u][1]) for u in data if data[u][1]}}
        with open(path, "w") as file:
            json.dump(value, file)
        result = self.ckl("update", "--" + kind, path, run=run)
        self.moved(run, "update", result["experiment"], (model, config, data))

    def edit(self, run):
        model, config, data = self.head(run)
        if not data:
            return
        data = dict(data)
        kind = self.random.choice(["discard", "restore", "tag", "untag"])
        uids = self.random.sample(sorted(data), min(len(data), self.random.randint(1, 3)))
        tag = self.random.choice(TAGS)
        for uid in uids:
            discarded, tags = data[uid]
            if kind in ("discard", "restore"):
                discarded = kind == "discard"
            else:
                tags = tags | {tag} if kind == "tag" else tags - {tag}
            data[uid] = (discarded, tags)
        words = [kind] + ["--"] + ([tag] if kind in ("tag", "untag") else []) + uids
        result = self.ckl(*words, run=run)
        self.moved(run, kind, result["experiment"], (model, config, data))

    def name(self):
        state = self.random.choice(sorted(self.states))
        if state in self.names and self.random.random() < 0.4:
            self.ckl("name", state, "--remove")
            del self.names[state]
            self.naming.append((state, None))
            return
        name = self.random.choice(["best", "base", "x.1", "Z_2"])
        if name not in self.names.values():
            self.ckl("name", state, name)
            self.names[state] = name
            self.naming.append((state, name))

    def metric(self, run):
        values = self.metrics.setdefault((run, self.runs[run]), {})
        step = self.random.randint(0, 9)
        values[step] = self.random.choice([0.25, 0.5, 1.0, 2.0])
        self.ckl("metric", "--step", str(step), "loss=%r" % values[step], run=run)

    def step(self):
        run = self.random.choice(sorted(self.runs))
        choice = self.random.random()
        if self.runs[run] is None or choice < 0.4:
            self.update(run)
        elif choice < 0.75:
            self.edit(run)
        elif choice < 0.79:
            self.ckl("dump", run=run)
        elif choice < 0.82:
            self.name()
        elif choice < 0.86:
            self.metric(run)
        elif choice < 0.93:
            target = self.random.choice(sorted(self.states))
            self.ckl("switch", target, run=run)
            self.moved(run, "switch", target, self.states[target])
        elif len(self.runs) < 4:
            name = "run%d" % len(self.runs)
            self.runs[name] = None
            if self.random.random() < 0.5:
                source = self.random.choice(sorted(self.states))
                self.ckl("run", "new", name, "--from", source)
                self.moved(name, "run", source, self.states[source])


def leaves(value, path=""):
    if isinstance(value, dict) and value:
        for key in value:
            yield from leaves(value[key], path + "/" + key.replace("~", "~0").replace("/", "~1"))
    elif isinstance(value, list) and value:
        for index, item in enumerate(value):
            yield from leaves(item, path + "/%d" % index)
    elif path:
        yield path, json.dumps(value)


def difference(old, new):
    """{key: (change, from, to)} of two dicts."""
    old, new = old or {}, new or {}
    return {key: ("added" if key not in old else "removed" if key not in new else "changed",
                  old.get(key), new.get(key))
            for key in set(old) | set(new) if old.get(key) != new.get(key)}


def modules(model):
    return None if model is None else dict(model, **{"(class)": "Net"})


def sample_rows(old, new):
    """{uid: (discarded from, to, tags added, tags removed)}"""
    return {uid: (None if a is None else int(a[0]), None if b is None else int(b[0]),
                  frozenset((b or (0, frozenset()))[1]) - frozenset((a or (0, frozenset()))[1]),
                  frozenset((a or (0, frozenset()))[1]) - frozenset((b or (0, frozenset()))[1]))
            for uid, (_, a, b) in difference(old, new).items()}


def canonical_tags(tags):
    escape = str.maketrans({c: "\\" + c for c in "\\|,:"})
    return ",".join(tag.translate(escape) for tag in sorted(tags))


def check_diff(history, first, second):
    old, new = history.states[first], history.states[second]
    found = history.ckl("diff", first, second, "--limit", "1000")
    assert found["changed"] == [n for n, a, b in zip(("model", "config", "data"), old, new)
                                if a != b or type(a) is not type(b)] or \
        json.dumps(old[1], sort_keys=True) != json.dumps(new[1], sort_keys=True), found["changed"]
    assert {e["module"]: (e["change"], e["from"], e["to"]) for e in found["model"]} == \
        difference(modules(old[0]), modules(new[0]))
    was, now = dict(leaves(old[1])), dict(leaves(new[1]))
    expected = difference(was, now)
    got = {e["path"]: (e["change"], None if e["change"] == "added" else json.dumps(e["from"]),
                       None if e["change"] == "removed" else json.dumps(e["to"]))
           for e in found["config"]}
    assert got == expected, (got, expected)
    got = {s["uid"]: (None if s["discarded"]["from"] is None else int(s["discarded"]["from"]),
                      None if s["discarded"]["to"] is None else int(s["discarded"]["to"]),
                      frozenset(s["tags_added"]), frozenset(s["tags_removed"]))
           for s in found["data"]["samples"]}
    expected = sample_rows(old[2], new[2])
    assert got == expected, (first, second, got, expected)
    assert found["data"]["counts"]["added"] == sum(r[0] is None for r in expected.values())
    assert found["data"]["counts"]["removed"] == sum(r[1] is None for r in expected.values())


def check_views(history):
    ledger = sqlite3.connect("file:%s/ledger.db?mode=ro" % history.root, uri=True)
    assert ledger.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert ledger.execute("PRAGMA foreign_key_check").fetchall() == []
    rows = ledger.execute("SELECT run, kind, from_experiment, to_experiment, seq FROM changes"
                          " ORDER BY seq").fetchall()
    assert [row[:4] for row in rows] == history.events, (rows, history.events)
    for run, kind, before, after, seq in rows:
        old = history.states.get(before, (None, None, None))
        new = history.states[after]
        got = {uid: (a, b, added, removed) for uid, a, b, added, removed in ledger.execute(
            "SELECT uid, discarded_from, discarded_to, tags_added, tags_removed"
            " FROM sample_changes WHERE seq = ?", (seq,))}
        expected = {uid: (a, b, canonical_tags(added), canonical_tags(removed))
                    for uid, (a, b, added, removed) in sample_rows(old[2], new[2]).items()}
        assert got == expected, ("sample_changes", run, kind, seq, got, expected)
        got = {m: (c, a, b) for m, c, a, b in ledger.execute(
            "SELECT module, change, entry_from, entry_to FROM model_changes WHERE seq = ?", (seq,))}
        assert got == difference(modules(old[0]), modules(new[0])), ("model_changes", seq)
        got = {p: (c, a, b) for p, c, a, b in ledger.execute(
            "SELECT path, change, value_from, value_to FROM config_changes WHERE seq = ?", (seq,))}
        assert got == difference(dict(leaves(old[1])), dict(leaves(new[1]))), ("config_changes", seq)
    for run, head in history.runs.items():
        got = {uid: (d, t) for uid, d, t in ledger.execute(
            "SELECT uid, discarded, tags FROM samples WHERE run = ?", (run,))}
        data = (history.states[head][2] if head else None) or {}
        assert got == {u: (int(d), canonical_tags(t)) for u, (d, t) in data.items()}, ("samples", run)
    ledger.close()


def change_word(row):
    before, after, added, removed = row
    if before is None or after is None:
        return "added" if before is None else "removed"
    if before != after:
        return "discarded" if after else "restored"
    return "retagged" if added and removed else "tagged" if added else "untagged"


def check_sample_views(history, ledger):
    """sample_history, tag_changes, tags, discards_by_day, and the commands that read them."""
    seqs = [seq for seq, in ledger.execute("SELECT seq FROM changes ORDER BY seq")]
    lives, tagging, days = {}, [], {}
    for seq, (run, _, before, after) in zip(seqs, history.events):
        old = history.states.get(before, (None, None, None))[2]
        new = history.states[after][2]
        for uid, row in sample_rows(old, new).items():
            now = (new or {}).get(uid)
            lives.setdefault(uid, []).append(
                (seq, run, change_word(row), after, row[1],
                 None if now is None else canonical_tags(now[1])))
            tagging += [(seq, run, uid, tag, "added") for tag in row[2]]
            tagging += [(seq, run, uid, tag, "removed") for tag in row[3]]
            if None not in row[:2] and row[0] != row[1]:
                count = days.setdefault(run, [0, 0])
                count[row[1] == 0] += 1
    for uid in UIDS:
        got = ledger.execute("SELECT seq, run, change, experiment, discarded, tags"
                             " FROM sample_history WHERE uid = ? ORDER BY seq", (uid,)).fetchall()
        assert got == lives.get(uid, []), ("sample_history", uid, got, lives.get(uid))
        if uid in lives:
            told = history.ckl("sample", "--", uid)["history"]
            assert [(r["seq"], r["run"], r["change"], r["experiment"], r["tags"])
                    for r in told] == [r[:4] + r[5:] for r in lives[uid]], ("sample", uid)
    for tag in TAGS:
        got = ledger.execute("SELECT seq, run, uid, tag, action FROM tag_changes WHERE tag = ?",
                             (tag,)).fetchall()
        expected = [row for row in tagging if row[3] == tag]
        assert sorted(got) == sorted(expected), ("tag_changes", tag, got, expected)
        got = ledger.execute("SELECT run, uid, discarded FROM tags WHERE tag = ?", (tag,)).fetchall()
        expected = [(run, uid, int(row[0])) for run, head in history.runs.items() if head
                    for uid, row in (history.states[head][2] or {}).items() if tag in row[1]]
        assert sorted(got) == sorted(expected), ("tags", tag, got, expected)
    assert sorted(ledger.execute("SELECT seq, run, uid, tag, action FROM tag_changes")) == \
        sorted(tagging)
    got = {}
    for run, discarded, restored in ledger.execute(
            "SELECT run, sum(discarded), sum(restored) FROM discards_by_day GROUP BY run"):
        got[run] = [discarded, restored]
    assert got == days, ("discards_by_day", got, days)
    told = history.ckl("audit", "--action", "discard")["changes"]
    expected = [(row[0], uid) for uid, life in lives.items() for row in life
                if row[2] == "discarded"]
    assert sorted((r["seq"], r["uid"]) for r in told) == sorted(expected), ("audit", told)


def check_run_views(history, ledger):
    """runs, pending, lineage, metrics, metric_series."""
    got = dict(ledger.execute("SELECT run, experiment FROM runs"))
    assert got == {run: head for run, head in history.runs.items() if run in got or head}, (
        "runs", got, history.runs)
    for run in got:
        status = history.ckl("status", run=run)
        parts = [part for part, in ledger.execute("SELECT component FROM pending WHERE run = ?",
                                                  (run,))]
        assert sorted(parts) == sorted(status["pending"]), ("pending", run, parts, status)
    got = ledger.execute("SELECT run, kind, parent, experiment FROM lineage ORDER BY seq").fetchall()
    assert got == [event for event in history.events if event[1] != "switch"], ("lineage", got)
    expected = {(run, state, step): value for (run, state), values in history.metrics.items()
                for step, value in values.items()}
    got = {row[:3]: row[3] for row in
           ledger.execute("SELECT run, experiment, step, value FROM metrics WHERE metric = 'loss'")}
    assert got == expected, ("metrics", got, expected)
    got = {row[:2]: row[2:] for row in ledger.execute(
        "SELECT run, experiment, value_count, first_step, last_step, last_value"
        " FROM metric_series WHERE metric = 'loss'")}
    assert got == {key: (len(values), min(values), max(values), values[max(values)])
                   for key, values in history.metrics.items()}, ("metric_series", got)


def check_churn(history, ledger):
    """What goes back and forth, by hand."""
    samples, tags, configs, before = {}, {}, {}, {}
    for run, kind, old_hash, new_hash in history.events:
        old = history.states.get(old_hash, (None, None, None))
        new = history.states[new_hash]
        paths = difference(dict(leaves(old[1])), dict(leaves(new[1])))
        if kind not in ("switch", "run"):
            for uid, (was, now, added, removed) in sample_rows(old[2], new[2]).items():
                if None not in (was, now) and was != now:
                    samples[run, uid] = samples.get((run, uid), 0) + 1
                for tag in (added | removed if old_hash else ()):
                    tags[run, uid, tag] = tags.get((run, uid, tag), 0) + 1
            for path, (_, _, now) in paths.items():
                if now in before.get((run, path), ()):
                    configs[run, path] = configs.get((run, path), 0) + 1
        for path, (_, was, _) in paths.items():
            if was is not None:
                before.setdefault((run, path), set()).add(was)
    expected = [(run, "sample", uid, None, n) for (run, uid), n in samples.items() if n > 1] + \
        [(run, "tag", uid, tag, n) for (run, uid, tag), n in tags.items() if n > 1] + \
        [(run, "config", path, None, n) for (run, path), n in configs.items()]
    got = ledger.execute("SELECT run, kind, item, tag, changes FROM churn").fetchall()
    assert sorted(got, key=repr) == sorted(expected, key=repr), ("churn", got, expected)


def check_state_views(history, ledger):
    """config_values, model_modules, names, experiments; find."""
    for state, (model, config, data) in history.states.items():
        got = dict(ledger.execute("SELECT path, value FROM config_values WHERE experiment = ?",
                                  (state,)))
        assert got == dict(leaves(config)), ("config_values", state, got)
        got = dict(ledger.execute("SELECT module, entry FROM model_modules WHERE experiment = ?",
                                  (state,)))
        assert got == (modules(model) or {}), ("model_modules", state, got)
        row = ledger.execute("SELECT name, samples FROM experiments WHERE experiment = ?",
                             (state,)).fetchone()
        assert row == (history.names.get(state), None if data is None else len(data)), (state, row)
    got = ledger.execute("SELECT experiment, name FROM names ORDER BY seq").fetchall()
    assert got == history.naming, ("names", got, history.naming)
    for state, name in history.names.items():
        assert history.ckl("show", name)["experiment"] == state

    def found(*words):
        command = [CKL, "-C", history.root, "--json", "find"] + list(words)
        done = subprocess.run(command, capture_output=True, text=True)
        if "error" in done.stderr:
            return set()
        return {row["experiment"] for row in json.loads(done.stdout)["experiments"]}

    for tag in TAGS:
        expected = {state for state, (_, _, data) in history.states.items()
                    if any(tag in row[1] for row in (data or {}).values())}
        assert found("--tag", tag) == expected, ("find --tag", tag, found("--tag", tag), expected)
    for key, test, text in (("lr", lambda v: type(v) in (int, float) and v < 1, "lr < 1"),
                            ("lr", lambda v: v == "1" and type(v) is str, 'lr = "1"'),
                            ("opt", lambda v: type(v) in (int, float) and v == 1, "opt = 1")):
        expected = {state for state, (_, config, _) in history.states.items()
                    if config and key in config and test(config[key])}
        assert found("--config", text) == expected, ("find --config", text)
    expected = {state for (_, state), values in history.metrics.items()
                if values[max(values)] < 0.6}
    assert found("--metric", "loss < 0.6") == expected, "find --metric"
    expected = set()
    for _, kind, before, state in history.events:
        old, new = (history.states[h][1] if h else None for h in (before, state))
        if kind == "update" and old is not None and new is not None and \
                dict(leaves(old)).get("/lr") != dict(leaves(new)).get("/lr"):
            expected.add(state)
    assert found("--changed", "lr") == expected, ("find --changed", expected)


def play(seed):
    with tempfile.TemporaryDirectory() as root:
        history = History(seed, root)
        for _ in range(30):
            history.step()
        check_views(history)
        with sqlite3.connect("file:%s/ledger.db?mode=ro" % root, uri=True) as ledger:
            check_sample_views(history, ledger)
            check_state_views(history, ledger)
            check_run_views(history, ledger)
            check_churn(history, ledger)
        ledger.close()
        known = sorted(history.states)
        for _ in range(8):
            check_diff(history, history.random.choice(known), history.random.choice(known))
        some = history.random.choice(known)
        model, config, data = history.states[some]
        if data is not None:
            state = history.ckl("state", some)
            assert {u: (u in state["discarded"], frozenset(state["tags"].get(u, [])))
                    for u in state["uids"]} == data
        if config is not None:
            assert history.ckl("cat", some, "config") == config


def main():
    first = int(os.environ.get("CKL_SEED", "1"))
    count = int(os.environ.get("CKL_HISTORIES", "12"))
    for seed in range(first, first + count):
        try:
            play(seed)
        except AssertionError:
            print("seed %d failed: CKL_SEED=%d CKL_HISTORIES=1 repeats it" % (seed, seed))
            raise
    print("%d histories from seed %d: all as the model says" % (count, first))


if __name__ == "__main__":
    sys.exit(main())
