#!/usr/bin/env python3
"""Planted truth: pairs, exposure, seen and churn on histories whose answers are known or worked out by
brute force; blame on a real training on Iris with swapped labels that are discarded later, and on the
same values shuffled. CKL names the command, IRIS the data; CKL_SEEDS how many trainings (2), CKL_SEED
the first, CKL_HISTORIES how many random histories (2).
"""
import csv
import itertools
import json
import math
import os
import random
import statistics
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "history"))
import check_history  # noqa: E402

CKL = os.environ["CKL"]


def ckl(root, *words, code=0, text=None):
    done = subprocess.run([CKL, "-C", root, "--json"] + list(words), capture_output=True, text=True,
                          input=text)
    assert done.returncode == code, (words, done.returncode, done.stdout, done.stderr)
    return json.loads(done.stdout or done.stderr.splitlines()[-1])


def update(root, code=0, **parts):
    words = []
    for name, value in parts.items():
        path = os.path.join(root, "input_%s.json" % name)
        with open(path, "w") as file:
            json.dump(value, file)
        words += ["--" + name, path]
    return ckl(root, "update", *words)["experiment"]


# ---- pairs ---------------------------------------------------------------------------------------

def single_tag(old, new):
    """The tag that is all that differs, in one direction; None."""
    if old is None or new is None or set(old) != set(new):
        return None
    found = set()
    for uid in old:
        if old[uid][0] != new[uid][0]:
            return None
        gained, lost = new[uid][1] - old[uid][1], old[uid][1] - new[uid][1]
        if len(gained) + len(lost) > 1:
            return None
        found |= {(tag, "gained") for tag in gained} | {(tag, "lost") for tag in lost}
    return found.pop()[0] if len(found) == 1 else None


def brute_pairs(history, metric):
    """Every pair that differs in one path, or in model or data alone, and has a common step."""
    values = {}
    for (_, state), logged in history.metrics.items():
        values.setdefault(state, {}).update(logged)
    found = set()
    for one, other in itertools.combinations(sorted(values), 2):
        common = set(values[one]) & set(values[other])
        if not common:
            continue
        step = max(common)
        (model, config, data), (model2, config2, data2) = history.states[one], history.states[other]
        first, second = (dict(check_history.leaves(c)) for c in (config, config2))
        changed = check_history.difference(first, second)
        same_config = (config is None) == (config2 is None) and \
            json.dumps(config, sort_keys=True) == json.dumps(config2, sort_keys=True)
        parts = (model != model2) + (data != data2) + (not same_config)
        if parts != 1 or (config is None) != (config2 is None):
            continue
        if model != model2 or data != data2:
            item = "model" if model != model2 else single_tag(data, data2) or "data"
            found.add((item, frozenset((one, other)), step))
        elif len(changed) == 1:
            found.add((next(iter(changed)), frozenset((one, other)), step))
    return found


def check_pairs(seed):
    with tempfile.TemporaryDirectory() as root:
        history = check_history.History(seed, root)
        for _ in range(60):
            history.step()
            run = history.random.choice(sorted(history.runs))
            if history.runs[run] and history.random.random() < 0.7:
                history.metric(run)
        # Values of one state in several runs: the later one counts, whose is hard to say here. Such a
        # history does not count.
        seen = [state for _, state in history.metrics]
        for key in [key for key in history.metrics if seen.count(key[1]) > 1]:
            return 0
        told = ckl(root, "pairs", "loss")["pairs"] if history.metrics else []
        got = {(row["item"], frozenset((row["from_experiment"], row["to_experiment"])), row["step"])
               for row in told}
        expected = brute_pairs(history, "loss")
        assert got == expected, (seed, got ^ expected)
        for row in told:
            group = [other["difference"] for other in told
                     if all(other[k] == row[k] for k in ("kind", "item", "from", "to"))]
            assert row["pairs"] == len(group)
            assert math.isclose(row["mean"], statistics.mean(group), abs_tol=1e-9)
            if len(group) > 1:
                assert math.isclose(row["spread"], statistics.stdev(group), abs_tol=1e-9)
        return len(told)


def planted_pairs(root):
    for lr in (0.1, 0.2):
        for width in (8, 16):
            update(root, config={"lr": lr, "opt": {"width": width}})
            ckl(root, "metric", "--step", "5", "loss=%r" % 9.0)
            ckl(root, "metric", "--step", "10", "loss=%r" % (lr * 10 + width / 16), "accuracy=0.5")
    told = ckl(root, "pairs", "loss", "--path", "lr")["pairs"]
    assert [(r["from"], r["to"], r["pairs"], r["step"], r["better"]) for r in told] == \
        [("0.1", "0.2", 2, 10, False)] * 2, told
    assert all(math.isclose(r["mean"], 1.0) and abs(r["spread"]) < 1e-9 for r in told)
    assert len(ckl(root, "pairs", "loss")["pairs"]) == 4
    assert ckl(root, "pairs", "loss", "--higher-is-better", "--path", "/lr")["pairs"][0]["better"]
    for number in range(2):
        update(root, config={"run": number}, data={"uids": ["a", "b"]})
        ckl(root, "metric", "--step", "1", "loss=2.0")
        ckl(root, "tag", "hard", "a", "b")
        ckl(root, "metric", "--step", "1", "loss=1.5")
        ckl(root, "discard", "a")
        ckl(root, "metric", "--step", "1", "loss=1.0")
    told = ckl(root, "pairs", "loss", "--tag", "hard")["pairs"]
    assert [(r["kind"], r["item"], r["from"], r["to"], r["difference"], r["better"], r["pairs"])
            for r in told] == [("tag", "hard", "without", "with", -0.5, True, 2)] * 2, told
    assert "was ever logged" in ckl(root, "pairs", "none", code=1)["error"]["message"]


# ---- exposure ------------------------------------------------------------------------------------

def planted_exposure(root):
    weights = os.path.join(root, "w.bin")

    def save(step, *words):
        with open(weights, "w") as file:
            file.write("weights %d" % step)
        ckl(root, *words, "checkpoint", "--step", str(step), "--weights", weights)

    update(root, config={"lr": 1}, data={"uids": ["a", "b", "c"], "discarded": ["b"]})
    ckl(root, "tag", "odd", "c")
    save(10)                              # b discarded all along: not exposed
    ckl(root, "restore", "b")
    save(20)                              # exposed
    ckl(root, "discard", "b")
    save(30)                              # came from 20
    ckl(root, "switch", "@~2@10")         # back to before b
    save(11)                              # from 10: not exposed
    ckl(root, "run", "new", "else", "--from", "@")
    save(40, "--run", "else")             # nobody says where its weights come from
    verdicts = {row["step"]: row["verdict"] for row in ckl(root, "exposure", "b")["checkpoints"]}
    assert verdicts == {10: "not exposed", 20: "exposed", 30: "exposed", 11: "not exposed",
                        40: "unknown"}, verdicts
    assert {row["verdict"] for row in ckl(root, "exposure", "a")["checkpoints"]} == {"exposed"}
    tagged = {row["step"]: row["verdict"] for row in
              ckl(root, "exposure", "--tag", "odd")["checkpoints"]}
    assert set(tagged.values()) == {"exposed"}, tagged
    assert "never recorded" not in str(ckl(root, "exposure", "nobody", code=1))
    certificate = os.path.join(root, "certificate.json")
    ckl(root, "exposure", "b", "--certificate", certificate)
    with open(certificate) as file:
        told = json.load(file)
    assert told["uid"] == "b" and [row["verdict"] for row in told["checkpoints"]].count("exposed") == 2
    verify = [sys.executable, os.environ["VERIFY"], root, "--certificate", certificate]
    done = subprocess.run(verify, capture_output=True, text=True)
    assert done.returncode == 0, (done.stdout, done.stderr)
    for line in range(len(told["checkpoints"])):
        for key, value in (("verdict", "unknown?"), ("sha256", "0" * 64)):
            wrong = json.loads(json.dumps(told))
            wrong["checkpoints"][line][key] = value
            with open(certificate + ".wrong", "w") as file:
                json.dump(wrong, file)
            done = subprocess.run(verify[:-1] + [certificate + ".wrong"], capture_output=True, text=True)
            assert done.returncode == 3 and "certificate" in done.stdout, done
    assert told["receipt"]["chain"] and ckl(root, "exposure", "b", "--certificate", certificate,
                                            code=6)


# ---- seen, churn ---------------------------------------------------------------------------------

def planted_seen(root):
    base = {"lr": 0.1, "opt": {"name": "sgd", "decay": 0}}
    data = {"uids": ["a", "b"]}
    first = update(root, config=base, data=data)
    ckl(root, "metric", "--step", "3", "loss=0.5")
    other = update(root, config=dict(base, lr=0.2), data=data)
    path = os.path.join(root, "ask.json")

    def seen(config, code, *words):
        with open(path, "w") as file:
            json.dump(config, file)
        return ckl(root, "seen", "--config", path, *words, code=code)["experiments"]

    rows = seen(base, 0)
    assert [(r["experiment"], r["different"]) for r in rows] == [(first, [])], rows
    assert rows[0]["metrics"] == {"loss": 0.5}
    rows = seen(dict(base, lr=0.2, opt={"name": "adam", "decay": 0}), 1)
    assert [(r["experiment"], r["path_count"], r["paths"]) for r in rows] == \
        [(other, 1, "/opt/name"), (first, 2, "/lr,/opt/name")], rows
    before = ckl(root, "log", "--limit", "0")
    state = os.path.join(root, "state.json")
    with open(state, "w") as file:
        json.dump({"uids": ["a", "b", "c"]}, file)
    rows = seen(base, 1, "--data", state)
    assert rows[0]["experiment"] == first and rows[0]["different"] == ["data"] and \
        rows[0]["sample_difference"] == -1, rows
    assert ckl(root, "log", "--limit", "0") == before


def planted_churn(root):
    update(root, config={"lr": 1, "x": 1}, data={"uids": ["a", "b", "c"]})
    for _ in range(3):
        ckl(root, "discard", "a")
        ckl(root, "restore", "a")
    ckl(root, "discard", "b")
    ckl(root, "tag", "odd", "c")
    ckl(root, "untag", "odd", "c")
    ckl(root, "tag", "hard", "c")
    for lr in (2, 1, 3):
        update(root, config={"lr": lr, "x": 1})
    rows = [(r["kind"], r["item"], r["tag"], r["changes"]) for r in ckl(root, "churn")["churn"]]
    assert sorted(rows, key=repr) == sorted([("sample", "a", None, 6), ("tag", "c", "odd", 2),
                                             ("config", "/lr", None, 1)], key=repr), rows
    ckl(root, "switch", "@~1")
    ckl(root, "switch", "@~1")
    assert [(r["kind"], r["item"], r["tag"], r["changes"])
            for r in ckl(root, "churn")["churn"]] == rows


# ---- blame ---------------------------------------------------------------------------------------

def read_iris():
    with open(os.environ["IRIS"], newline="") as file:
        lines = [row for row in csv.reader(line for line in file if not line.startswith("#")) if row]
    rows = []
    for row in lines:
        numbers = []
        for cell in row:
            try:
                numbers.append(float(cell))
            except ValueError:
                pass
        if len(numbers) >= 4:
            rows.append((numbers[-4:], next(c for c in row if not c.replace(".", "").isdigit())))
    names = sorted({name.rstrip("0123456789_") for _, name in rows})
    return [(values, names.index(name.rstrip("0123456789_"))) for values, name in rows], len(names)


class Training:
    """Softmax regression by mini-batches; a loss on held-out flowers after every step."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        rows, self.classes = read_iris()
        self.random.shuffle(rows)
        means = [statistics.mean(r[0][i] for r in rows) for i in range(4)]
        spreads = [statistics.stdev(r[0][i] for r in rows) for i in range(4)]
        rows = [([(v - m) / s for v, m, s in zip(values, means, spreads)] + [1.0], label)
                for values, label in rows]
        self.held_out, self.samples = rows[:50], rows[50:]
        self.swapped = self.random.sample(range(len(self.samples)), 20)
        for index in self.swapped:
            values, label = self.samples[index]
            self.samples[index] = (values, (label + 1) % self.classes)
        self.discarded, self.lr = set(), 0.3
        self.weights = [[0.0] * 5 for _ in range(self.classes)]

    def likely(self, values):
        scores = [sum(w * v for w, v in zip(row, values)) for row in self.weights]
        top = max(scores)
        parts = [math.exp(score - top) for score in scores]
        return [part / sum(parts) for part in parts]

    def step(self):
        active = [i for i in range(len(self.samples)) if i not in self.discarded]
        batch = self.random.sample(active, 24)
        slopes = [[0.0] * 5 for _ in range(self.classes)]
        for index in batch:
            values, label = self.samples[index]
            for kind, part in enumerate(self.likely(values)):
                error = part - (kind == label)
                for place in range(5):
                    slopes[kind][place] += error * values[place] / len(batch)
        for kind in range(self.classes):
            for place in range(5):
                self.weights[kind][place] -= self.lr * slopes[kind][place]
        return -statistics.mean(math.log(max(self.likely(values)[label], 1e-12))
                                for values, label in self.held_out)


def train(seed):
    """(values by step, the changes before some of them)"""
    training, values, changes = Training(seed), [], {}
    for step in range(1, 221):
        if step == 70:
            training.lr = 0.28
            changes[step] = ("lr", training.lr)
        if step == 120:
            training.discarded = set(training.swapped)
            changes[step] = ("discard", sorted(training.swapped))
        if step == 175:
            changes[step] = ("note", 1)
        values.append(training.step())
    return values, changes


def record(root, values, changes):
    config = {"lr": 0.3, "note": 0}
    update(root, config=config, data={"uids": ["flower_%03d" % i for i in range(100)]})
    for step, value in enumerate(values, 1):
        kind, what = changes.get(step, (None, None))
        if kind == "discard":
            ckl(root, "discard", *["flower_%03d" % i for i in what], "--reason", "wrong labels")
        elif kind:
            config[kind] = what
            update(root, config=config)
        ckl(root, "metric", "--step", str(step), "val_loss=%r" % value)


def check_blame(seed):
    values, changes = train(seed)
    with tempfile.TemporaryDirectory() as root:
        record(root, values, changes)
        told = ckl(root, "blame", "val_loss")["changes"]
        assert told[0]["kind"] == "discard" and told[0]["stands_out"], (seed, told)
        assert told[0]["what"] == "20 discarded" and told[0]["reason"] == "wrong labels", told[0]
        assert not any(row["stands_out"] for row in told[1:]), (seed, told)
    random.Random(seed).shuffle(values)
    with tempfile.TemporaryDirectory() as root:
        record(root, values, changes)
        told = ckl(root, "blame", "val_loss")["changes"]
        assert len(told) == 3 and not any(row["stands_out"] for row in told), (seed, told)


def main():
    for test in (planted_pairs, planted_exposure, planted_seen, planted_churn):
        with tempfile.TemporaryDirectory() as root:
            test(root)
    first = int(os.environ.get("CKL_SEED", "1"))
    histories = int(os.environ.get("CKL_HISTORIES", "2"))
    counted = list(itertools.islice((n for n in map(check_pairs, itertools.count(first * 1000))
                                     if n), histories))
    seeds = int(os.environ.get("CKL_SEEDS", "2"))
    for seed in range(first, first + seeds):
        check_blame(seed)
    print("pairs in %d random histories (%d pairs), blame in %d trainings" %
          (len(counted), sum(counted), seeds))


if __name__ == "__main__":
    sys.exit(main())
