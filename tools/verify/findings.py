"""What was found: which row or file, and what it means."""
import json
import sqlite3

TOLD_OF_EACH = 100

DAMAGE = (sqlite3.Error, ValueError, KeyError, TypeError, IndexError, AttributeError, OverflowError,
          RecursionError, StopIteration)


class Findings:
    """A list of findings; of each kind and table only the first hundred."""

    def __init__(self):
        self.found = []
        self.notes = []
        self.counts = {}

    def add(self, kind, table, row, message):
        """`table` may also be a path; `row` None: all of it."""
        number = self.counts[kind, table] = self.counts.get((kind, table), 0) + 1
        if number > TOLD_OF_EACH:
            return
        if isinstance(row, (tuple, list)):
            row = " ".join(map(str, row))
        subject = table if row is None else f"{table} {row}"
        self.found.append({"kind": kind, "subject": subject, "message": message})

    def note(self, message):
        """What was not looked at, and why: no damage."""
        self.notes.append(message)

    def guard(self, check, what, *arguments):
        """Damage that stops a check is a finding, too."""
        try:
            check(self, *arguments)
        except DAMAGE as error:
            self.add("unreadable", what, None,
                     f"could not be looked at to the end: {type(error).__name__}: {error}")

    def rows(self):
        """All that is told, and how much is not."""
        hidden = [{"kind": kind, "subject": table,
                   "message": f"{number - TOLD_OF_EACH} more findings like these are not told"}
                  for (kind, table), number in self.counts.items() if number > TOLD_OF_EACH]
        return self.found + hidden

    def __len__(self):
        return sum(self.counts.values())


def read_object(text):
    """A JSON object; anything else is damage."""
    value = json.loads(text)
    if not isinstance(value, dict):
        raise ValueError("is no JSON object")
    return value
