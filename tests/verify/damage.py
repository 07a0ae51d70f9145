"""Changes one value of a ledger behind its back. Only what the tables' own checks let through."""
import sqlite3


def another(value):
    """Something else of the same kind."""
    if isinstance(value, bytes):
        return bytes([value[0] ^ 1]) + value[1:] if value else b"x"
    if isinstance(value, str):
        return value + "x"
    if isinstance(value, float):
        return value + 0.5
    return value + 1


def candidates(value):
    yield another(value)
    if isinstance(value, int):
        yield from (1 - value, value - 1, value + 8, value + 100000)
    if isinstance(value, str):
        flipped = ("a" if value[:1] != "a" else "b") + value[1:]
        yield from (flipped, "removed", "replaced", "model", "data", "died", "closed", "start",
                    "unknown", "name", "note")


def write(path, table, column, where, value):
    """Writes the first other value that the table takes. The result: what was written."""
    connection = sqlite3.connect(path)
    try:
        connection.execute("PRAGMA foreign_keys = OFF")
        for other in candidates(value):
            if other == value:
                continue
            try:
                connection.execute(f'UPDATE "{table}" SET "{column}" = ? WHERE {where[0]}',
                                   (other, *where[1]))
                connection.commit()
                return other
            except sqlite3.IntegrityError:
                connection.rollback()
    finally:
        connection.close()
    return None


def tables_of(connection):
    return [name for name, in connection.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
        " ORDER BY name")]


def columns_of(connection, table):
    """All of them, and those of the primary key."""
    info = connection.execute(f'PRAGMA table_info("{table}")').fetchall()
    return ([row[1] for row in info],
            [row[1] for row in sorted(info, key=lambda row: row[5]) if row[5]])


def where_of(keys, values):
    return " AND ".join(f'"{key}" IS ?' for key in keys), values


def change(path, random):
    """A value of a row of a table, each at random. The result: what became what; None: nothing could."""
    connection = sqlite3.connect(path)
    try:
        table = random.choice(tables_of(connection))
        columns, keys = columns_of(connection, table)
        column = random.choice(columns)
        rows = connection.execute(f'SELECT "{column}", {", ".join(keys)} FROM "{table}"'
                                  f' WHERE "{column}" IS NOT NULL').fetchall()
    finally:
        connection.close()
    if not rows:
        return None
    value, *key = random.choice(rows)
    wrote = write(path, table, column, where_of(keys, key), value)
    return None if wrote is None else (table, column, key, value, wrote)
