#!/usr/bin/env python3
"""Verifies a ledger and its tree without libckl, from the documented format (schema/FORMAT.md).

    tools/verify_ledger.py ROOT [--receipt FILE] [--no-files] [--json]

Standard library only; nothing is written, and it may run while something trains. One line for each
finding. Exit code: 0 nothing found, 3 something found, 1 there is no ledger, 2 wrong usage, 5 not a
ledger that this program knows.
"""
import argparse
import json
import pathlib
import sqlite3
import sys

from verify import content, history, tree
from verify.findings import Findings

APPLICATION_ID = 0x434B4C31
VERSIONS = (1, 2)


def open_ledger(path):
    """A connection that sees one moment."""
    uri = path.resolve().as_uri() + "?mode=ro"
    connection = sqlite3.connect(uri, uri=True, isolation_level=None)
    connection.text_factory = lambda raw: raw.decode("utf-8", "surrogateescape")
    application, = connection.execute("PRAGMA application_id").fetchone()
    version, = connection.execute("PRAGMA user_version").fetchone()
    if application != APPLICATION_ID or version not in VERSIONS:
        raise SystemExit(refuse(f"'{path}' is no ledger of a version that this program knows"))
    connection.execute("BEGIN")
    return connection, version


def refuse(message):
    print(f"verify_ledger: {message}", file=sys.stderr)
    return 5


def check_structure(found, connection):
    """What SQLite itself knows."""
    for message, in connection.execute("PRAGMA integrity_check"):
        if message != "ok":
            found.add("ledger.db", None, f"SQLite: {message}")
    for table, row, parent, _ in connection.execute("PRAGMA foreign_key_check"):
        found.add(table, row, f"names a row of {parent} that is not there")


def verify(root, receipt=None, files=True):
    """All findings about the ledger under `root`."""
    found = Findings()
    connection, version = open_ledger(root / "ledger.db")
    try:
        check_structure(found, connection)
        if version < 2:
            found.add("ledger.db", None, "is of version 1: open it for writing once, then verify")
            return found
        for check in (*content.CHECKS, *history.CHECKS):
            found.guard(check, connection)
        if receipt is not None:
            found.guard(lambda each, ledger: history.check_receipt(each, ledger, receipt), connection)
        if files:
            found.guard(lambda each, ledger: tree.check(each, ledger, root), connection)
    finally:
        connection.close()
    return found


def main():
    parser = argparse.ArgumentParser(description="Verify a ledger and its tree.")
    parser.add_argument("root", type=pathlib.Path)
    parser.add_argument("--receipt", type=pathlib.Path, help="a receipt that was kept elsewhere")
    parser.add_argument("--no-files", action="store_true", help="only ledger.db")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    if not (given.root / "ledger.db").is_file():
        print(f"verify_ledger: there is no ledger in '{given.root}'", file=sys.stderr)
        return 1
    receipt = json.loads(given.receipt.read_text()) if given.receipt else None
    found = verify(given.root, receipt, not given.no_files)
    if given.json:
        print(json.dumps({"schema_version": 1, "findings": found.rows()}))
    else:
        for row in found.rows():
            print(f"{row['subject']}: {row['message']}".encode("ascii", "backslashreplace").decode())
        print("all is well" if not found else f"{len(found)} findings")
    return 3 if found else 0


if __name__ == "__main__":
    sys.exit(main())
