"""Runs every query of tools/dashboards/ against a copy of the demo's ledger, as Grafana and Datasette
would: each must find something."""
import json
import os
import pathlib
import re
import sqlite3
import subprocess
import sys
import tempfile

for name in ("CKL_ROOT", "CKL_RUN", "CKL_ACTOR"):
    os.environ.pop(name, None)
FOLDER = pathlib.Path(__file__).resolve().parents[2] / "tools" / "dashboards"
FAILURES = []


def check(holds, what):
    if not holds:
        FAILURES.append(what)
        print("FAILED:", what)


def find_rows(ledger, what, sql, parameters=None):
    """The names of the columns, and how many rows there are."""
    try:
        cursor = ledger.execute(sql, parameters or {})
        rows = cursor.fetchall()
    except sqlite3.Error as reason:
        check(False, f"{what}: {reason}: {sql}")
        return []
    check(len(rows) > 0, f"{what}: no rows: {sql}")
    check(any(value is not None for row in rows for value in row), f"{what}: only nulls: {sql}")
    return [column[0] for column in cursor.description]


# ---- Grafana -------------------------------------------------------------------------------------

def as_grafana(sql, ledger):
    """What Grafana and the plugin put in the place of variables."""
    last = ledger.execute("SELECT max(at_unix) FROM changes").fetchone()[0]
    values = {"${run:singlequote}": "'main','other'", "$metric": "loss",
              "$__from": str(int((last - 86400) * 1000)), "$__to": str(int((last + 60) * 1000))}
    for variable, value in values.items():
        sql = sql.replace(variable, value)
    check("$" not in sql, f"a variable that the test does not know: {sql}")
    return sql


def targets(dashboard):
    for panel in dashboard["panels"]:
        for target in panel["targets"]:
            yield f"panel {panel['title']!r}", target, panel
    for annotation in dashboard["annotations"]["list"]:
        yield f"annotation {annotation['name']!r}", annotation["target"], None


def check_grafana(ledger):
    dashboard = json.loads((FOLDER / "grafana.json").read_text(encoding="utf-8"))
    count = 0
    for what, target, panel in targets(dashboard):
        columns = find_rows(ledger, what, as_grafana(target["queryText"], ledger))
        check(target["queryText"] == target["rawQueryText"], f"{what}: two different queries")
        check("time" in columns or "time" not in target["queryText"].split("FROM")[0],
              f"{what}: no column for the time")
        if target["queryType"] == "time series":
            check(columns[:2] == ["time", "value"], f"{what}: columns {columns}")
        if panel is not None and "xField" in panel["options"]:
            check(panel["options"]["xField"] in columns, f"{what}: its axis is no column")
        count += 1
    for variable in dashboard["templating"]["list"]:
        find_rows(ledger, f"variable {variable['name']}", variable["query"])
        count += 1
    numbers = [panel["id"] for panel in dashboard["panels"]]
    check(len(set(numbers)) == len(numbers), "two panels have one number")
    for panel in dashboard["panels"]:
        place = panel["gridPos"]
        check(place["x"] + place["w"] <= 24, f"panel {panel['title']!r} is too wide")
    print(f"grafana.json: {count} queries")


# ---- Datasette -----------------------------------------------------------------------------------

def check_datasette(ledger):
    database = json.loads((FOLDER / "datasette.json").read_text(encoding="utf-8"))
    database = database["databases"]["ledger"]
    first, last = ledger.execute("SELECT first.experiment, last.experiment FROM experiments AS first"
                                 " JOIN experiments AS last ON last.model <> first.model AND"
                                 " last.config <> first.config ORDER BY 1 LIMIT 1").fetchone()
    values = {"run": "main", "path": "/optimizer/lr", "uid": "versicolor_021", "tag": "hard",
              "a": first, "b": last, "metric": "loss", "most": "0.03"}
    for name, query in database["queries"].items():
        wanted = re.findall(r":([a-z_]+)", re.sub(r"'[^']*'", "", query["sql"]))
        check(set(wanted) <= set(values), f"{name}: parameters {wanted}")
        find_rows(ledger, f"query {name}", query["sql"], {one: values[one] for one in wanted})
        check(query["title"] and query["description"], f"{name} is not described")
    for view, about in database["tables"].items():
        columns = find_rows(ledger, f"view {view}", f'SELECT * FROM "{view}" LIMIT 1')
        check(about.get("sort_desc", columns[0]) in columns, f"{view} is sorted by no column")
        known = ledger.execute('SELECT count(*) FROM about WHERE "view" = ?', (view,)).fetchone()[0]
        check(known > 0 or view == "about", f"there is no view {view}")
    print(f"datasette.json: {len(database['queries'])} queries, {len(database['tables'])} views")


def main():
    with tempfile.TemporaryDirectory() as work:
        root, copy = os.path.join(work, "demo"), os.path.join(work, "ledger.db")
        subprocess.run([os.environ["CKL_DEMO"], root, os.environ["IRIS"]], check=True, timeout=300,
                       stdout=subprocess.DEVNULL)
        subprocess.run([os.environ["CKL"], "-C", root, "snapshot", copy], check=True, timeout=60,
                       stdout=subprocess.DEVNULL)
        ledger = sqlite3.connect(f"file:{copy}?mode=ro&immutable=1", uri=True)
        check_grafana(ledger)
        check_datasette(ledger)
        ledger.close()
    if FAILURES:
        print(f"{len(FAILURES)} failed")
        return 1
    print("all hold")
    return 0


if __name__ == "__main__":
    sys.exit(main())
