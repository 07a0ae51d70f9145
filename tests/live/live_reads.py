#!/usr/bin/env python3
"""Reading while a trainer writes: pandas where it is installed, and the queries of the Datasette
dashboards, again and again. No error, no half state: what one statement sees agrees with itself, and
history only grows. CKL, CKL_DEMO, IRIS and DASHBOARD (datasette.json) are paths, CKL_SECONDS how long
(3).
"""
import json
import os
import re
import sqlite3
import subprocess
import sys
import tempfile
import time

try:
    import pandas
except ImportError:
    pandas = None

# Counts that must be the same, read by one statement.
AGREES = ("SELECT (SELECT count(*) FROM samples WHERE run = 'main' AND discarded) AS now,"
          " (SELECT discarded FROM experiments JOIN runs USING (experiment) WHERE runs.run = 'main')"
          " AS told")


def canned_queries():
    with open(os.environ["DASHBOARD"], encoding="utf-8") as file:
        board = json.load(file)
    for database in board["databases"].values():
        for query in database["queries"].values():
            yield query["sql"], {name: "main" for name in re.findall(r":(\w+)", query["sql"])}


def read_all(root, queries):
    """Every query once, in a connection of its own as a web request has it."""
    ledger = sqlite3.connect("file:%s/ledger.db?mode=ro" % root, uri=True)
    now, told = ledger.execute(AGREES).fetchone()
    assert now == told, ("half a state", now, told)
    for sql, given in queries:
        ledger.execute(sql, given).fetchall()
    count, = ledger.execute("SELECT count(*) FROM events").fetchone()
    ledger.close()
    if pandas is not None:
        with sqlite3.connect("file:%s/ledger.db?mode=ro" % root, uri=True) as ledger:
            frame = pandas.read_sql_query(AGREES, ledger)
            assert int(frame["now"][0]) == int(frame["told"][0]), frame
            losses = pandas.read_sql_query("SELECT step, value FROM metrics WHERE metric = 'loss'"
                                           " ORDER BY step", ledger)
            assert losses["value"].notna().all() or losses.empty
        ledger.close()
    return count


def main():
    queries = list(canned_queries())
    assert len(queries) > 5, queries
    with tempfile.TemporaryDirectory() as root:
        trainer = subprocess.Popen([os.environ["CKL_DEMO"], "--train", "50000000", root,
                                    os.environ["IRIS"]], stdout=subprocess.DEVNULL)
        try:
            while not os.path.exists(root + "/ledger.db") or subprocess.run(
                    [os.environ["CKL"], "-C", root, "state"], capture_output=True).returncode != 0:
                assert trainer.poll() is None, "the trainer ended"
                time.sleep(0.05)
            end, rounds, edits, last = time.monotonic() + float(os.environ.get("CKL_SECONDS", "3")), \
                0, 0, 0
            while time.monotonic() < end or rounds < 5:
                for word in ("discard", "restore"):
                    subprocess.run([os.environ["CKL"], "-C", root, word, "setosa_001", "setosa_002"],
                                   check=True, capture_output=True)
                    edits += 1
                    count = read_all(root, queries)
                    assert count >= last, "history became shorter"
                    last = count
                rounds += 1
            assert trainer.poll() is None, "the trainer ended"
        finally:
            trainer.terminate()
            trainer.wait()
    print("%d rounds of %d queries beside a trainer and %d edits%s" %
          (2 * rounds, len(queries), edits, "" if pandas else "; pandas is not installed"))


if __name__ == "__main__":
    sys.exit(main())
