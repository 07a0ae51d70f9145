#!/usr/bin/env python3
"""Ledgers that older programs left: of version 2 as they are, of version 1 once they were written to.
Nothing is found in them but that their files are not there; after `ckl fsck --repair` and more history,
nothing at all. What is changed in them is found.

    older.py TOOLS CKL SQL...      each SQL makes a ledger as its program left it
"""
import pathlib
import re
import sqlite3
import subprocess
import sys
import tempfile

TOOLS, CKL, *SQL = sys.argv[1:]
HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [TOOLS, str(HERE)]
import verify_ledger  # noqa: E402

CHANGES = (  # by version, what its events or digests know
    (1, "_event SET actor = 'x' WHERE seq = 3"), (1, "_event SET step = 77 WHERE seq = 6"),
    (1, "_config SET content = '{}' WHERE id = 1"), (1, "_sample SET uid = 'z' WHERE id = 1"),
    (1, "_run SET head = 1 WHERE head <> 1"), (1, "_experiment SET dumped = NULL"),
    (1, "_tagset SET tags = tags || 'x' WHERE id = 2"), (1, "_data_state SET depth = depth + 1"),
    (1, "_label SET text = 'x'"), (2, "_checkpoint SET size = size + 1 WHERE id = 1"),
    (2, "_metric SET value = 7"), (2, "_blob SET content = x'00' WHERE id = 2"))


def make(sql, root):
    ledger = sqlite3.connect(root / "ledger.db")
    ledger.execute("PRAGMA journal_mode = WAL")
    ledger.executescript(sql)
    if ledger.execute("PRAGMA user_version").fetchone()[0] == 0:
        ledger.execute("PRAGMA user_version = 1")
        ledger.execute("PRAGMA application_id = 0x434b4c31")
    version, = ledger.execute("PRAGMA user_version").fetchone()
    ledger.commit()
    ledger.close()
    return version


def ckl(root, *words, codes=(0,)):
    done = subprocess.run([CKL, "-C", root, *words], capture_output=True, text=True, check=False)
    if done.returncode not in codes:
        sys.exit(f"ckl {words}: {done.returncode} {done.stdout} {done.stderr}")
    return done.stdout


def demand(holds, *what):
    if not holds:
        sys.exit(" ".join(map(str, what)))


def refused(root):
    try:
        verify_ledger.verify(root)
    except verify_ledger.Refused as why:
        return why.args[0] == 5
    return False


def only_missing(root, noted):
    """Nothing but that files are not there. The result: how many."""
    found = verify_ledger.verify(root)
    demand({row["kind"] for row in found.rows()} == {"missing"}, found.rows())
    demand(bool(found.notes) == noted, found.notes)
    return len(found)


def go_on(root):
    """More history, behind the old one."""
    (root / "w").write_text("weights")
    for words in (["note", "@", "it goes on"], ["tag", "late", "a"], ["dump"], ["switch", "@~1"],
                  ["checkpoint", "--step", "5", "--weights", root / "w", "--metric", "loss=0.125"],
                  ["gc", "@@5"], ["switch", "@~1"], ["untag", "late", "a"], ["dump"]):
        ckl(root, *words)


def check_changes(root, version):
    content = (root / "ledger.db").read_bytes()
    for least, change in CHANGES:
        if least > version:
            continue
        ledger = sqlite3.connect(root / "ledger.db")
        rows = ledger.execute(f"UPDATE {change}").rowcount
        ledger.commit()
        ledger.close()
        demand(rows > 0, "nothing to change:", change)
        demand(verify_ledger.verify(root).rows(), "not found:", change)
        (root / "ledger.db").write_bytes(content)


def check(path):
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        version = make(path.read_text(encoding="utf-8"), root)
        before = (root / "ledger.db").read_bytes()
        files = None
        if version == 1:
            demand(refused(root), path, "is not refused")
        else:
            files = only_missing(root, noted=True)
        demand((root / "ledger.db").read_bytes() == before, path, "was written to")
        told = ckl(root, "fsck", codes=(3,))  # brings it up to date
        count = only_missing(root, noted=False)
        demand(len(re.findall("^missing  ", told, re.MULTILINE)) == count, told, count)
        demand(files in (None, count), files, count)
        ckl(root, "fsck", "--repair", codes=(0, 3))
        ckl(root, "fsck", "--accept-missing", codes=(0,))
        for _ in range(2):
            found = verify_ledger.verify(root)
            demand(not found.rows() and not found.notes, path, found.rows(), found.notes)
            ckl(root, "fsck")
            go_on(root)
        check_changes(root, version)
    print(f"{path.name}: version {version}, {count} files were not there, clean, changes found")


for each in SQL:
    check(pathlib.Path(each))
