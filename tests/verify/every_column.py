#!/usr/bin/env python3
"""For every table and column of a rich ledger: a changed value is found, and the table is named; a
flipped byte in any file of the tree is found; a history that was cut off or rewritten is found against
a receipt. And nothing is found where nothing is wrong.

    every_column.py TOOLS CKL CKL_DEMO IRIS
"""
import hashlib
import json
import os
import pathlib
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile

TOOLS, CKL, DEMO, IRIS = sys.argv[1:5]
sys.path[:0] = [TOOLS, os.path.dirname(os.path.abspath(__file__))]
import damage  # noqa: E402
import verify_ledger  # noqa: E402
from verify import history  # noqa: E402

def ckl(root, *words, text=None):
    done = subprocess.run([CKL, "-C", root, *words], input=text, capture_output=True, text=True,
                          check=False)
    if done.returncode != 0:
        sys.exit(f"ckl {words}: {done.stderr}")
    return done.stdout


def clash():
    """Two configurations whose digests begin with the same 8 hex characters."""
    seen = {}
    for seed in range(10_000_000):
        text = '{"seed": %d}' % seed
        first = hashlib.sha256(text.encode()).digest()[:4]
        if first in seen:
            return seen[first], text
        seen[first] = text
    raise AssertionError("no clash found")


def dirty_code(folder):
    """A git work tree that differs from its commit: so that sessions have all of their columns."""
    folder.mkdir()
    who = ["-c", "user.name=nobody", "-c", "user.email=nobody@example.invalid"]
    for words in (["init", "-q", "."], ["add", "."], ["commit", "-qm", "one"]):
        (folder / "train.py").write_text("one")
        subprocess.run(["git", *who, *words], cwd=folder, check=True)
    (folder / "train.py").write_text("two")
    return folder


def rich_ledger(root, work):
    subprocess.run([os.path.abspath(DEMO), root, os.path.abspath(IRIS)], check=True,
                   stdout=subprocess.DEVNULL, cwd=dirty_code(work / "code"))
    (work / "w").write_text("weights")
    (work / "opaque").write_bytes(b"\0opaque")
    (work / "job").mkdir()
    ckl(root, "update", "--architecture", work / "opaque", "--dump")
    (work / "m.json").write_text('{"class": "Net", "attributes": {"depth": 2}, "modules":'
                                 ' [{"name": "a", "type": "Linear", "attributes": {"k": [3, 3]}}]}')
    ckl(root, "update", "--model", work / "m.json", "--architecture", work / "opaque")
    ckl(root, "checkpoint", "--step", "1000", "--weights", work / "w", "--metric", "loss=0.5",
        "--note", '{"a": 1}')
    ckl(root, "checkpoint", "--step", "1000", "--weights", work / "m.json")
    ckl(root, "ignore", "/root")
    ckl(root, "ignore", "/gone")
    ckl(root, "ignore", "/gone", "--remove")
    alike = clash()
    for text in ('{"root": "/a", "lr": 1.0, "x": [1, {}], "y": null, "z": true}', '{"root": "/b", "lr": 2}',
                 *alike):
        ckl(root, "update", "--config", "-", text=text)
    ckl(root, "tag", "odd,one", "setosa_001", "--reason", "looks odd")
    ckl(root, "untag", "odd,one", "setosa_001")
    ckl(root, "tag", "odd,one", "setosa_001")
    ckl(root, "run", "new", "other", "--from", "@")
    ckl(root, "--run", "other", "restore", "versicolor_021")
    ckl(root, "--run", "other", "checkpoint", "--step", "7", "--weights", work / "w")
    ckl(root, "switch", "@~3")
    ckl(root, "metric", "--step", "5", "loss=0.25", "bad=nan")
    ckl(root, "gc", "--keep-last", "2")
    ckl(root, "name", "@", "best")
    ckl(root, "name", "@", "--remove")
    ckl(root, "name", "@", "best.2")
    ckl(root, "note", "@~1", "of no use")
    ckl(work / "job", "update", "--config", "-", "--dump", text=alike[1])
    ckl(work / "job", "checkpoint", "--step", "1", "--weights", work / "w")
    ckl(root, "merge", work / "job")


def findings(root, receipt=None, files=False):
    return verify_ledger.verify(pathlib.Path(root), receipt, files).rows()


def a_row(connection, table, column):
    """A row whose value is not null, by its primary key; of those that are numbered, the last one."""
    _, keys = damage.columns_of(connection, table)
    sql, = connection.execute("SELECT sql FROM sqlite_master WHERE name = ?", (table,)).fetchone()
    order = "" if "WITHOUT ROWID" in sql else " ORDER BY rowid DESC"
    row = connection.execute(f'SELECT "{column}", {", ".join(keys)} FROM "{table}"'
                             f' WHERE "{column}" IS NOT NULL{order} LIMIT 1').fetchone()
    return row and (row[0], damage.where_of(keys, row[1:]))


def check_every_column(root, failures):
    copy = root + "-copy"
    connection = sqlite3.connect(f"{root}/ledger.db")
    count = 0
    for table in damage.tables_of(connection):
        for column in damage.columns_of(connection, table)[0]:
            found = a_row(connection, table, column)
            if found is None:
                if table != "_intent":
                    failures.append(f"{table}.{column} has no value to change")
                continue
            shutil.rmtree(copy, ignore_errors=True)
            os.mkdir(copy)
            shutil.copy(f"{root}/ledger.db", copy)
            wrote = damage.write(f"{copy}/ledger.db", table, column, found[1], found[0])
            if wrote is None:
                failures.append(f"{table}.{column}: no other value fits")
                continue
            told = findings(copy)
            text = json.dumps(told)
            count += 1
            if not re.search(rf"\b{table}\b", text):
                failures.append(f"{table}.{column}: {found[0]!r} became {wrote!r}: {text[:300]}")
    connection.close()
    return count


def check_files(root, failures):
    count = 0
    for path in sorted(pathlib.Path(root, "checkpoints").rglob("*")):
        if not path.is_file():
            continue
        count += 1
        content = path.read_bytes()
        os.chmod(path, 0o644)
        at = len(content) // 2
        path.write_bytes(content[:at] + bytes([content[at] ^ 1]) + content[at + 1:])
        told = findings(root, files=True)
        if str(path.relative_to(root)) not in {row["subject"] for row in told}:
            failures.append(f"a flipped byte in {path} was not found: {told}")
        path.write_bytes(content)
    return count


def check_receipts(root, failures):
    connection = sqlite3.connect(f"{root}/ledger.db")
    name, = connection.execute("SELECT value FROM _meta WHERE key = 'ledger'").fetchone()
    seq, chain = connection.execute("SELECT seq, chain FROM _event ORDER BY seq DESC LIMIT 1").fetchone()
    receipt = {"schema_version": 1, "ledger": name, "seq": seq, "chain": chain.hex()}
    if findings(root, receipt):
        failures.append("a true receipt is refused")
    copy = root + "-copy"
    shutil.rmtree(copy, ignore_errors=True)
    os.mkdir(copy)
    shutil.copy(f"{root}/ledger.db", copy)
    other = sqlite3.connect(f"{copy}/ledger.db")
    other.execute("UPDATE _event SET reason = 'never happened' WHERE seq = 2")
    other.commit()
    located = {row["subject"] for row in findings(copy)}
    if located != {"_event 2"}:
        failures.append(f"an edited event is not located: {located}")
    rewrite(other)
    if findings(copy):
        failures.append("the chain was not recomputed by the test")
    if not [row for row in findings(copy, receipt) if "rewritten" in row["message"]]:
        failures.append("a rewritten history is not found against the receipt")
    other.execute("DELETE FROM _event WHERE seq = ?", (seq,))
    other.commit()
    other.close()
    if not [row for row in findings(copy, receipt) if "cut off" in row["message"]]:
        failures.append("a history that was cut off is not found against the receipt")
    connection.close()


def check_elsewhere(work, failures):
    """A ledger that is not in its root: found, and told from another root's."""
    root, ledger = work / "far", work / "near.db"
    root.mkdir()
    ckl(root, "--ledger", ledger, "update", "--config", "-", "--dump", text='{"lr": 1}')
    for given in (None, ledger):
        found = verify_ledger.verify(root, ledger=given).rows()
        if found:
            failures.append(f"a ledger elsewhere is not sound: {found}")
    connection = sqlite3.connect(ledger)
    connection.execute("UPDATE _meta SET value = replace(value, substr(value, 1, 1), 'x')"
                       " WHERE key = 'tree'")
    connection.commit()
    connection.close()
    if "_meta tree" not in {row["subject"] for row in findings(root)}:
        failures.append("the name of another root is not found")


def rewrite(connection):
    """Makes the chain good again, as somebody would who knows how."""
    chain, before = history.Chain(connection), bytes(32)
    for event in list(history.events_of(connection)):
        before = chain.digest(before, event)
        connection.execute("UPDATE _event SET chain = ? WHERE seq = ?", (before, event["seq"]))
    connection.commit()


def main():
    failures = []
    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        root = str(work / "root")
        rich_ledger(root, work)
        before = findings(root, files=True)
        if before:
            sys.exit(f"found where nothing is wrong: {before}")
        columns = check_every_column(root, failures)
        files = check_files(root, failures)
        check_receipts(root, failures)
        check_elsewhere(work, failures)
    for failure in failures:
        print(f"FAIL: {failure}")
    print(f"{columns} columns, {files} files, {len(failures)} failures")
    sys.exit(1 if failures or columns < 100 or files < 10 else 0)


if __name__ == "__main__":
    main()
