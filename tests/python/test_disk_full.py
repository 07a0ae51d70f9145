"""Training ends with the losses that it has without a ledger, whenever the disk is full.

Runs itself in a namespace of its own, where a small file system can be mounted. The weights are
written by torch where it is installed.
"""

import os
import pathlib
import random
import subprocess
import sys
import tempfile
import unittest
import warnings

from support import Layer, cl

STEPS, EVERY = 24, 4

try:
    import torch
except ImportError:
    torch = None


class Toy:
    """A few numbers, fitted by steps that depend on random numbers."""

    def __init__(self):
        random.seed(1)
        if torch is not None:
            torch.manual_seed(1)
            self.model = torch.nn.Linear(4, 3000)
        else:
            self.model = Layer([0.5] * 3000)

    def train_step(self):
        if torch is not None:
            loss = (self.model(torch.randn(2, 4)) ** 2).mean()
            self.model.zero_grad()
            loss.backward()
            with torch.no_grad():
                for parameter in self.model.parameters():
                    parameter -= 0.1 * parameter.grad
            return loss.item()
        self.model.weights = [0.9 * one + random.gauss(0, 0.1) for one in self.model.weights]
        return sum(one * one for one in self.model.weights)


def train(root=None, full_from=None, full_to=None):
    """All losses. The file system is full at the steps from `full_from` to `full_to`."""
    toy, losses = Toy(), []
    filler = root and pathlib.Path(root, "..", "filler").resolve()
    if root is not None:
        try:
            cl.get_checkpoint_system(root, EVERY)
        except (cl.StorageError, OSError):
            pass  # later steps open it
        cl.register_model(toy.model)
    for step in range(1, STEPS + 1):
        if step == full_from:
            fill(filler)
        if step == full_to:
            filler.unlink()
        losses.append(toy.train_step())
        if root is not None:
            if step % 5 == 0:
                cl.checkpoint_on_config_change({"step": step})
            cl.log_metric(step, "loss", losses[-1])
            cl.checkpoint_on_step(step)
    cl.close_checkpoint_system()
    return losses


def fill(path):
    with open(path, "wb", buffering=0) as file:
        for size in (1 << 16, 1 << 12, 1):
            try:
                while file.write(b"x" * size) == size:
                    pass
            except OSError:
                pass


class DiskFull(unittest.TestCase):
    def setUp(self):
        self.disk = tempfile.mkdtemp(prefix="ckl-disk-")
        self.addCleanup(os.rmdir, self.disk)
        warnings.simplefilter("always", cl.CheckpointWarning)

    def mounted(self, size, **options):
        """The losses on a new file system, what was warned of, and the steps that were saved."""
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "none", self.disk],
                       check=True)
        try:
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                losses = train(f"{self.disk}/root", **options)
            try:
                with cl.Ledger(f"{self.disk}/root") as ledger:
                    saved = [row.step for row in ledger.checkpoints()]
                    whole = next(ledger.sql("PRAGMA integrity_check"))[0]
            except cl.CheckpointLedgerError:
                saved, whole = [], "ok"
            self.assertEqual(whole, "ok")
            return losses, [str(one.message) for one in caught], saved
        finally:
            subprocess.run(["umount", self.disk], check=True)

    def test_full_from_every_step_on(self):
        wanted, missed = train(), 0
        for step in range(1, STEPS + 1):
            losses, told, saved = self.mounted("16m", full_from=step)
            self.assertEqual(losses, wanted, step)
            due = [at for at in range(EVERY, STEPS + 1, EVERY) if at >= step]
            self.assertEqual([at for at in saved if at < step],
                             [at for at in range(EVERY, STEPS + 1, EVERY) if at < step])
            for at in set(due) - set(saved):
                self.assertTrue(any(f"step {at} " in text for text in told), (step, at, told))
            missed += len(set(due) - set(saved))
        self.assertGreater(missed, STEPS // EVERY)

    def test_full_for_a_while(self):
        losses, told, saved = self.mounted("16m", full_from=6, full_to=14)
        self.assertEqual(losses, train())
        self.assertEqual([at for at in saved if not 6 <= at < 14], [4, 16, 20, 24])
        self.assertTrue(told)

    def test_too_small_from_the_start(self):
        wanted = train()
        for size in range(0, 1600, 100):
            losses, _, _ = self.mounted(f"{max(size, 4)}k")
            self.assertEqual(losses, wanted, size)


def main():
    if "CKL_INSIDE" in os.environ:
        unittest.main()
    os.environ["CKL_INSIDE"] = "1"
    for namespace in ("-Urm", "-m"):
        if subprocess.run(["unshare", namespace, "true"], capture_output=True,
                          check=False).returncode == 0:
            os.execvp("unshare", ["unshare", namespace, sys.executable, *sys.argv])
    print("SKIP: no namespace to mount a small file system in")
    sys.exit(77)


if __name__ == "__main__":
    main()
