#!/usr/bin/env python3
"""Verifies a ledger and its tree without libckl, from the documented format (schema/FORMAT.md).

    tools/verify_ledger.py ROOT [--ledger FILE] [--receipt FILE] [--certificate FILE]
                           [--no-files] [--json]

Standard library only; nothing is written, and it may run while something trains. Ledgers of version 2
and 3; one of version 1 becomes one when it is next written to. One line for each finding; what could
not be compared is said on standard error. Exit code: 0 nothing found, 3 something found, 1 there is no
ledger, 2 wrong usage, 5 not a ledger that this program knows, 6 input or output.
"""
import argparse
import contextlib
import json
import os
import pathlib
import re
import shutil
import sqlite3
import sys
import tempfile

from verify import certificate, content, history, schema, states, tree
from verify.findings import DAMAGE, Findings
from verify.replay import Replay, check_tables

APPLICATION_ID = 0x434B4C31
RECEIPT = pathlib.Path(".ckl") / "receipt.json"
RECEIPT_BYTES = 4096
POINTER = pathlib.Path(".ckl") / "ledger"
POINTER_BYTES = 8192


class Refused(Exception):
    """The exit code, and why."""


# ---- opening


def find_ledger(root):
    """The ledger of a root, and the root's name where it says that its ledger is elsewhere."""
    try:
        descriptor = os.open(root / POINTER, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError:
        return root / "ledger.db", None
    with open(descriptor, "rb") as file:
        text = os.fsdecode(file.read(POINTER_BYTES))
    says = re.fullmatch("([0-9a-f]{32})\n(/[^\n]*)\n", text)
    if says is None:
        raise Refused(3, f"'{root / POINTER}' does not say where the ledger is: say it with --ledger FILE")
    return pathlib.Path(says.group(2)), says.group(1)


def companion(path, end):
    return path.with_name(path.name + end)


@contextlib.contextmanager
def readable(path):
    """The name to open it by, so that reading makes no file beside it. A log that nobody has in use is
    read in a copy; without a log nobody writes, and SQLite is told so."""
    with open(path, "rb") as file:
        head = file.read(100)
    log = len(head) == 100 and head[18] == 2
    uri = path.resolve().as_uri() + "?mode=ro"
    if not log or companion(path, "-shm").exists() and companion(path, "-wal").exists():
        yield uri
    elif not companion(path, "-wal").exists() or companion(path, "-wal").stat().st_size == 0:
        yield uri + "&immutable=1"
    else:
        with tempfile.TemporaryDirectory() as folder:
            copy = pathlib.Path(folder) / path.name
            shutil.copyfile(path, copy)
            shutil.copyfile(companion(path, "-wal"), companion(copy, "-wal"))
            yield copy.as_uri() + "?mode=ro"


def connect(uri, path):
    """A connection that sees one moment."""
    connection = sqlite3.connect(uri, uri=True, isolation_level=None)
    connection.text_factory = lambda raw: raw.decode("utf-8", "surrogateescape")
    for pragma in ("trusted_schema = OFF", "cell_size_check = ON", "busy_timeout = 5000"):
        connection.execute(f"PRAGMA {pragma}")
    connection.execute("BEGIN")
    application, = connection.execute("PRAGMA application_id").fetchone()
    version, = connection.execute("PRAGMA user_version").fetchone()
    if application != APPLICATION_ID or version < 1:
        raise Refused(5, f"'{path}' is no ledger")
    if version > max(schema.TABLES):
        raise Refused(5, f"'{path}' was written by a newer ckl (ledger version {version}, this is"
                         f" {max(schema.TABLES)})")
    if version < min(schema.TABLES):
        raise Refused(5, f"'{path}' is of ledger version {version}, which cannot be verified: the next ckl"
                         " command that writes brings it up to date")
    return connection


def identity(path):
    """What differs when somebody wrote to it."""
    about = os.stat(path)
    return about.st_ino, about.st_size, about.st_mtime_ns, companion(path, "-wal").exists()


# ---- looking


def look(found, connection, root, tree_name, receipts, files, exposure):
    new = schema.fresh(schema.version_of(connection))
    if new is None:
        found.note("the files of schema/ are not beside this program: what the tables are made of is not"
                   " compared")
    found.guard(schema.check_tables, "sqlite_master", connection, new)
    if not schema.is_usable(found):
        return
    found.guard(schema.check_meta, "_meta", connection, tree_name)
    for check in schema.CHECKS + history.CHECKS:
        found.guard(check, check.__name__.replace("check_", "the "), connection)
    try:
        replay = Replay(found, connection)
    except DAMAGE as error:
        found.add("unreadable", "_event", None, f"cannot be replayed: {type(error).__name__}: {error}")
        return
    found.guard(check_tables, "the derived tables", connection, replay)
    found.guard(content.check_segments, "_component", connection)
    found.guard(content.check_configs, "_config", connection, replay)
    found.guard(content.check_reals, "_config_leaf", connection)
    found.guard(content.check_models, "_model", connection, replay)
    found.guard(content.check_tags, "_tagset", connection)
    found.guard(states.check_states, "_data_state", connection, replay)
    for subject, receipt in receipts:
        found.guard(history.check_receipt, subject, connection, receipt, subject)
    if exposure is not None:
        found.guard(history.check_receipt, "certificate", connection, exposure["receipt"], "certificate")
        found.guard(certificate.check, "certificate", connection, exposure)
    if files:
        found.guard(tree.check_files, "checkpoints", connection, root)


def last_receipt(found, root):
    """Of the last dump. Read before the ledger is: a dump in between writes a later one."""
    try:
        descriptor = os.open(root / RECEIPT, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with open(descriptor, "rb") as file:
            return [(str(RECEIPT), history.read_receipt(json.loads(file.read(RECEIPT_BYTES))))]
    except FileNotFoundError:
        return []
    except (OSError, ValueError) as error:
        found.add("receipt", str(RECEIPT), None, f"cannot be read: {error}")
        return []


def verify(root, receipt=None, files=True, ledger=None, exposure=None):
    """All findings about the ledger of `root`, which is in it if nothing says otherwise."""
    path, tree_name = (ledger, None) if ledger is not None else find_ledger(root)
    while True:
        found = Findings()
        receipts = [("receipt", receipt)] if receipt is not None else []
        receipts += last_receipt(found, root)
        before = identity(path)
        with readable(path) as uri:
            try:
                connection = connect(uri, path)
                with contextlib.closing(connection):
                    look(found, connection, root, tree_name, receipts, files, exposure)
            except sqlite3.DatabaseError as error:
                found.add("unreadable", "ledger.db", None, f"SQLite says: {error}")
        if "mode=ro&immutable" not in uri or identity(path) == before:
            return found


# ---- the command


def read_receipt(path):
    try:
        return history.read_receipt(json.loads(path.read_bytes()))
    except (OSError, ValueError) as error:
        raise Refused(2, f"'{path}' is no receipt: {error}") from error


def read_certificate(path):
    try:
        value = json.loads(path.read_bytes())
        history.read_receipt(value["receipt"])
        good = all(isinstance(line[key], kind) for line in value["checkpoints"]
                   for key, kind in (("seq", int), ("path", str), ("sha256", str), ("verdict", str)))
        if not good or (value.get("uid") is None) == (value.get("tag") is None):
            raise ValueError("it names no sample, or not what was found")
        return value
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Refused(2, f"'{path}' is no certificate: {error}") from error


def run():
    parser = argparse.ArgumentParser(description="Verify a ledger and its tree.")
    parser.add_argument("root", type=pathlib.Path)
    parser.add_argument("--ledger", type=pathlib.Path, help="the ledger, if it is not in the root")
    parser.add_argument("--receipt", type=pathlib.Path, help="a receipt that was kept elsewhere")
    parser.add_argument("--certificate", type=pathlib.Path, help="what ckl exposure --certificate wrote")
    parser.add_argument("--no-files", action="store_true", help="only ledger.db")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    path = given.ledger or find_ledger(given.root)[0]
    if not path.is_file():
        raise Refused(1, f"there is no ledger in '{given.root}'" if path.parent == given.root else
                      f"there is no ledger '{path}'")
    receipt = read_receipt(given.receipt) if given.receipt else None
    exposure = read_certificate(given.certificate) if given.certificate else None
    found = verify(given.root, receipt, not given.no_files, given.ledger, exposure)
    rows = found.rows()
    if given.json:
        print(json.dumps({"schema_version": 1, "findings": rows, "notes": found.notes}))
    else:
        for note in found.notes:
            print(f"verify_ledger: {note}", file=sys.stderr)
        for row in rows:
            line = f"{row['kind']}  {row['subject']}: {row['message']}"
            print("".join(each if each.isprintable() else ascii(each)[1:-1] for each in line)
                  .encode("utf-8", "backslashreplace").decode())
        print(f"{len(rows)} findings" if rows else "all is well")
    return 3 if rows else 0


def main():
    try:
        return run()
    except Refused as refused:
        code, message = refused.args
        print(f"verify_ledger: {message}", file=sys.stderr)
        return code
    except OSError as error:
        print(f"verify_ledger: {error}", file=sys.stderr)
        return 6


if __name__ == "__main__":
    sys.exit(main())
