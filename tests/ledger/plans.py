#!/usr/bin/env python3
"""Every view answers a question about one thing by an index: no plan reads a table that grows with
history from end to end. LEDGER names a ledger.db to plan on (plans do not depend on its rows)."""
import os
import re
import sqlite3
import sys

# What may be read whole: what is as long as runs, names or the ways of beginnings are.
# `leaf` and `module` are what one event changed; what changed a hyperparameter has its index.
SMALL = {"run", "way", "nearer", "label", "beginning", "leaf", "module", "CONSTANT"}

# view: the columns that dashboards ask by.
QUESTIONS = {
    "changes": ["seq", "run", "to_experiment", "from_experiment"],
    "experiments": ["experiment", "config", "model", "data"],
    "config_changes": ["seq", "path"],
    "model_changes": ["seq"],
    "sample_changes": ["seq", "uid"],
    "sample_history": ["uid"],
    "tag_changes": ["tag", "uid", "seq"],
    "tags": ["tag", "uid"],
    "samples": ["uid"],
    "config_values": ["experiment", "path"],
    "model_modules": ["experiment"],
    "checkpoints": ["experiment", "run"],
    "metrics": ["run", "experiment"],
    "metric_series": ["experiment", "run"],
    "lineage": ["experiment", "seq"],
    "events": ["seq", "run", "experiment", "actor"],
    "names": ["experiment", "name"],
    "notes": ["experiment"],
    "aliases": ["alias", "experiment"],
    "sessions": ["session", "run"],
    "pending": ["run"],
    "runs": ["run"],
}
# Asked without a condition: nothing is faster than reading it.
WHOLE = {"about", "discards_by_day", "churn"}


def main():
    ledger = sqlite3.connect("file:%s?mode=ro" % os.environ["LEDGER"], uri=True)
    views = {name for name, in ledger.execute(
        "SELECT name FROM sqlite_master WHERE type = 'view' AND substr(name, 1, 1) <> '_'")}
    unasked = views - set(QUESTIONS) - WHOLE
    bad = ["view %s: no question says how it is asked" % view for view in sorted(unasked)]
    count = 0
    for view, columns in sorted(QUESTIONS.items()):
        for column in columns:
            plan = [row[3] for row in ledger.execute(
                "EXPLAIN QUERY PLAN SELECT * FROM %s WHERE %s = 'x'" % (view, column))]
            count += 1
            for step in plan:
                scan = re.match(r"SCAN (\S+)(.*)", step)
                if scan and scan.group(1) not in SMALL | views and "_event_of_config" not in step:
                    bad.append("%s by %s: %s" % (view, column, step))
    print("\n".join(bad) if bad else "%d questions to %d views, each by an index" %
          (count, len(QUESTIONS)))
    return bool(bad)


if __name__ == "__main__":
    sys.exit(main())
