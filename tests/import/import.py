#!/usr/bin/env python3
"""Trees as the guide's Python system wrote them, in its three layouts, made here by a writer that knows
nothing of the library, and taken over: the same experiments, configurations, data states and weights,
in order, each by its old hash; twice is once; a damaged tree gives what is sound. CKL names the command.
"""
import datetime
import hashlib
import json
import os
import pickle
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile

import yaml

CKL = os.environ["CKL"]


def ckl(root, *words, code=0):
    done = subprocess.run([CKL, "-C", root, "--json"] + list(words), capture_output=True, text=True)
    assert done.returncode == code, (words, done.returncode, done.stdout, done.stderr)
    return json.loads(done.stdout or done.stderr.splitlines()[-1])


def rows(root, sql, *parameters):
    ledger = sqlite3.connect("file:%s/ledger.db?mode=ro" % root, uri=True)
    found = ledger.execute(sql, parameters).fetchall()
    ledger.close()
    return found


def segment(value):
    return "00000000" if value is None else \
        hashlib.md5(json.dumps(value, sort_keys=True).encode()).hexdigest()[:8]


class Tree:
    """A history of experiments, and how each layout writes it."""

    def __init__(self, seed, count=8):
        self.random = random.Random(seed)
        self.experiments = []  # (hash, config, model, data, created)
        self.weights = []  # (hash, step, bytes)
        config, model, data = {"lr": 0.1, "opt": {"name": "sgd"}}, "net 1", self.random_data({})
        created = datetime.datetime(2026, 1, 5, 12, 0, 0, 123000)
        for index in range(count):
            kind = self.random.choice(["config", "model", "data"])
            if kind == "config":
                config = dict(config, lr=round(self.random.uniform(0, 1), 6))
            elif kind == "model":
                model = "net %d" % (index + 2)
            else:
                data = self.random_data(data)
            name = segment(config) + segment(model) + segment(data)
            if all(known[0] != name for known in self.experiments):
                self.experiments.append((name, config, model, data, created))
                for step in range(100, 100 * self.random.randint(1, 3) + 1, 100):
                    self.weights.append((name, step, b"%s at %d" % (name.encode(), step)))
            created += datetime.timedelta(minutes=7)

    def random_data(self, old):
        data = dict(old)
        for number in self.random.sample(range(12), 4):
            data["sample_%02d" % number] = [self.random.random() < 0.3,
                                            sorted(self.random.sample(["hard", "odd"],
                                                                      self.random.randint(0, 2)))]
        return data

    @staticmethod
    def put(*path, content):
        path = os.path.join(*path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(content if isinstance(content, bytes) else content.encode())

    @staticmethod
    def state_yaml(data):
        return yaml.safe_dump({"uids": sorted(data), "discarded": sorted(u for u in data if data[u][0]),
                               "tags": {u: data[u][1] for u in data if data[u][1]}})

    def manifest(self):
        return yaml.safe_dump({
            "experiments": {name: {"hp_hash": name[:8], "model_hash": name[8:16],
                                   "data_hash": name[16:], "created": created.isoformat(),
                                   "last_used": created.isoformat(),
                                   "latest_weight_checkpoint": None, "latest_weight_step": None}
                            for name, _, _, _, created in self.experiments},
            "latest_hash": self.experiments[-1][0],
            "last_updated": "2026-02-01T00:00:00"}, sort_keys=False)

    def write(self, root, layout):
        base = os.path.join(root, "checkpoints")
        getattr(self, "write_" + layout)(base)
        if layout != "first":
            self.put(base, "manifest.yaml", content=self.manifest())

    def write_first(self, base):
        """checkpoints/{hash}/model|hp|data, as the guide has it; times are those of the files."""
        for name, config, model, data, created in self.experiments:
            files = [("hp", name + "_config.yaml", yaml.safe_dump(config)),
                     ("model", name + "_architecture.pkl", pickle.dumps(model)),
                     ("data", name + "_data_state.yaml", self.state_yaml(data))]
            for folder, file, content in files:
                self.put(base, name, folder, file, content=content)
                since = created - datetime.datetime(1970, 1, 1)
                stamp = since // datetime.timedelta(microseconds=1) * 1000
                os.utime(os.path.join(base, name, folder, file), ns=(stamp, stamp))
        for name, step, content in self.weights:
            self.put(base, name, "model", "%s_step_%06d.pt" % (name, step), content=content)

    def write_by_experiment(self, base):
        for name, config, model, data, _ in self.experiments:
            self.put(base, "HP", name, name + "_config.yaml", content=yaml.safe_dump(config))
            self.put(base, "models", name, name + "_architecture.pkl", content=pickle.dumps(model))
            self.put(base, "data", name, name + "_data_state.yaml", content=self.state_yaml(data))
        for name, step, content in self.weights:
            self.put(base, "models", name, "%s_step_%06d.pt" % (name, step), content=content)

    def write_by_component(self, base):
        """Snapshots in JSON: the older ones with their table inside, the newer ones beside it."""
        for index, (name, config, model, data, _) in enumerate(self.experiments):
            hp, arch, state = name[:8], name[8:16], name[16:]
            self.put(base, "HP", hp, hp + "_config.yaml", content=yaml.safe_dump(config))
            self.put(base, "models", arch, arch + "_architecture.pkl", content=pickle.dumps(model))
            snapshot = {"exp_hash": name, "timestamp": "2026-01-05", "rng_state": {"python": [3, [1]]}}
            if index % 2 == 0:
                snapshot["data"] = [{"sample_id": uid, "deny_listed": data[uid][0],
                                     "tags": ",".join(data[uid][1])} for uid in sorted(data)]
            else:
                snapshot["data_file"] = state + "_data_snapshot.data.json"
                snapshot["data_format"] = "json"
                table = {"sample_id": {}, "discarded": {}, "tag:hard": {}, "tag:odd": {}}
                for row, uid in enumerate(sorted(data)):
                    table["sample_id"][str(row)] = uid
                    table["discarded"][str(row)] = data[uid][0]
                    for tag in ("hard", "odd"):
                        table["tag:" + tag][str(row)] = tag in data[uid][1]
                self.put(base, "data", state, snapshot["data_file"], content=json.dumps(table))
            self.put(base, "data", state, state + "_data_snapshot.json", content=json.dumps(snapshot))
        for name, step, content in self.weights:
            self.put(base, "models", name[8:16], "%s_step_%06d.pt" % (name, step), content=content)


def check(root, tree, told, run):
    names = [name for name, _, _, _, _ in tree.experiments]
    assert told["experiments"] == len(names) and not told["problems"], told
    for key, part in (("configs", slice(0, 8)), ("models", slice(8, 16)), ("data_states", slice(16, 24))):
        assert told[key] == len({name[part] for name in names}), (key, told)
    assert told["checkpoints"] == len(tree.weights)
    found = rows(root, "SELECT alias, aliases.experiment, events.at FROM aliases JOIN events ON"
                 " events.experiment = aliases.experiment AND events.kind = 'update'"
                 " WHERE events.run = ? ORDER BY events.seq", run)
    assert [row[0] for row in found] == names, (found, names)
    assert len({row[1] for row in found}) == len(names)
    assert [row[2] for row in found] == \
        [created.isoformat(timespec="milliseconds") + "Z" for *_, created in tree.experiments], found
    for name, config, model, data, _ in tree.experiments:
        assert ckl(root, "cat", name, "config") == config
        state = ckl(root, "state", name)
        assert {uid: [uid in state["discarded"], state["tags"].get(uid, [])]
                for uid in state["uids"]} == data, name
        done = subprocess.run([CKL, "-C", root, "cat", name, "architecture"], capture_output=True)
        assert done.stdout == pickle.dumps(model), (name, done)
    saved = rows(root, "SELECT step, bytes, sha256, state, path FROM checkpoints WHERE run = ?", run)
    assert sorted(row[:4] for row in saved) == sorted(
        (step, len(content), hashlib.sha256(content).hexdigest(), "removed")
        for _, step, content in tree.weights)
    assert all(os.path.exists(path) for *_, path in saved)
    for first, second in zip(tree.experiments, tree.experiments[1:]):
        changed = ckl(root, "diff", first[0], second[0])["changed"]
        expected = [kind for kind, part in (("model", slice(8, 16)), ("config", slice(0, 8)),
                                            ("data", slice(16, 24)))
                    if first[0][part] != second[0][part]]
        assert changed == expected, (first[0], second[0], changed, expected)
    done = subprocess.run([CKL, "-C", root, "fsck"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def three_layouts(place):
    for number, layout in enumerate(("first", "by_experiment", "by_component")):
        tree = Tree(number + 1)
        old, root = os.path.join(place, "old_" + layout), os.path.join(place, "root_" + layout)
        tree.write(old, layout)
        os.makedirs(root)
        check(root, tree, ckl(root, "import", old), "old_" + layout)
        before = rows(root, "SELECT count(*) FROM events")
        again = ckl(root, "import", os.path.join(old, "checkpoints"))
        assert again["new_experiments"] == again["new_checkpoints"] == 0, again
        assert again["experiments"] == len(tree.experiments)
        assert rows(root, "SELECT count(*) FROM events") == before
        # What came since, and nothing else.
        more = Tree(number + 1, 11)
        shutil.rmtree(old)
        more.write(old, layout)
        told = ckl(root, "import", old)
        assert told["new_experiments"] == len(more.experiments) - len(tree.experiments) > 0, told
        check(root, more, told, "old_" + layout)


def damaged(place):
    """What is sound comes, the rest is told: by name."""
    tree = Tree(7, 12)
    old, root = os.path.join(place, "damaged"), os.path.join(place, "root_damaged")
    tree.write(old, "first")
    os.makedirs(root)
    base = os.path.join(old, "checkpoints")
    names = [name for name, *_ in tree.experiments]
    configs = [name[:8] for name in names]
    broken = next(name for name in names if configs.count(name[:8]) == 1)
    Tree.put(base, broken, "hp", broken + "_config.yaml", content="lr: [1, 2\n  x")
    os.makedirs(os.path.join(base, "a1b2c3d4e5f60718"))  # a hash of V2
    Tree.put(base, names[-1], "model", "someone_step_x.pt", content="?")
    os.makedirs(os.path.join(base, "Notes"))
    told = ckl(root, "import", old, code=1)
    assert told["experiments"] == len(names) - 1 and told["refused"] == 1, told
    problems = "\n".join(told["problems"])
    assert broken in problems and "someone_step_x.pt" in problems, problems
    assert {row[0] for row in rows(root, "SELECT alias FROM aliases")} == set(names) - {broken}
    # Without its manifest, and with an architecture that was not saved.
    tree = Tree(9)
    old, root = os.path.join(place, "bare"), os.path.join(place, "root_bare")
    tree.write(old, "by_experiment")
    os.makedirs(root)
    os.remove(os.path.join(old, "checkpoints", "manifest.yaml"))
    for folder, _, files in os.walk(old):
        for name in files:
            if name.endswith(".pkl"):
                os.remove(os.path.join(folder, name))
    told = ckl(root, "import", old, "--as", "found again")
    assert told["experiments"] == len(tree.experiments), told
    assert rows(root, "SELECT run FROM runs") == [("main",), ("found-again",)] or \
        rows(root, "SELECT run FROM runs") == [("found-again",), ("main",)]
    name = tree.experiments[0][0]
    assert ckl(root, "cat", name, "model")["attributes"] == {"segment": name[8:16]}


def long_names(place):
    """Events tell the beginning of the folder's name: one of the two is cut inside a character."""
    tree = Tree(3)
    for before in ("a", "bb"):
        old = os.path.join(place, before + "\u00e9" * 60)
        root = os.path.join(place, "root_" + before)
        tree.write(old, "first")
        os.makedirs(root)
        assert ckl(root, "import", old)["experiments"] == len(tree.experiments)


def refusals(place):
    root = os.path.join(place, "refusals")
    os.makedirs(root)
    assert "no folder" in ckl(root, "import", "/nowhere", code=1)["error"]["message"]
    assert "no experiments" in ckl(root, "import", root + "/../" + "empty", code=2)["error"]["message"]
    config = os.path.join(place, "c.json")
    with open(config, "w") as file:
        file.write('{"lr": 1}')
    ckl(root, "update", "--config", config)
    assert "root of a ledger" in ckl(root, "import", root, code=2)["error"]["message"]
    latin = os.path.join(os.fsencode(place), b"caf\xe9")
    Tree(4).write(os.fsdecode(latin), "first")
    assert "Unicode" in ckl(root, "import", os.fsdecode(latin), code=2)["error"]["message"]


def main():
    with tempfile.TemporaryDirectory() as place:
        os.mkdir(os.path.join(place, "empty"))
        three_layouts(place)
        damaged(place)
        long_names(place)
        refusals(place)
    print("all three layouts are taken over, once; damaged trees as far as they are sound")


if __name__ == "__main__":
    sys.exit(main())
