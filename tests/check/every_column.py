"""Every table, every column: one value of one row is changed in a copy of a ledger, and fsck must
find it, with a finding that names the table. Every table: a row is taken away, and each column is
NULL although it cannot be. Views, indexes and triggers: dropped, changed, added.

The tables and columns are those that the ledger itself says it has, so that a new one is covered, or
fails here. What a column may hold is read from its declaration: the change passes its checks, so
that only fsck can find it. CKL is the command; the argument is the root of a rich ledger. What is
tried of each column and each table beyond the first change, and of the views and indexes, is each
CKL_EVERY-th (1: all of it)."""

import itertools
import json
import os
import shutil
import sqlite3
import subprocess
import sys

CKL = os.environ["CKL"]
EVERY = int(os.environ.get("CKL_EVERY") or "1")
COUNTER = itertools.count(1)
CHOICES = {  # values that a CHECK allows
    ("_component", "kind"): ["model", "config", "data"],
    ("_component", "shift"): [0, 8, 16, 24],
    ("_checkpoint", "state"): ["present", "replaced", "removed"],
    ("_checkpoint", "origin"): ["checkpoint", "start", "unknown"],
    ("_run", "origin"): ["checkpoint", "start", "unknown"],
    ("_session", "outcome"): ["closed", "died"],
    ("_label", "kind"): ["name", "note"],
}
FLAGS = {"reversed", "ignored", "discarded", "old_discarded", "new_discarded", "git_dirty"}


def changed(table, column, value, declared):
    """Other values that the column can hold, the likeliest to pass its checks first."""
    if (table, column) in CHOICES:
        return [other for other in CHOICES[table, column] if other != value]
    if column in FLAGS and value is not None:
        return [1 - value]
    if value is None:
        return [1, -1] if "INT" in declared else ["x"] if "TEXT" in declared else [b"\1" * 32]
    if isinstance(value, int):
        return [value + 1, value + 1000, value - 1]
    if isinstance(value, float):
        return [value + 1]
    if isinstance(value, bytes):
        return [bytes([value[0] ^ 1]) + value[1:] if value else b"x"]
    return [value + "x", value[:-1] + ("0" if value[-1:] != "0" else "1")]


def rows_of(database, table, column, keys):
    """The first, the middle and the last row, and one with a value where most have none."""
    order = ", ".join(keys)
    found = []
    for where in (f"{column} IS NOT NULL", f"{column} IS NULL"):
        rows = database.execute(
            f"SELECT {order}, {column} FROM {table} WHERE {where} ORDER BY {order}").fetchall()
        found += [rows[place] for place in {0, len(rows) // 2, len(rows) - 1} if rows]
    return found


def fsck(root, *options):
    done = subprocess.run([CKL, "-C", root, "fsck", "--json", *options], capture_output=True,
                          text=True, check=False)
    return done.returncode, done.stdout, done.stderr


def names(table, finding):
    text = f"{finding['subject']} {finding['message']}"
    for mark in ".,():'\"":
        text = text.replace(mark, " ")
    return table in text.split()


def is_due():
    """Whether this one of what need not be tried is tried: each CKL_EVERY-th."""
    return next(COUNTER) % EVERY == 0


def copy_of(root):
    """A copy whose ledger is as it was; what else is in it stays, since fsck only reads."""
    copy = root + "-copy"
    if not os.path.exists(copy):
        shutil.copytree(root, copy)
    for end in ("-wal", "-shm"):
        if os.path.exists(f"{copy}/ledger.db{end}"):
            os.remove(f"{copy}/ledger.db{end}")
    shutil.copy(f"{root}/ledger.db", copy)
    return copy


def attempt(root, what, table, statement, values=()):
    """What is wrong with what fsck says after a statement: "" for nothing, None when the ledger's own
    checks refused it."""
    copy = copy_of(root)
    database = sqlite3.connect(os.path.join(copy, "ledger.db"))
    database.execute("PRAGMA foreign_keys = OFF")
    try:
        database.execute(statement, values)
    except sqlite3.IntegrityError:
        return None
    finally:
        database.commit()
        database.close()
    code, out, err = fsck(copy)
    if code != 3:
        return f"{what}: exit {code}, not 3: {err}"
    findings = json.loads(out)["findings"]
    if not any(names(table, finding) for finding in findings):
        return f"{what}: no finding names {table}: {findings}"
    return ""


def change_columns(root, database, table, info, keys):
    """Yields one answer of attempt() for each change; at least one for each column."""
    for column, declared, _ in info:
        tried = 0
        for row in rows_of(database, table, column, keys):
            if tried > 0 and not is_due():
                continue
            key = row[:len(keys)]
            where = " AND ".join(f"{name} IS ?" for name in keys)
            for value in changed(table, column, row[-1], declared):
                said = attempt(root, f"{table}.{column} of {key}: {row[-1]!r} -> {value!r}", table,
                               f"UPDATE {table} SET {column} = ? WHERE {where}", (value, *key))
                if said is not None:
                    tried += 1
                    yield said
                    break
        if tried == 0:
            yield f"{table}.{column}: no change passed its checks"


def take_rows(root, database, table, keys):
    order = ", ".join(keys)
    rows = database.execute(f"SELECT {order} FROM {table} ORDER BY {order}").fetchall()
    for number, place in enumerate(sorted({0, len(rows) // 2, len(rows) - 1})):
        if number > 0 and not is_due():
            continue
        where = " AND ".join(f"{name} IS ?" for name in keys)
        yield attempt(root, f"{table} without {rows[place]}", table,
                      f"DELETE FROM {table} WHERE {where}", rows[place])


def change_schema(root, database):
    yield attempt(root, "a trigger", "sneaky", "CREATE TRIGGER sneaky AFTER INSERT ON _event"
                  " BEGIN DELETE FROM _event; END")
    yield attempt(root, "a table", "guest", "CREATE TABLE guest (a)")
    yield attempt(root, "a view too many", "guest", "CREATE VIEW guest AS SELECT 1")
    yield attempt(root, "an index too many", "guest", "CREATE INDEX guest ON _event (actor)")
    yield attempt(root, "an intent", "_intent", "INSERT INTO _intent VALUES ('x', 1, '{}')")
    for kind, name in database.execute(
            "SELECT type, name FROM sqlite_master WHERE type IN ('view', 'index')"
            " AND sql IS NOT NULL"):
        if is_due():
            yield attempt(root, f"no {kind} {name}", name, f"DROP {kind} {name}")


def put_null(root, table, column):
    """NULL where a sound ledger never has it, as a damaged page can: found, and nobody ends for it."""
    copy = copy_of(root)
    database = sqlite3.connect(os.path.join(copy, "ledger.db"))
    (values,) = database.execute(f"SELECT count({column}) FROM {table}").fetchone()
    if values == 0:
        database.close()
        return None
    version = database.execute("PRAGMA schema_version").fetchone()[0]
    (sql,) = database.execute("SELECT sql FROM sqlite_master WHERE name = ?", (table,)).fetchone()
    set_sql = "UPDATE sqlite_master SET sql = ? WHERE name = ?"
    database.executescript("PRAGMA writable_schema = ON; PRAGMA ignore_check_constraints = ON;")
    database.execute(set_sql, (sql.replace(" NOT NULL", ""), table))
    database.commit()
    database.execute(f"PRAGMA schema_version = {version + 1}")
    database.close()
    database = sqlite3.connect(os.path.join(copy, "ledger.db"))
    database.executescript("PRAGMA writable_schema = ON; PRAGMA ignore_check_constraints = ON;")
    try:
        database.execute(f"UPDATE {table} SET {column} = NULL")
    except sqlite3.IntegrityError:
        return None
    finally:
        database.execute(set_sql, (sql, table))
        database.commit()
        database.execute(f"PRAGMA schema_version = {version + 2}")
        database.close()
    what = f"{table}.{column} is NULL everywhere"
    code, _, err = fsck(copy)
    if code not in (3, 5):
        return f"{what}: fsck exits {code}: {err}"
    for words in (["log"], ["status"], ["diff", "@~1"], ["state"], ["checkpoints"], ["runs"],
                  ["metrics"], ["lineage"], ["names"], ["audit"], ["find", "--tag", "hard"]):
        done = subprocess.run([CKL, "-C", copy, *words], capture_output=True, check=False)
        if done.returncode < 0:
            return f"{what}: {words} ends by signal {-done.returncode}"
    return ""


def put_nulls(root, table, info):
    for column, _, _ in info:
        if is_due():
            said = put_null(root, table, column)
            if said is not None:
                yield said


def main():
    root = sys.argv[1]
    only = sys.argv[2:]
    code, out, err = fsck(root)
    if code != 0:
        sys.exit(f"the ledger is not clean to begin with: {out} {err}")
    database = sqlite3.connect(os.path.join(root, "ledger.db"))
    tables = [name for name, in database.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")]
    said = []
    for table in tables:
        if only and table not in only:
            continue
        info = database.execute(
            "SELECT name, type, pk FROM pragma_table_info(?)", (table,)).fetchall()
        keys = [name for name, _, pk in sorted(info, key=lambda line: line[2]) if pk]
        if database.execute(f"SELECT count(*) FROM {table}").fetchone()[0] > 0:
            said += change_columns(root, database, table, info, keys)
            said += take_rows(root, database, table, keys)
            said += put_nulls(root, table, info)
        elif table != "_intent":
            said.append(f"{table} has no rows: nothing was tried")
    if not only:
        said += change_schema(root, database)
    database.close()
    failures = [line for line in said if line != ""]
    for failure in failures:
        print("FAILED:", failure)
    print(f"{len(said)} changes in {len(tables)} tables, {len(failures)} failed")
    sys.exit(1 if failures else 0)


main()
