"""What was found."""
import json
import sqlite3


class Findings:
    """A list of findings: what (table and row, or path), and what it means."""

    def __init__(self):
        self.found = []

    def add(self, table, row, message):
        subject = table if row is None else f"{table} {row}"
        self.found.append({"subject": subject, "message": message})

    def guard(self, check, connection):
        """Damage that stops a check is a finding, too."""
        try:
            check(self, connection)
        except (sqlite3.Error, ValueError, KeyError, TypeError, IndexError, AttributeError,
                RecursionError, json.JSONDecodeError) as error:
            name = getattr(check, "table", None) or getattr(check, "__name__", "check")
            self.add(name, None, f"cannot be read: {type(error).__name__} {error}")

    def rows(self):
        return self.found

    def __len__(self):
        return len(self.found)
