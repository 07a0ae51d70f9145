"""What the tests of the Python package share: a fresh folder for each, and the command."""

import contextlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest
import warnings

HERE = pathlib.Path(__file__).resolve().parent
SOURCE = HERE.parent.parent
CKL = os.environ.get("CKL", "ckl")

for name in ("CKL_ROOT", "CKL_RUN", "CKL_ACTOR"):
    os.environ.pop(name, None)

import checkpoint_ledger as cl  # noqa: E402


def ckl(root, *words, text=None):
    """What the command says, as JSON."""
    command = [CKL, "-C", str(root), "--json", *map(str, words)]
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise AssertionError(f"{command}: {done.returncode}: {done.stderr}")
    return json.loads(done.stdout)


def descriptors():
    return len(os.listdir("/proc/self/fd"))


def resident_kilobytes():
    with open("/proc/self/status", encoding="ascii") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmRSS:"))


def python(code, **environment):
    """Runs Python in a process of its own, where the package is at hand."""
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True,
                          env={**os.environ, **environment}, check=False)


@contextlib.contextmanager
def warned():
    """The texts of the package's warnings, instead of the warnings."""
    texts = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", cl.CheckpointWarning)
        yield texts
    texts.extend(str(one.message) for one in caught
                 if issubclass(one.category, cl.CheckpointWarning))


MODEL = {"class": "Net", "modules": [
    {"name": "fc", "type": "Linear", "attributes": {"in": 4, "out": 3}}]}
CONFIG = {"lr": 0.1, "batch_size": 32}
DATA = {"uids": ["a", "b", "c"], "discarded": {"b"}, "tags": {"a": ["hard"]}}


class Layer:
    """What a torch module looks like to the package, without torch."""

    def __init__(self, weights=(0.0,), **settings):
        self.weights = list(weights)
        self.__dict__.update(settings)

    def named_modules(self):
        yield "", self

    def state_dict(self):
        return {"weights": self.weights}

    def load_state_dict(self, state):
        self.weights = state["weights"]


class Case(unittest.TestCase):
    """A folder of its own, and no automatic system before or after."""

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="ckl-python-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.addCleanup(self.reset)

    @staticmethod
    def reset():
        cl.register_model(None)
        cl.register_config(None)
        cl.register_dataset(None)
        cl.register_change_listener(None)
        cl.close_checkpoint_system()

    def raises(self, kind, pattern=""):
        return self.assertRaisesRegex(kind, pattern)
