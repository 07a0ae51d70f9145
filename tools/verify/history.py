"""Events, sessions and metrics: the chain, digests, receipts."""
import hashlib
import math
import re
import struct

from .derived import compare
from .texts import field, fields

NOTHING = bytes(32)
LAST_STEP = 2 ** 63 - 1


def events_of(db):
    cursor = db.execute("SELECT * FROM _event ORDER BY seq")
    names = [column[0] for column in cursor.description]
    for row in cursor:
        yield dict(zip(names, row))


# ---- the chain


class Chain:
    """The digest of an event and of all before it."""

    def __init__(self, db):
        self.components = {None: None, **dict(db.execute("SELECT id, digest FROM _component"))}
        self.configs = {None: None, **dict(db.execute("SELECT id, digest FROM _config"))}
        self.edges = {None: None, **dict(db.execute("SELECT id, digest FROM _data_edge"))}
        self.sessions = {None: None, **dict(db.execute("SELECT id, digest FROM _session"))}
        self.experiments = {row[0]: row[1:] for row in db.execute(
            "SELECT id, hash, model, config, data FROM _experiment")}
        self.experiments[None] = (None, None, None, None)
        self.runs = dict(db.execute("SELECT id, name FROM _run"))
        self.name, = db.execute("SELECT value FROM _meta WHERE key = 'ledger'").fetchone() or ("",)
        self.files, self.last_dump = old_files(db)

    def experiment(self, row):
        name, *components = self.experiments[row]
        return fields(name, *(self.components[component] for component in components))

    def digest(self, before, event):
        """KeyError: it names a row that is not there."""
        new = event["chain_version"] != 1
        parts = [fields(before, event["chain_version"])]
        if new:
            parts.append(field(self.name))
        parts.append(fields(event["seq"], event["op"], event["at_us"], self.runs[event["run"]]))
        if new:
            parts.append(field(self.sessions[event["session"]]))
        parts += (field(event["kind"]), self.experiment(event["experiment"]),
                  self.experiment(event["from_experiment"]), field(self.configs[event["config"]]))
        if new:
            parts.append(field(self.configs[event["from_config"]]))
        parts.append(fields(self.edges[event["edge"]], event["reversed"],
                            self.components[event["begins"]], event["step"], event["actor"],
                            event["reason"], event["detail"]))
        if not new:
            parts.append(fields(*self.files.get(event["seq"], ())))
        return hashlib.sha256(b"".join(parts)).digest()

    def is_overtaken(self, event):
        """A dump of version 1 does not name its files: once they are dumped again, or accepted as
        gone, nobody knows what they were."""
        return event["chain_version"] == 1 and event["kind"] == "dump" \
            and self.last_dump.get(event["experiment"], 0) > event["seq"]


def old_files(db):
    """For events of version 1: the files that they put into the tree, and by experiment the last
    event that changed its files."""
    files = {}
    if db.execute("SELECT 1 FROM _event WHERE chain_version = 1 LIMIT 1").fetchone() is None:
        return files, {}
    for event, digest in db.execute(
            "SELECT event, sha256 FROM _checkpoint UNION ALL SELECT * FROM (SELECT event, sha256 FROM"
            " _file ORDER BY CASE WHEN path LIKE '%.pkl' THEN 1 WHEN path LIKE '%config.yaml' THEN 2"
            " ELSE 3 END)"):
        files.setdefault(event, []).append(digest)
    return files, dict(db.execute("SELECT experiment, max(seq) FROM _event"
                                  " WHERE kind IN ('dump', 'missing') GROUP BY experiment"))


def check_chain(found, db):
    """Each event is compared with what it and the recorded chain before it give: so an edit shows at
    its own event, not at all behind it."""
    chain, before, expected, tally = Chain(db), NOTHING, 1, {}
    for event in events_of(db):
        seq = event["seq"]
        try:
            fits = chain.digest(before, event) == event["chain"] or chain.is_overtaken(event)
        except (KeyError, TypeError, struct.error):
            fits = False
        count = tally.setdefault(event["run"], [0, 0])
        count[0] += 1
        count[1] += not fits
        if not fits:
            found.add("chain", "_event", seq, "is not as it was written: one of its columns, or"
                                              " something that it names, was changed")
        if seq != expected:
            found.add("chain", "_event", expected, f"is gone: the next one is {seq}")
        if event["at_us"] % 1000 or not re.fullmatch("[0-9a-f]{32}", event["op"]):
            found.add("chain", "_event", seq, "has a time or a name that no event has")
        before, expected = event["chain"], seq + 1
    blame(found, tally)


def blame(found, tally):
    """Where nothing fits, the thing itself was changed, not its events."""
    broken = [run for run, (count, wrong) in tally.items() if count == wrong]
    if tally and len(broken) == len(tally):
        found.add("chain", "_meta", "ledger", "no event fits: either each of them was changed, or the"
                                              " name of the ledger")
    for run in broken if len(broken) < len(tally) or len(tally) == 1 else []:
        found.add("chain", "_run", run, "no event of it fits: either each of them was changed, or its"
                                        " name")


# ---- receipts


def read_receipt(value):
    """ValueError: it is none."""
    good = isinstance(value, dict) and value.get("schema_version") == 1 \
        and re.fullmatch("[0-9a-f]{32}", str(value.get("ledger"))) \
        and re.fullmatch("[0-9a-f]{64}", str(value.get("chain"))) \
        and type(value.get("seq")) is int and value["seq"] >= 1
    if not good:
        raise ValueError("is no receipt")
    return value


def check_receipt(found, db, receipt, subject):
    name, = db.execute("SELECT value FROM _meta WHERE key = 'ledger'").fetchone() or (None,)
    last, = db.execute("SELECT ifnull(max(seq), 0) FROM _event").fetchone()
    row = db.execute("SELECT chain FROM _event WHERE seq = ?", (receipt["seq"],)).fetchone()
    when = receipt.get("at", "then")
    if receipt["ledger"] != name:
        found.add("receipt", subject, None, f"is of another ledger ({receipt['ledger']}; this one's name"
                                            f" in _meta is {name})")
    elif row is None:
        found.add("receipt", subject, None,
                  f"history ends at event {last}, but reached {receipt['seq']} at {when}: it was cut"
                  " off, or ledger.db was copied or put back without its log (ledger.db-wal)")
    elif row[0].hex() != receipt["chain"]:
        found.add("receipt", subject, None, f"history up to event {receipt['seq']} is not what it was at"
                                            f" {when}: it was rewritten")


# ---- sessions


def check_sessions(found, db):
    for number, digest, *values in db.execute(
            "SELECT session.id, session.digest, started_us, run.name, host, user, pid, program, arguments,"
            " git_commit, git_dirty, git_diff, libraries FROM _session AS session"
            " LEFT JOIN _run AS run ON run.id = session.run"):
        if hashlib.sha256(fields(*values)).digest() != digest:
            found.add("content", "_session", number, "what it says of the program that trained does not"
                                                     " hash to its digest")


# ---- metrics


def check_metrics(found, db):
    names = dict(db.execute("SELECT id, name FROM _metric_name"))
    runs = dict(db.execute("SELECT id, name FROM _run"))
    hashes = dict(db.execute("SELECT id, hash FROM _experiment"))
    series, begun = {}, {}
    width = struct.pack(">Q", 8)
    for run, name, step, experiment, value, at in db.execute(
            "SELECT run, name, step, experiment, value, at_us FROM _metric"):
        key = run, name, experiment
        if key not in series:
            begun[key] = hashlib.sha256(fields(runs[run], names[name], hashes[experiment]))
            series[key] = [0, step, step, 0]
        bits = bytes(8) if value is None or math.isnan(value) else width + struct.pack(">d", value)
        running, line = begun[key].copy(), series[key]
        running.update(width + struct.pack(">q", step) + bits + width + struct.pack(">q", at))
        line[0] += 1
        line[1], line[2] = min(line[1], step), max(line[2], step)
        line[3] += int.from_bytes(running.digest()[:16], "big")
    compare(found, db, "_metric_series", [
        {"run": run, "name": name, "experiment": experiment, "value_count": count, "first_step": first,
         "last_step": last} for (run, name, experiment), (count, first, last, _) in series.items()])
    for *key, digest in db.execute("SELECT run, name, experiment, digest FROM _metric_series"):
        total = series[tuple(key)][3] % 2 ** 128 if tuple(key) in series else 0
        if digest != total.to_bytes(16, "big"):
            found.add("content", "_metric_series", key, "its digest is not the sum of its values: a row"
                      " of _metric, or a name in _metric_name, was changed, added or taken away")


CHECKS = (check_chain, check_sessions, check_metrics)
