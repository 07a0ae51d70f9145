#!/usr/bin/env python3
"""The ten questions of README.md, asked of the demo's ledger as a command and as SQL: the same rows.

Of a command's JSON the columns that the SQL names are compared, in its order where it has one.
CKL, CKL_DEMO, IRIS, README and EXTENSION (ckl_sqlite.so) are paths.
"""
import json
import os
import re
import shlex
import subprocess
import sys
import tempfile

ENVIRONMENT = {key: os.environ[key] for key in ("CKL", "CKL_DEMO", "IRIS", "README", "EXTENSION")}


def questions(text):
    """(question, command, SQL) of the section."""
    section = text.split("## Ten questions\n", 1)[1].split("\n## ", 1)[0]
    for part in re.split(r"^(?=\*\*\d+\. )", section, flags=re.M)[1:]:
        blocks = re.findall(r"(?:^    .*\n)+", part, flags=re.M)
        assert len(blocks) == 2, "not a command and a query: " + part
        command, sql = (re.sub(r"^    ", "", block, flags=re.M).strip() for block in blocks)
        yield part.split("**")[1], command, sql


def lists(value):
    """Every list of objects in it."""
    if isinstance(value, dict):
        for inner in value.values():
            yield from lists(inner)
    elif isinstance(value, list) and value and all(isinstance(row, dict) for row in value):
        yield value


def plain(value):
    if isinstance(value, bool):
        return int(value)
    return ",".join(value) if isinstance(value, list) else value


def answer(told, columns):
    """The rows of the first list that has all columns; of an object without one, itself."""
    for rows in list(lists(told)) + [[told]]:
        if all(column in row for row in rows for column in columns):
            return [tuple(plain(row[column]) for column in columns) for row in rows]
    raise AssertionError("the command does not tell %s: %s" % (columns, told))


def ask(root, sql):
    """Columns and rows, as the command sqlite3 has them (PRELOAD: what a sanitizer must load first)."""
    host = dict(os.environ, LD_PRELOAD=os.environ["PRELOAD"], ASAN_OPTIONS="detect_leaks=0") \
        if os.environ.get("PRELOAD") else None
    done = subprocess.run(["sqlite3", "-readonly", "-json", root + "/ledger.db",
                           ".load " + ENVIRONMENT["EXTENSION"], sql], capture_output=True, text=True,
                          env=host)
    assert done.returncode == 0 and done.stdout, (sql, done.stderr)
    rows = json.loads(done.stdout)
    return list(rows[0]), [tuple(row.values()) for row in rows]


def main():
    asked = list(questions(open(ENVIRONMENT["README"]).read()))
    assert len(asked) == 10, len(asked)
    with tempfile.TemporaryDirectory() as root:
        subprocess.run([ENVIRONMENT["CKL_DEMO"], root, ENVIRONMENT["IRIS"]], check=True,
                       stdout=subprocess.DEVNULL)
        for question, command, sql in asked:
            words = shlex.split(command)
            assert words[0] == "ckl", command
            done = subprocess.run([ENVIRONMENT["CKL"], "-C", root, "--json"] + words[1:],
                                  capture_output=True, text=True)
            assert done.returncode == 0, (command, done.stderr)
            columns, rows = ask(root, sql)
            told = answer(json.loads(done.stdout), columns)
            if "ORDER BY" not in sql:
                rows, told = sorted(rows, key=repr), sorted(told, key=repr)
            assert rows and rows == told, (question, rows, told)
            print("%-60s %3d rows" % (question, len(rows)))


if __name__ == "__main__":
    sys.exit(main())
