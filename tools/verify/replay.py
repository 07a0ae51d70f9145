"""What the events say about runs, dumps, checkpoints, sessions and ignored paths; and whether the tables
that follow from it say the same."""
import re

from .derived import compare
from .findings import DAMAGE, read_object
from .history import LAST_STEP, events_of
from .schema import TABLES, version_of

# What a kind of event does to the head of its run: it moves it, leaves it, or is about another state.
MOVES = {"update", "discard", "restore", "tag", "untag", "switch", "run"}
STANDS = {"resume", "train", "end", "ignore", "unignore", "name", "note", "merge", "import", "repair"}
ASIDE = {"dump", "checkpoint", "remove", "missing"}
SAYS_ORIGIN = {"switch", "run", "resume", "train"}
FILES = (("model", "model", "architecture.pkl"), ("config", "hp", "config.yaml"),
         ("data", "data", "data_state.yaml"))


class Replay:
    """Goes over the events once, in order."""

    def __init__(self, found, db):
        self.found, self.db = found, db
        self.experiments = {row[0]: dict(zip(("hash", "model", "config", "data"), row[1:]))
                            for row in db.execute("SELECT id, hash, model, config, data FROM _experiment")}
        self.data = {number: row["data"] for number, row in self.experiments.items()}
        self.edges = {row[0]: row[1:] for row in db.execute(
            "SELECT id, from_state, to_state FROM _data_edge")}
        self.names = dict(db.execute("SELECT id, name FROM _run"))
        self.runs, self.dumped, self.came_from, self.first_config = {}, {}, {}, {}
        self.numbers = {row["hash"]: number for number, row in self.experiments.items()}
        self.ignored, self.sessions, self.labels, self.aliases = [], {}, [], {}
        self.files, self.models_dumped = {}, {}
        self.checkpoints, self.present, self.saved = [], {}, {}
        self.architectures, self.architecture_known, self.given = {}, set(), set()
        self.gave_unsaid = False  # events of version 1 do not say which architecture was given
        for event in events_of(db):
            try:
                self.take(event)
            except DAMAGE as error:
                self.complain(event, f"says what cannot be read: {type(error).__name__} {error}")

    def complain(self, event, message):
        self.found.add("chain", "_event", event["seq"], message)

    # ---- one event

    def take(self, event):
        kind = event["kind"]
        detail = read_object(event["detail"]) if event["detail"] is not None else {}
        if kind not in MOVES | STANDS | ASIDE or event["run"] not in self.names:
            self.complain(event, "is of a kind or of a run that there is not")
            return
        new = event["run"] not in self.runs
        run = self.runs.setdefault(event["run"], {
            "head": None, "config": None, "baseline": None, "from_checkpoint": None, "first_step": None,
            "origin": "unknown", "open": False})
        elsewhere = "elsewhere" in detail  # it came with a merge, and is about another tree
        if not elsewhere:
            self.check_head(run, event)
        self.check_samples(event)
        if event["config"] is not None:
            self.first_config.setdefault(event["config"], event["seq"])
        self.take_architecture(event, detail)
        if new and kind in MOVES and event["chain_version"] != 1 and not self.checkpoints:
            run["origin"] = "start"
        if kind in MOVES:
            run["head"], run["config"] = event["experiment"], event["config"]
        if kind in ("switch", "run"):
            run["baseline"] = self.dumped_ancestor(event["experiment"])
        if kind != "switch" and event["from_experiment"] not in (None, event["experiment"]):
            self.came_from.setdefault(event["experiment"], {})[event["from_experiment"]] = True
        if kind in SAYS_ORIGIN:
            run["open"] = event["chain_version"] == 1
            if not run["open"]:
                self.read_origin(run, detail)
        if kind == "checkpoint":
            self.take_checkpoint(run, event, detail)
        elif not elsewhere:
            self.take_effect(run, event, detail)

    def check_head(self, run, event):
        follows = (event["from_experiment"], event["from_config"]) == (run["head"], run["config"])
        stands = (event["from_experiment"], event["from_config"]) == (event["experiment"], event["config"])
        if event["kind"] not in ASIDE and not follows:
            self.complain(event, "does not begin where its run stood")
        if event["kind"] not in MOVES and not stands:
            self.complain(event, "moves the head, which its kind does not")

    def check_samples(self, event):
        """How the samples changed: an edge, in one of its directions, or a state that begins or ends."""
        before = self.data[event["from_experiment"]] if event["from_experiment"] else None
        after = self.data[event["experiment"]] if event["experiment"] else None
        way = (after, before) if event["reversed"] else (before, after)
        if event["edge"] is not None:
            good = event["begins"] is None and before != after and self.edges[event["edge"]] == way
        elif event["begins"] is not None:
            good = way == (None, event["begins"])
        else:
            good = before == after and not event["reversed"]
        if not good:
            self.complain(event, "does not say how the samples changed (edge, begins, reversed)")

    def take_architecture(self, event, detail):
        """The bytes to save as architecture.pkl: those given with the model, or later, as long as it
        was not dumped."""
        model = self.experiments[event["experiment"]]["model"] if event["experiment"] else None
        given = detail.get("architecture")
        if given is not None:
            self.given.add(given)
        elif event["chain_version"] == 1 and event["kind"] == "update":
            self.gave_unsaid = True
        if model is None:
            return
        if model not in self.architectures:
            self.architectures[model] = given and bytes.fromhex(given)
            if event["chain_version"] != 1:
                self.architecture_known.add(model)
        elif given and self.architectures[model] is None and model in self.architecture_known \
                and not self.models_dumped.get(model):
            self.architectures[model] = bytes.fromhex(given)

    def read_origin(self, out, detail):
        out["origin"], out["first_step"] = detail["origin"], detail["first_step"]
        event = detail["from_checkpoint"]
        out["from_checkpoint"] = self.saved[event] if event is not None else None

    def dumped_ancestor(self, experiment):
        """Itself, or the nearest that it came from, generation by generation."""
        queue, seen = [experiment], {experiment}
        for at in queue:
            if at in self.dumped:
                return at
            for before in self.came_from.get(at, ()):
                if before not in seen:
                    seen.add(before)
                    queue.append(before)
        return None

    def take_effect(self, run, event, detail):
        kind, seq = event["kind"], event["seq"]
        if kind == "dump":
            run["baseline"] = event["experiment"]
            self.dumped.setdefault(event["experiment"], seq)
            self.take_dump(event, detail)
        elif kind in ("remove", "missing"):
            self.take_away(event, detail)
        elif kind == "ignore":
            self.ignored.append({"path": detail["path"], "from_event": seq, "to_event": None})
        elif kind == "unignore":
            next(row for row in reversed(self.ignored) if row["path"] == detail["path"]
                 and row["to_event"] is None)["to_event"] = seq
        elif kind in ("name", "note"):
            self.take_label(event, detail)
        elif kind in ("merge", "import"):
            self.take_aliases(event, detail.get("aliases", {}))
        elif kind == "end":
            self.sessions[event["session"]] = (event["at_us"], detail["outcome"])

    def take_label(self, event, detail):
        """The state by its hash: what the event has in its columns is the head."""
        text = detail[event["kind"]]
        if detail["experiment"] not in self.numbers or not isinstance(text, (str, type(None))):
            self.complain(event, "names a state that there is not, or gives it what is no text")
            return
        self.labels.append({"event": event["seq"], "kind": event["kind"],
                            "experiment": self.numbers[detail["experiment"]], "text": text})

    def take_aliases(self, event, aliases):
        for there, here in aliases.items():
            if here not in self.numbers:
                self.complain(event, "says what a state is called elsewhere that is not here")
                continue
            key = there, self.numbers[here]
            self.aliases.setdefault(key, {"hash": there, "experiment": key[1], "event": event["seq"]})

    # ---- files

    def take_dump(self, event, detail):
        if "files" in detail or event["chain_version"] != 1:
            rows = [{"path": file["path"], "size": file["size"], "sha256": bytes.fromhex(file["sha256"]),
                     "config": event["config"] if file["path"].endswith("_config.yaml") else None}
                    for file in detail["files"]]
        else:  # version 1 does not name them: what stands under it is taken as it is
            rows = [dict(zip(("path", "size", "sha256", "config"), row)) for row in self.db.execute(
                "SELECT path, size, sha256, config FROM _file WHERE event = ?", (event["seq"],))]
        for row in rows:
            self.put_file(event, row)

    def put_file(self, event, row):
        experiment = self.experiments[event["experiment"]]
        name = experiment["hash"]
        part = next((part for part, folder, end in FILES
                     if row["path"] == f"checkpoints/{name}/{folder}/{name}_{end}"), None)
        if part is None or experiment[part] is None:
            self.complain(event, f"dumped '{row['path']}', which is no file of its experiment")
            return
        row |= {"experiment": event["experiment"], "component": experiment[part], "event": event["seq"]}
        self.files[row["path"]] = row
        if part == "model":
            self.models_dumped.setdefault(experiment[part], {})[row["path"]] = True

    def take_checkpoint(self, run, event, detail):
        row = {"id": len(self.checkpoints) + 1, "event": event["seq"], "run": event["run"],
               "experiment": event["experiment"], "step": event["step"], "state": "present",
               "removed": None}
        if "files" in detail or event["chain_version"] != 1:
            file, = detail["files"]
            row |= {"path": file["path"], "size": file["size"], "sha256": bytes.fromhex(file["sha256"]),
                    "note": detail["note"], "pending": detail["pending"]}
            self.read_origin(row, detail)
        else:
            names = ("path", "size", "sha256", "note", "pending", "origin", "from_checkpoint", "first_step")
            values = self.db.execute(f"SELECT {', '.join(names)} FROM _checkpoint WHERE event = ?",
                                     (event["seq"],)).fetchone()
            row |= dict(zip(names, values))
        if "elsewhere" in detail:
            row |= {"state": "removed", "removed": event["seq"]}
        else:
            self.put_weights(event, row)
        self.checkpoints.append(row)
        self.saved[event["seq"]] = row["id"]
        run |= {"from_checkpoint": row["id"], "origin": "checkpoint", "open": False,
                "first_step": min(event["step"] + 1, LAST_STEP)}

    def put_weights(self, event, row):
        name = re.escape(self.experiments[event["experiment"]]["hash"])
        if not re.fullmatch(rf"checkpoints/{name}/model/{name}_step_{event['step']:06}"
                            r"(\.[A-Za-z0-9._-]{1,64})?\.pt", row["path"]):
            self.complain(event, f"saved '{row['path']}', which is no name of its weights")
        if row["path"] in self.present:
            self.present[row["path"]]["state"] = "replaced"
        self.present[row["path"]] = row

    def take_away(self, event, detail):
        path = detail["path"]
        weights, file = self.present.pop(path, None), self.files.pop(path, None)
        if weights is not None:
            weights |= {"state": "removed", "removed": event["seq"]}
        gone = weights or file
        if gone is None:
            self.complain(event, f"took '{path}' away, which was not there")
        elif (gone["size"], gone["sha256"].hex()) != (detail["size"], detail["sha256"]):
            self.complain(event, f"took another '{path}' away than was there")
        if file is not None:
            self.models_dumped.get(file["component"], {}).pop(path, None)

    # ---- for others

    def ignored_at(self, seq):
        """The pointers that were left out of what an event records."""
        return {row["path"] for row in self.ignored
                if row["from_event"] < seq and (row["to_event"] is None or row["to_event"] > seq)}


def check_tables(found, db, replay):
    compare(found, db, "_run", [run_row(number, replay) for number in replay.runs])
    compare(found, db, "_ignored_path", replay.ignored)
    for table, rows in (("_label", replay.labels), ("_alias", list(replay.aliases.values()))):
        if table in TABLES[version_of(db)]:
            compare(found, db, table, rows)
        elif rows:
            found.add("chain", "_event", rows[0]["event"], "is of a kind that this version has not")
    compare(found, db, "_file", replay.files.values())
    compare(found, db, "_checkpoint", replay.checkpoints)
    ended = {number: replay.sessions.get(number, (None, None))
             for number, in db.execute("SELECT id FROM _session")}
    compare(found, db, "_session", [{"id": number, "ended_us": at, "outcome": outcome}
                                    for number, (at, outcome) in ended.items()])
    segments = {None: "00000000", **dict(db.execute("SELECT id, segment FROM _component"))}
    kinds = dict(db.execute("SELECT id, kind FROM _component"))
    compare(found, db, "_experiment", [
        {"id": number, "hash": "".join(segments.get(row[part], "?") for part in ("model", "config", "data")),
         "dumped": replay.dumped.get(number)} for number, row in replay.experiments.items()])
    for number, row in replay.experiments.items():
        if any(row[part] is not None and kinds.get(row[part]) != part
               for part in ("model", "config", "data")):
            found.add("content", "_experiment", number, "names a component of another kind")


def run_row(number, replay):
    run = replay.runs[number]
    row = {"id": number, "name": replay.names[number], "head": run["head"], "head_config": run["config"],
           "baseline": run["baseline"]}
    if not run["open"]:
        row |= {name: run[name] for name in ("from_checkpoint", "first_step", "origin")}
    return row
