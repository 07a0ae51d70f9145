"""The tables themselves: their making, SQLite's structure, types, numbers, and rows for nothing."""
import pathlib
import re
import sqlite3

HERE = pathlib.Path(__file__).resolve().parent.parent.parent / "schema"
TABLES = {2: (
    "_meta _component _config _config_leaf _blob _model _model_module _sample _tag _tagset _tagset_tag"
    " _tagset_change _data_edge _edge_change _data_state _experiment _run _run_sample _session _event"
    " _ignored_path _file _checkpoint _metric_name _metric _metric_series _intent").split()}
TABLES[3] = TABLES[2] + ["_label", "_alias"]
TYPES = {"INTEGER": "'integer'", "TEXT": "'text'", "BLOB": "'blob'", "REAL": "'real'",
         "NUMERIC": "'integer', 'real'"}
ALL = "SELECT type, name, coalesce(sql, '') FROM sqlite_master WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
GROWING = ("_component _config _blob _sample _tag _tagset _data_edge _experiment _run _session"
           " _checkpoint _metric_name").split()


def version_of(db):
    return db.execute("PRAGMA user_version").fetchone()[0]


def fresh(version, folder=HERE):
    """What a new ledger of a version is made of, with the newest views, and their version; None when
    the files of schema/ are not here."""
    files = sorted(folder.glob("[0-9]*.sql"))[:version] + [folder / "views.sql"]
    if len(files) <= version or not files[-1].is_file():
        return None
    views = files[-1].read_text(encoding="utf-8")
    ledger = sqlite3.connect(":memory:")
    for file in files[:-1]:
        ledger.executescript(file.read_text(encoding="utf-8"))
    ledger.executescript(views)
    rows = {(kind, name): sql for kind, name, sql in ledger.execute(ALL)}
    ledger.close()
    return rows, int(re.search(r"-- Version: (\d+)", views).group(1))


def views_in(rows):
    return {key: sql for key, sql in rows.items() if key[0] == "view"}


def check_tables(found, db, new):
    """Whether the tables are a ledger's: only then is anything asked of them."""
    have = {(kind, name): sql for kind, name, sql in db.execute(ALL)}
    for table in TABLES[version_of(db)]:
        if ("table", table) not in have:
            found.add("schema", f"table {table}", None, "is not there")
    if new is None:
        return
    wanted, newest = new
    older = has_older_views(found, db, views_in(have) == views_in(wanted), newest)
    for kind, name in sorted(have.keys() | wanted.keys()):
        if (kind, name) not in wanted:
            found.add("schema", f"{kind} {name}", None, "no ledger has this")
        elif kind == "view" and older:
            continue
        elif (kind, name) not in have:
            if name not in TABLES[version_of(db)]:
                found.add("schema", f"{kind} {name}", None, "is not there")
        elif have[kind, name] != wanted[kind, name]:
            found.add("schema", f"{kind} {name}", None, "is not made as in a ledger")


def has_older_views(found, db, same, newest):
    """Views that an older ckl wrote are replaced by the next command that writes."""
    row = db.execute("SELECT value FROM _meta WHERE key = 'views'").fetchone()
    says = str(row[0]) if row is not None else ""
    if says == str(newest):
        return False
    if not same and re.fullmatch("[1-9][0-9]{0,8}", says) and int(says) < newest:
        found.note(f"its views are of version {says}: they are not compared with those of version"
                   f" {newest}, and the next command that writes replaces them")
        return True
    found.add("schema", "_meta", "views", f"says version '{says}', the views that are known here are"
                                          f" version {newest}")
    return False


def is_usable(found):
    return not any(kind == "schema" and subject.startswith("table ") for kind, subject in found.counts)


def check_meta(found, db, tree):
    """`tree`: the name of the root, where the root says that its ledger is elsewhere; else None."""
    rows = dict(db.execute("SELECT key, value FROM _meta"))
    says = rows.pop("tree", None)
    for key in sorted(rows.keys() ^ {"ledger", "views"}):
        found.add("content", "_meta", key, "no ledger has this" if key in rows else "is not there")
    if not re.fullmatch("[0-9a-f]{32}", str(rows.get("ledger", ""))):
        found.add("content", "_meta", "ledger", f"'{rows.get('ledger')}' is no name of a ledger")
    if tree is not None and says != tree:
        found.add("content", "_meta", "tree", f"'{says}' is another root's name than this one's")


def check_integrity(found, db):
    for message, in db.execute("PRAGMA integrity_check(100)"):
        if message != "ok":
            found.add("unreadable", "ledger.db", None, f"SQLite says: {message}")


def check_references(found, db):
    for table, row, parent, _ in db.execute("PRAGMA foreign_key_check"):
        found.add("reference", table, row, f"names a row of {parent} that is not there")


def check_types(found, db):
    """A value of another type can have the same bytes, and the same digest."""
    for table in TABLES[version_of(db)]:
        columns = db.execute("SELECT name, type FROM pragma_table_info(?)", (table,)).fetchall()
        sums = ", ".join(f"""ifnull(sum(typeof("{name}") NOT IN ('null', {TYPES[declared]})), 0)"""
                         for name, declared in columns)
        for (name, declared), count in zip(columns, db.execute(f'SELECT {sums} FROM "{table}"').fetchone()):
            if count:
                found.add("content", table, None, f"{count} values of its column {name} are not {declared}")


def check_numbers(found, db):
    """Rows are numbered 1, 2, 3 … and none is ever taken away."""
    for table in GROWING:
        least, most, count = db.execute(f"SELECT min(id), max(id), count(*) FROM {table}").fetchone()
        if count and (least, most) != (1, count):
            found.add("number", table, None, f"has {count} rows, numbered from {least} to {most}: a row"
                                             " is gone or was renumbered")


UNUSED = {
    "_component": "SELECT id FROM _component AS it WHERE CASE kind"
                  " WHEN 'model' THEN NOT EXISTS (SELECT 1 FROM _experiment WHERE model = it.id)"
                  " WHEN 'config' THEN NOT EXISTS (SELECT 1 FROM _experiment WHERE config = it.id)"
                  " ELSE NOT EXISTS (SELECT 1 FROM _experiment WHERE data = it.id) END",
    "_config": "SELECT id FROM _config EXCEPT SELECT config FROM _event",
    "_sample": "SELECT id FROM _sample AS it WHERE NOT EXISTS"
               " (SELECT 1 FROM _edge_change WHERE sample = it.id)",
    "_tag": "SELECT id FROM _tag AS it WHERE NOT EXISTS (SELECT 1 FROM _tagset_tag WHERE tag = it.id)",
    "_tagset": "SELECT id FROM _tagset WHERE id <> 1"
               " EXCEPT SELECT value FROM (SELECT DISTINCT old_tagset AS value FROM _edge_change"
               "  UNION SELECT DISTINCT new_tagset FROM _edge_change)"
               " EXCEPT SELECT added FROM _tagset_change EXCEPT SELECT removed FROM _tagset_change",
    "_data_edge": "SELECT id FROM _data_edge EXCEPT SELECT min(id) FROM _data_edge GROUP BY to_state"
                  " EXCEPT SELECT edge FROM _event",
    "_edge_change": "SELECT DISTINCT edge FROM _edge_change AS it WHERE NOT EXISTS"
                    " (SELECT 1 FROM _data_edge WHERE id = it.edge)",
    "_experiment": "SELECT id FROM _experiment AS it WHERE NOT EXISTS"
                   " (SELECT 1 FROM _event WHERE experiment = it.id)",
    "_run": "SELECT id FROM _run AS it WHERE NOT EXISTS (SELECT 1 FROM _event WHERE run = it.id)",
    "_session": "SELECT id FROM _session EXCEPT SELECT session FROM _event",
    "_metric_name": "SELECT id FROM _metric_name EXCEPT SELECT name FROM _metric_series",
}

KINDS = (
    "SELECT it.id, it.kind FROM _component AS it"
    " WHERE (it.kind = 'model') <> EXISTS (SELECT 1 FROM _model WHERE component = it.id)"
    "    OR (it.kind = 'data') <> EXISTS (SELECT 1 FROM _data_state WHERE component = it.id)"
    "    OR (it.kind = 'config') <> EXISTS (SELECT 1 FROM _config WHERE component = it.id)")


def check_unused(found, db):
    """What is recorded is recorded for something."""
    for table, sql in UNUSED.items():
        for row, in db.execute(sql):
            found.add("unused", table, row, "nothing names it: what did was changed or is gone")
    for row, kind in db.execute(KINDS):
        found.add("content", "_component", row, f"is a {kind}, but what it consists of is missing in"
                                                " _model, _config or _data_state, or is another kind's")


CHECKS = (check_integrity, check_references, check_types, check_numbers, check_unused)
