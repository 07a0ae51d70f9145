#!/usr/bin/env python3
"""Random histories through the real command: neither `ckl fsck` nor tools/verify_ledger.py finds
anything, and of what is changed in them afterwards both find everything.

The histories are those of tests/history/check_history.py, with more in them: weights saved, taken
away, saved again; architectures given late and twice, opaque models; ignored paths; files that are
lost, given up or made anew. On the way and at the end all of it is verified, with a receipt of before;
then values are changed in copies.

    random_histories.py TOOLS      CKL names the command, CKL_HISTORIES how many histories (5, or 2
                                   where CKL_SLOW says that it is slow), CKL_SEED the first seed (1),
                                   CKL_DAMAGES the changes in each (2), CKL_MERGES how many of a
                                   hundred histories take another ledger in on their way (30)
"""
import json
import os
import pathlib
import shutil
import sqlite3
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [sys.argv[1], str(HERE.parent / "history"), str(HERE)]
import check_history  # noqa: E402
import damage  # noqa: E402
import verify_ledger  # noqa: E402
from verify import history as verify_history  # noqa: E402

STEPS = 40
RULES = (["--keep-last", "1"], ["--keep-last", "2", "--all"], ["--keep-every", "2"],
         ["--keep-best", "loss"], ["--keep-best", "loss", "--highest", "--all"],
         ["--max-bytes", "40", "--all"])


class History(check_history.History):
    """Without a model of what must come out: what counts here is that it verifies."""

    def __init__(self, seed, root, work):
        super().__init__(seed, root)
        self.work = pathlib.Path(work)
        self.ignored = set()
        self.weights = 0
        self.receipt = None

    def moved(self, run, kind, to, state):
        self.states.setdefault(to, state)
        self.runs[run] = to

    def file(self, name, content):
        path = self.work / name
        path.write_text(content)
        return str(path)

    def again(self, run):
        """The run stands where a command says."""
        return self.ckl("status", run=run)["experiment"]

    # ---- what the other histories do not have

    def architecture(self, run):
        """Bytes for the model of the head: the first ones before its first dump count."""
        model, config, data = self.head(run)
        given = self.file("a.pkl", "architecture %d" % self.random.randint(1, 6))
        words = ["update", "--architecture", given]
        if model and self.random.random() < 0.8:
            value = {"class": "Net", "modules": [{"name": n, "type": t} for n, t in model.items()]}
            words += ["--model", self.file("m.json", json.dumps(value))]
        else:
            model = {}
        if self.random.random() < 0.7:
            config = dict(config or {}, lr=self.random.randint(1, 5))
            words += ["--config", self.file("c.json", json.dumps(config))]
        words += ["--dump"] if self.random.random() < 0.3 else []
        result = self.ckl(*words, run=run)
        self.moved(run, "update", result["experiment"], (model or None, config, data))

    def checkpoint(self, run):
        self.weights += 1
        content = "weights %d" % self.random.randint(1, self.weights)
        words = ["checkpoint", "--step", str(self.random.randint(0, 6)),
                 "--weights", self.file("w.pt", content)]
        for flag, chance in (("--move", 0.3), ("--force-dump", 0.2)):
            words += [flag] if self.random.random() < chance else []
        if self.random.random() < 0.6:
            words += ["--metric", "loss=%r" % self.random.choice([0.5, 0.1, 3.0, float("nan")])]
        if self.random.random() < 0.3:
            words += ["--note", self.random.choice(['{"a": [1, 2.5]}', '"ü|\\\\"', "null"])]
        self.ckl(*words, run=run)

    def saved(self):
        return self.ckl("checkpoints", "--all")["checkpoints"]

    def collect(self, run):
        there = [row for row in self.saved() if row["state"] == "present"]
        words = list(self.random.choice(RULES))
        if there and self.random.random() < 0.4:
            row = self.random.choice(there)
            words = ["%s@%d" % (row["experiment"], row["step"])]
        self.try_it("gc", *words, run=run)

    def try_it(self, *words, run=None):
        """A command that may have nothing to do, or more to ask."""
        command = [check_history.CKL, "-C", self.root, "--json"] + (["--run", run] if run else [])
        done = subprocess.run(command + list(words), capture_output=True, text=True, check=False)
        assert done.returncode in (0, 1, 2), (words, done.returncode, done.stderr)

    def back_to_weights(self, run):
        there = [row for row in self.saved() if row["state"] == "present"]
        if not there:
            return
        row = self.random.choice(there)
        target = "%s@%d" % (row["experiment"], row["step"])
        if self.random.random() < 0.3 and len(self.runs) < 5:
            run = "run%d" % len(self.runs)
            self.try_it("run", "new", run, "--from", target)
            self.runs[run] = None
        else:
            self.try_it("switch", target, run=run)
        head = self.again(run)
        self.runs[run] = head
        self.states.setdefault(head, self.states.get(row["experiment"], (None, None, None)))

    def ignore(self, run):
        path = self.random.choice(["/lr", "/opt", "/opt/y", "/opt/y/0", "/a~1b", "/c~0d", "/none"])
        if path in self.ignored:
            self.ckl("ignore", path, "--remove", run=run)
        else:
            self.ckl("ignore", path, "--reason", "of this machine", run=run)
        self.ignored ^= {path}

    def lose(self, run):
        """Files of the tree go, and are made anew, or given up."""
        files = sorted(each for each in pathlib.Path(self.root, "checkpoints").rglob("*")
                       if each.is_file())
        for path in self.random.sample(files, min(len(files), 2)):
            path.unlink()
        choice = self.random.random()
        if choice < 0.4:
            self.try_fsck("--repair")
        elif choice < 0.6:
            self.ckl("dump", "--force", run=run)
        self.try_fsck("--accept-missing", "--reason", "lost")

    def try_fsck(self, *words):
        done = subprocess.run([check_history.CKL, "-C", self.root, "fsck", *words],
                              capture_output=True, text=True, check=False)
        assert done.returncode in (0, 3), (words, done.returncode, done.stderr)

    def note(self):
        state = self.random.choice(sorted(self.states))
        words = ["--remove"] if self.random.random() < 0.3 else \
            [self.random.choice(["good", "ü \\ \" \n 😀", "x" * 300])]
        self.ckl("note", state, *words)

    def step(self):
        run = self.random.choice(sorted(self.runs))
        if self.runs[run] is None or self.random.random() < 0.5:
            if self.random.random() < 0.05:
                self.ignore(run)  # may be the first event of a run
            super().step()
            return
        self.random.choices(
            [self.architecture, self.checkpoint, self.collect, self.back_to_weights, self.ignore,
             self.lose, lambda _: self.note()], [4, 8, 3, 4, 3, 1, 1])[0](run)


# ---- looking


def read_receipt(root):
    done = subprocess.run([check_history.CKL, "-C", root, "receipt"], capture_output=True, text=True,
                          check=True)
    return done.stdout


def verify(history):
    """What either of the two finds."""
    words = [check_history.CKL, "-C", history.root, "fsck", "--json"]
    receipt = None
    if history.receipt is not None:
        words += ["--receipt", history.file("receipt.json", history.receipt)]
        receipt = verify_history.read_receipt(json.loads(history.receipt))
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, ("ckl fsck", done.returncode, done.stdout, done.stderr)
    found = verify_ledger.verify(pathlib.Path(history.root), receipt)
    assert not found.rows() and not found.notes, ("verify_ledger", found.rows(), found.notes)


def damage_it(history, count):
    """One value of the ledger is another one: both say so. The result: how often."""
    tried = 0
    for _ in range(count):
        with tempfile.TemporaryDirectory() as folder:
            copy = pathlib.Path(folder, "root")
            shutil.copytree(history.root, copy)
            change = damage.change(copy / "ledger.db", history.random)
            if change is None:
                continue
            tried += 1
            assert verify_ledger.verify(copy).rows(), ("verify_ledger found nothing", change)
            done = subprocess.run([check_history.CKL, "-C", str(copy), "fsck"], capture_output=True,
                                  text=True, check=False)
            assert done.returncode == 3, ("ckl fsck found nothing", change, done.returncode,
                                          done.stdout, done.stderr)
    return tried


def merge(history, other):
    """Once more takes what is new; 2: a run went on here, too."""
    history.try_it("merge", other.root)
    verify(history)


def play(seed, damages):
    with tempfile.TemporaryDirectory() as folder:
        root, work = pathlib.Path(folder, "root"), pathlib.Path(folder, "work")
        there = pathlib.Path(folder, "there")
        for path in (root, work, there):
            path.mkdir()
        history, other = History(seed, str(root), work), History(-seed, str(there), work)
        merges = history.random.random() * 100 < int(os.environ.get("CKL_MERGES", "30"))
        for number in range(STEPS):
            history.step()
            if merges:
                other.step()
            if merges and number in (STEPS // 4, STEPS * 3 // 4):
                merge(history, other)
            if number == STEPS // 2:
                verify(history)
                history.receipt = read_receipt(history.root)
        verify(history)
        with sqlite3.connect(root / "ledger.db") as ledger:
            kinds = {kind for kind, in ledger.execute("SELECT DISTINCT kind FROM _event")}
        ledger.close()
        return kinds, damage_it(history, damages)


def main():
    first = int(os.environ.get("CKL_SEED", "1"))
    count = int(os.environ.get("CKL_HISTORIES", "2" if os.environ.get("CKL_SLOW") else "5"))
    damages = int(os.environ.get("CKL_DAMAGES", "2"))
    kinds, tried = set(), 0
    for seed in range(first, first + count):
        try:
            more, found = play(seed, damages)
        except AssertionError:
            print("seed %d failed: CKL_SEED=%d CKL_HISTORIES=1 repeats it" % (seed, seed))
            raise
        kinds |= more
        tried += found
    print("%d histories from seed %d: clean; %d changes found; %s"
          % (count, first, tried, " ".join(sorted(kinds))))


if __name__ == "__main__":
    sys.exit(main())
