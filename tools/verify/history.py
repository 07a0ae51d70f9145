"""Events and what follows from them: the chain, runs, sessions, checkpoints, files, metrics."""
import json
import math
import struct

from .texts import Fields

MOVES = ("update", "discard", "restore", "tag", "untag", "switch", "run", "resume")
LAST_STEP = 2 ** 63 - 1
NOTHING = (None, None, "unknown")


def next_step(step):
    return step + 1 if step < LAST_STEP else step


def check_meta(found, db):
    keys = dict(db.execute("SELECT key, value FROM _meta"))
    if set(keys) != {"ledger", "views"} or len(keys.get("ledger", "")) != 32:
        found.add("_meta", None, f"has the keys {sorted(keys)}")
    elif not keys["views"].isdigit() or int(keys["views"]) != 2:
        found.add("_meta", "views", f"says {keys['views']}, which is no version of the views")


# ---- sessions


def check_sessions(found, db):
    ends = {row: (at, json.loads(detail)["outcome"]) for row, at, detail in db.execute(
        "SELECT session, at_us, detail FROM _event WHERE kind = 'end'")}
    for row in db.execute(
            "SELECT id, ended_us, outcome, digest, started_us, (SELECT name FROM _run WHERE _run.id = run),"
            " host, user, pid, program, arguments, git_commit, git_dirty, git_diff, libraries"
            " FROM _session"):
        number, ended, outcome, digest, *fields = row
        running = Fields()
        for value in fields:
            running.add(value)
        if running.digest() != digest:
            found.add("_session", number, "is not what its digest is of")
        if ends.get(number, (None, None)) != (ended, outcome):
            found.add("_session", number, f"ended {outcome} at {ended}, but its event says"
                                          f" {ends.get(number)}")
    for row, in db.execute("SELECT id FROM _session EXCEPT SELECT session FROM _event"):
        found.add("_session", row, "nothing names it")


# ---- the chain


class Chain:
    """The chain of events, version 2 (and 1, from before)."""

    def __init__(self, db):
        self.components = dict(db.execute("SELECT id, digest FROM _component"))
        self.experiments = {row[0]: row[1:] for row in db.execute(
            "SELECT id, hash, model, config, data FROM _experiment")}
        self.configs = dict(db.execute("SELECT id, digest FROM _config"))
        self.edges = dict(db.execute("SELECT id, digest FROM _data_edge"))
        self.runs = dict(db.execute("SELECT id, name FROM _run"))
        self.sessions = dict(db.execute("SELECT id, digest FROM _session"))
        self.name, = db.execute("SELECT value FROM _meta WHERE key = 'ledger'").fetchone()
        self.files = old_files(db)

    def add_experiment(self, fields, row):
        name, *components = self.experiments[row] if row else ("", None, None, None)
        fields.add(name)
        for component in components:
            fields.add(self.components[component] if component else None)

    def digest(self, before, event):
        version = event["chain_version"]
        fields = Fields()
        fields.add(before)
        fields.add(version)
        if version >= 2:
            fields.add(self.name)
        for value in (event["seq"], event["op"], event["at_us"], self.runs[event["run"]]):
            fields.add(value)
        if version >= 2:
            fields.add(self.sessions[event["session"]] if event["session"] else None)
        fields.add(event["kind"])
        self.add_experiment(fields, event["experiment"])
        self.add_experiment(fields, event["from_experiment"])
        fields.add(self.configs[event["config"]] if event["config"] else None)
        if version >= 2:
            fields.add(self.configs[event["from_config"]] if event["from_config"] else None)
        fields.add(self.edges[event["edge"]] if event["edge"] else None)
        fields.add(event["reversed"])
        fields.add(self.components[event["begins"]] if event["begins"] else None)
        for name in ("step", "actor", "reason", "detail"):
            fields.add(event[name])
        for digest in self.files.get(event["seq"], []) if version < 2 else []:
            fields.add(digest)
        return fields.digest()


def old_files(db):
    """Of events of version 1: the files that they put into the tree."""
    files = {}
    for event, digest in db.execute(
            "SELECT event, sha256 FROM _file ORDER BY event, CASE WHEN path LIKE '%.pkl' THEN 0"
            " WHEN path LIKE '%_config.yaml' THEN 1 ELSE 2 END"):
        files.setdefault(event, []).append(digest)
    for event, digest in db.execute("SELECT event, sha256 FROM _checkpoint"):
        files.setdefault(event, []).append(digest)
    return files


def events_of(db):
    cursor = db.execute("SELECT * FROM _event ORDER BY seq")
    names = [column[0] for column in cursor.description]
    for row in cursor:
        yield dict(zip(names, row))


def check_chain(found, db):
    chain, before = Chain(db), bytes(32)
    for number, event in enumerate(events_of(db), 1):
        if event["seq"] != number:
            found.add("_event", event["seq"], f"is the event number {number}: others are missing")
            return
        if event["at_us"] % 1000:
            found.add("_event", number, "was not at a whole millisecond")
        if chain.digest(before, event) != event["chain"]:
            replaced = event["chain_version"] < 2 and event["kind"] == "dump"
            if not replaced:
                found.add("_event", number, "it, or what it names, is not what its chain is of")
        before = event["chain"]


def check_receipt(found, db, receipt):
    name, = db.execute("SELECT value FROM _meta WHERE key = 'ledger'").fetchone()
    last, = db.execute("SELECT ifnull(max(seq), 0) FROM _event").fetchone()
    if receipt["ledger"] != name:
        found.add("receipt", None, f"is of the ledger {receipt['ledger']}, not of {name}")
    elif last < receipt["seq"]:
        found.add("receipt", None, f"history ended at event {receipt['seq']} or later, and ends at"
                                   f" {last} now: it was cut off, or ledger.db was copied without its log")
    elif receipt["seq"] > 0:
        chain, = db.execute("SELECT chain FROM _event WHERE seq = ?", (receipt["seq"],)).fetchone()
        if chain.hex() != receipt["chain"]:
            found.add("receipt", None, f"history up to event {receipt['seq']} was rewritten since")


# ---- runs: a replay


class Replay:
    """What the events make of runs, dumps and what is ignored."""

    def __init__(self, db):
        self.data = dict(db.execute("SELECT id, data FROM _experiment"))
        self.saved = {event: row for row, event in db.execute("SELECT id, event FROM _checkpoint")}
        self.runs, self.dumped, self.came_from, self.ignored = {}, {}, {}, []
        self.any_checkpoint = False
        self.files, self.removed = {}, {}
        for event in events_of(db):
            self.take(event)

    def take(self, event):
        fresh = {"head": None, "config": None, "baseline": None, "weights": NOTHING, "known": True}
        if event["run"] not in self.runs and not self.any_checkpoint \
                and "ignore" not in event["kind"]:
            fresh["weights"] = (None, None, "start")
        run = self.runs.setdefault(event["run"], fresh)
        detail = json.loads(event["detail"]) if event["detail"] else {}
        kind, head = event["kind"], event["experiment"]
        if kind in MOVES:
            run["head"], run["config"] = head, event["config"]
        if kind in ("switch", "run"):
            run["baseline"] = self.dumped_ancestor(head)
        if event["from_experiment"] and head != event["from_experiment"] and kind != "switch":
            self.came_from.setdefault(head, []).append(event["from_experiment"])
        self.take_weights(run, event, detail)
        if kind == "dump":
            run["baseline"] = head
            self.dumped.setdefault(head, event["seq"])
        for file in detail.get("files", []) if kind == "dump" else []:
            self.files[file["path"]] = (event["seq"], file["size"], file["sha256"])
        if kind == "missing":
            self.files.pop(detail["path"], None)
        if kind in ("remove", "missing"):
            self.removed[detail["path"]] = event["seq"]
        if kind == "ignore":
            self.ignored.append([detail["path"], event["seq"], None])
        if kind == "unignore":
            next(row for row in self.ignored if row[0] == detail["path"] and row[2] is None)[2] = \
                event["seq"]

    def take_weights(self, run, event, detail):
        """Where weights come from after the event."""
        kind = event["kind"]
        if event["chain_version"] < 2:
            run["known"] = False
        if kind == "checkpoint":
            self.any_checkpoint = True
            run["weights"] = (self.saved.get(event["seq"]), next_step(event["step"]), "checkpoint")
            run["known"] = True
        elif "origin" in detail:
            run["weights"] = (self.saved.get(detail["from_checkpoint"]), detail["first_step"],
                              detail["origin"])
            run["known"] = True

    def dumped_ancestor(self, experiment):
        queue, seen = [experiment], {experiment}
        for at in queue:
            if at in self.dumped:
                return at
            for before in self.came_from.get(at, []):
                if before not in seen:
                    seen.add(before)
                    queue.append(before)
        return None


def check_runs(found, db):
    replay = Replay(db)
    for row, head, config, baseline, *weights in db.execute(
            "SELECT id, head, head_config, baseline, from_checkpoint, first_step, origin FROM _run"):
        wanted = replay.runs.get(row)
        if wanted is None:
            found.add("_run", row, "no event names it")
        elif (head, config, baseline) != (wanted["head"], wanted["config"], wanted["baseline"]):
            found.add("_run", row, f"stands at {(head, config, baseline)}, but its events lead to"
                                   f" {(wanted['head'], wanted['config'], wanted['baseline'])}")
        elif wanted["known"] and tuple(weights) != wanted["weights"]:
            found.add("_run", row, f"its weights come from {weights}, but its events say"
                                   f" {wanted['weights']}")
        else:
            check_samples(found, db, row, head)
    for row, dumped in db.execute("SELECT id, dumped FROM _experiment"):
        if replay.dumped.get(row) != dumped:
            found.add("_experiment", row, f"was dumped by {dumped}, but its events say"
                                          f" {replay.dumped.get(row)}")
    stored = sorted(db.execute("SELECT path, from_event, to_event FROM _ignored_path"))
    if stored != sorted(map(tuple, replay.ignored)):
        found.add("_ignored_path", None, f"says {stored}, but the events say {replay.ignored}")
    check_files(found, db, replay)
    check_checkpoints(found, db, replay)


def check_samples(found, db, run, head):
    """What the head differs in from the root of its data state."""
    wanted = {}
    state, = db.execute("SELECT data FROM _experiment WHERE id = ?", (head,)).fetchone() or (None,)
    passed = set()
    while state is not None:
        if state in passed:
            raise ValueError(f"_data_state: {state} hangs on itself")
        passed.add(state)
        edge, base = db.execute("SELECT edge, base FROM _data_state WHERE component = ?",
                                (state,)).fetchone()
        start, end = db.execute("SELECT from_state, to_state FROM _data_edge WHERE id = ?",
                                (edge,)).fetchone()
        side = "new" if end == state else "old"
        rows = db.execute(f"SELECT sample, {side}_discarded, {side}_tagset FROM _edge_change"
                          " WHERE edge = ?", (edge,))
        if base is None:
            first = {sample: rest for sample, *rest in rows}
            wanted = {sample: rest for sample, rest in wanted.items()
                      if first.get(sample, [None, None]) != rest}
        else:
            for sample, *rest in rows:
                wanted.setdefault(sample, rest)
        state = base
    stored = {sample: rest for sample, *rest in db.execute(
        "SELECT sample, discarded, tagset FROM _run_sample WHERE run = ?", (run,))}
    if stored != wanted:
        found.add("_run_sample", f"of run {run}", "is not what the head's data state says")


def check_moves(found, db):
    """Each event goes on from where its run stood, by the edge between the two data states."""
    data = {None: None, **dict(db.execute("SELECT id, data FROM _experiment"))}
    edges = {row[0]: row[1:] for row in db.execute("SELECT id, from_state, to_state FROM _data_edge")}
    heads = {}
    for event in events_of(db):
        moves = event["experiment"] != event["from_experiment"]
        if moves and heads.get(event["run"]) != event["from_experiment"]:
            found.add("_event", event["seq"], "does not go on from where its run stood")
        if moves:
            heads[event["run"]] = event["experiment"]
        before, after = data[event["from_experiment"]], data[event["experiment"]]
        way = (after, before) if event["reversed"] else (before, after)
        if event["edge"] is not None and edges.get(event["edge"]) != way:
            found.add("_event", event["seq"], "its edge leads between other data states")
        if event["begins"] is not None and event["begins"] != (before if event["reversed"] else after):
            found.add("_event", event["seq"], "begins with another data state")
        if before != after and event["edge"] is None and event["begins"] is None:
            found.add("_event", event["seq"], "does not say how the samples changed")


def check_experiments(found, db):
    segments = dict(db.execute("SELECT id, segment FROM _component"))
    kinds = dict(db.execute("SELECT id, kind FROM _component"))
    for row, name, *parts in db.execute("SELECT id, hash, model, config, data FROM _experiment"):
        if "".join(segments[part] if part else "00000000" for part in parts) != name:
            found.add("_experiment", row, f"{name} is not made of its components' segments")
        if any(part and kinds[part] != kind for part, kind in zip(parts, ("model", "config", "data"))):
            found.add("_experiment", row, "names a component of another kind")
    for row, in db.execute("SELECT id FROM _experiment EXCEPT SELECT experiment FROM _event"):
        found.add("_experiment", row, "no event leads to it")


# ---- files and checkpoints


def check_files(found, db, replay):
    parts = {row[0]: row[1:] for row in db.execute("SELECT id, hash, model, config, data FROM _experiment")}
    versions = dict(db.execute("SELECT seq, chain_version FROM _event"))
    configs = dict(db.execute("SELECT seq, config FROM _event"))
    stored = {}
    for path, experiment, component, config, size, digest, event in db.execute(
            "SELECT path, experiment, component, config, size, sha256, event FROM _file"):
        stored[path] = (event, size, digest.hex())
        name, *components = parts[experiment]
        which = 0 if path.endswith("_architecture.pkl") else 1 if path.endswith("_config.yaml") else 2
        folder, end = (("model", "architecture.pkl"), ("hp", "config.yaml"),
                       ("data", "data_state.yaml"))[which]
        if path != f"checkpoints/{name}/{folder}/{name}_{end}" or component != components[which] \
                or config != (configs.get(event) if which == 1 else None):
            found.add("_file", path, "is not the file of its experiment and component")
        if versions.get(event) == 2 and replay.files.get(path) != stored[path]:
            found.add("_file", path, "is not what its event says")
    for path in sorted(replay.files.keys() - stored.keys()):
        found.add("_file", path, "was dumped, but has no row")


def check_checkpoints(found, db, replay):
    rows = db.execute(
        "SELECT saved.id, saved.event, saved.run, saved.experiment, saved.step, saved.path, saved.size,"
        " saved.sha256, saved.state, saved.note, saved.from_checkpoint, saved.first_step, saved.pending,"
        " saved.origin, saved.removed, event.run, event.experiment, event.step, event.kind,"
        " event.detail, event.chain_version"
        " FROM _checkpoint AS saved LEFT JOIN _event AS event ON event.seq = saved.event"
        " ORDER BY saved.id").fetchall()
    events = dict(db.execute("SELECT id, event FROM _checkpoint"))
    newest = {row[5]: row[0] for row in rows}
    for row in rows:
        number, (_, run, experiment, step) = row[0], row[1:5]
        if (run, experiment, step) != row[15:18] or row[18] != "checkpoint":
            found.add("_checkpoint", number, "is not of its event's run, experiment and step")
            continue
        removed = replay.removed.get(row[5])
        state = "replaced" if newest[row[5]] != number else \
            "removed" if removed is not None and removed > row[1] else "present"
        taken = row[14] is not None and row[8] == "removed"
        if not taken and (row[8] != state or row[14] != (removed if state == "removed" else None)):
            found.add("_checkpoint", number, f"is {row[8]}, but the events say {state}")
        elif taken and row[14] not in set(replay.removed.values()) | removals(db):
            found.add("_checkpoint", number, "was not removed by the event that it names")
        if row[20] == 2 and saved_by(json.loads(row[19])) != (
                row[5], row[6], row[7].hex(), row[13], events.get(row[10]), row[11], row[12], row[9]):
            found.add("_checkpoint", number, "is not what its event says")


def removals(db):
    return {seq for seq, in db.execute("SELECT seq FROM _event WHERE kind IN ('remove', 'missing')")}


def saved_by(detail):
    file, = detail["files"]
    return (file["path"], file["size"], file["sha256"], detail["origin"], detail["from_checkpoint"],
            detail["first_step"], detail["pending"], detail["note"])


# ---- metrics


def check_metrics(found, db):
    names = dict(db.execute("SELECT id, name FROM _metric_name"))
    runs = dict(db.execute("SELECT id, name FROM _run"))
    hashes = dict(db.execute("SELECT id, hash FROM _experiment"))
    series = {}
    for run, name, step, experiment, value, at in db.execute(
            "SELECT run, name, step, experiment, value, at_us FROM _metric"):
        fields = Fields()
        bits = None if value is None or math.isnan(value) else struct.pack(">d", value)
        for each in (runs[run], names[name], hashes[experiment], step, bits, at):
            fields.add(each)
        line = series.setdefault((run, name, experiment), [0, step, step, 0])
        line[0] += 1
        line[1], line[2] = min(line[1], step), max(line[2], step)
        line[3] = (line[3] + int.from_bytes(fields.digest()[:16], "big")) % 2 ** 128
    stored = {row[:3]: [*row[3:6], int.from_bytes(row[6] or b"", "big")] for row in db.execute(
        "SELECT run, name, experiment, value_count, first_step, last_step, digest FROM _metric_series")}
    for key in sorted(series.keys() | stored.keys()):
        if series.get(key) != stored.get(key):
            found.add("_metric_series", key, "its values (_metric) are not what its digest is of")
    for row in sorted(names.keys() - {key[1] for key in series}):
        found.add("_metric_name", row, "no metric has it")


def check_intents(found, db):
    for op, detail in db.execute("SELECT op, detail FROM _intent"):
        found.add("_intent", op, f"work that was not finished, unless its process lives: {detail[:80]}")


CHECKS = (check_meta, check_sessions, check_chain, check_experiments, check_moves, check_runs,
          check_metrics, check_intents)
