#!/usr/bin/env python3
"""What the extension costs: what it returns, not how many samples there are.

Counts the steps of SQLite's machine, so that the answer is the same on every computer. CKL names the
command, CKL_EXTENSION ckl_sqlite.so, CKL_SAMPLES how many samples (20,000).
"""
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import time

CKL, EXTENSION = os.environ["CKL"], os.environ["CKL_EXTENSION"]
SAMPLES = int(os.environ.get("CKL_SAMPLES", "20000"))
EDITS = 30


def ckl(root, *words, text=None):
    done = subprocess.run([CKL, "-C", root, *words], input=text, capture_output=True, text=True)
    assert done.returncode == 0, (words, done.stderr)


def make(root):
    uids = ["sample_%07d" % number for number in range(SAMPLES)]
    ckl(root, "update", "--data", "-", text=json.dumps({"uids": uids}))
    for number in range(EDITS):
        ckl(root, "discard", uids[number * 7], uids[-1 - number])
    ckl(root, "run", "new", "other", "--from", "@~3")  # begins with a state that is known
    ckl(root, "--run", "other", "tag", "hard", uids[5])
    others = ["other_%07d" % number for number in range(SAMPLES)]
    ckl(root, "--run", "third", "update", "--data", "-", text=json.dumps({"uids": others}))


def main():
    if not hasattr(sqlite3.Connection, "enable_load_extension"):
        print("this Python's sqlite3 loads no extensions")
        return 77
    with tempfile.TemporaryDirectory() as root:
        make(root)
        ledger = sqlite3.connect("file:%s/ledger.db?mode=ro" % root, uri=True)
        ledger.enable_load_extension(True)
        ledger.load_extension(EXTENSION)
        steps = 0

        def count():
            nonlocal steps
            steps += 10

        failed = 0
        for limit, rows, sql in (
                (1500, 2, "SELECT * FROM ckl_sample_diff('@~1', '@')"),
                (1500, 2, "SELECT * FROM ckl_diff('@', '@~1')"),
                (6000, 2 * EDITS, "SELECT * FROM ckl_sample_diff('@~%d', '@')" % EDITS),
                (6000, 1, "SELECT * FROM ckl_diff_stat('@~%d', '@')" % EDITS),
                (1500, 1, "SELECT * FROM ckl_sample_diff('@~20', '@') WHERE uid = 'sample_0000203'"),
                (3000, 20, "SELECT * FROM ckl_state_at('@') LIMIT 20"),
                (3000, 20, "SELECT * FROM ckl_state_at('2999-01-01') LIMIT 20"),
                (1500, 1, "SELECT * FROM ckl_state_at('@') WHERE uid = 'sample_0000021'"),
                (3000, 20, "SELECT * FROM ckl_sample_diff('@', '@', 'third') LIMIT 20"),
                (6000, 20, "SELECT * FROM ckl_sample_diff('@', '@{2999-01-01}', 'third') LIMIT 20"),
                (3000, 3, "SELECT * FROM ckl_sample_history('sample_0000007')"),
                (3000, 3, "SELECT * FROM ckl_sample_history('sample_0000005')"),
                (SAMPLES * 40, SAMPLES, "SELECT * FROM ckl_state_at('@')")):
            if "third" in sql:  # the head of one run against that of another
                other = ledger.execute("SELECT experiment FROM runs WHERE run = 'main'").fetchone()
                sql = sql.replace("'@'", "'%s'" % other, 1)
            steps = 0
            ledger.set_progress_handler(count, 10)
            began = time.monotonic()
            found = len(ledger.execute(sql).fetchall())
            took = time.monotonic() - began
            ledger.set_progress_handler(None, 10)
            good = found == rows and steps <= limit
            failed += not good
            print("%s %7d steps (at most %d) %8.3f ms %6d rows  %s" % (
                "ok    " if good else "FAILED", steps, limit, took * 1000, found, sql))
        ledger.close()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
