"""Components and what they are made of: configurations, models, data states."""
import json

from .texts import (Fields, as_bytes, config_text, data_record, leaves, model_entries, model_text,
                    sha256, split_tags, tags_text, without)


def check_components(found, db):
    """Segments: the first free window of the digest, in the order of recording."""
    taken = set()
    for row, kind, digest, segment, shift in db.execute(
            "SELECT id, kind, digest, segment, shift FROM _component ORDER BY id"):
        windows = [(offset, digest.hex()[offset:offset + 8]) for offset in range(0, 64, 8)]
        free = next(((offset, window) for offset, window in windows
                     if (kind, window) not in taken and window != "00000000"), None)
        if free != (shift, segment):
            found.add("_component", row, f"has the segment {segment} at {shift}, not {free}")
        taken.add((kind, segment))


def check_configs(found, db):
    digests = dict(db.execute("SELECT id, digest FROM _component WHERE kind = 'config'"))
    for row, component, digest, content in db.execute(
            "SELECT id, component, digest, content FROM _config"):
        value = json.loads(content)
        if config_text(value) != content or sha256(as_bytes(content)) != digest:
            found.add("_config", row, "its content is not what its digest is of")
            continue
        rows = {path: rest for path, *rest in db.execute(
            "SELECT path, type, value, number, ignored FROM _config_leaf WHERE config = ?", (row,))}
        check_leaves(found, row, value, rows)
        ignored = outermost(db, row, value, rows)
        if sha256(as_bytes(config_text(without(value, ignored)))) != digests.get(component):
            found.add("_config", row, "what counts of it is not what its component's digest is of")


def check_leaves(found, row, value, rows):
    wanted = {path: rest for path, *rest in leaves(value)}
    for path in sorted(wanted.keys() ^ rows.keys()):
        found.add("_config_leaf", f"{row} {path}", "is not a value of its configuration, or missing")
    for path in sorted(wanted.keys() & rows.keys()):
        *stored, _ = rows[path]
        if stored != wanted[path] or type(stored[2]) is not type(wanted[path][2]):
            if not same_number(stored, wanted[path]):
                found.add("_config_leaf", f"{row} {path}", "says something else than its content")


def same_number(stored, wanted):
    """SQLite keeps a real that is whole as an integer in a NUMERIC column."""
    return stored[:2] == wanted[:2] and wanted[2] is not None and stored[2] == wanted[2]


def outermost(db, row, value, rows):
    """The pointers that are left out: those ignored when the configuration was recorded."""
    ignored = {path for path, rest in rows.items() if rest[3]}
    event, = db.execute("SELECT min(seq) FROM _event WHERE config = ?", (row,)).fetchone()
    pointers = [path for path, in db.execute(
        "SELECT path FROM _ignored_path WHERE from_event < :event"
        " AND (to_event IS NULL OR to_event > :event)", {"event": event or 0})]
    used = [pointer for pointer in pointers if any(
        path == pointer or path.startswith(pointer + "/") for path, *_ in leaves(value))]
    covered = {path for path in rows if any(
        path == pointer or path.startswith(pointer + "/") for pointer in used)}
    if covered != ignored:
        raise ValueError(f"_config_leaf: configuration {row} leaves out {sorted(ignored)},"
                         f" not {sorted(covered)}")
    return [pointer for pointer in used if not any(
        pointer != other and pointer.startswith(other + "/") for other in used)]


check_configs.table = "_config_leaf"


def check_models(found, db):
    blobs = {row: content for row, content in db.execute("SELECT id, content FROM _blob")}
    for row, digest, content in db.execute("SELECT id, digest, content FROM _blob"):
        if sha256(content) != digest:
            found.add("_blob", row, "its content is not what its digest is of")
    given = first_architectures(db)
    for row, digest, description, opaque, architecture in db.execute(
            "SELECT component, digest, description, opaque, architecture FROM _model"
            " JOIN _component ON id = component"):
        text = model_text(json.loads(description)) if description is not None else blobs[opaque]
        if sha256(text) != digest or (description is not None
                                      and rewritten(description) != description):
            found.add("_model", row, "its description is not what its digest is of")
        wanted = given.get(row)
        if wanted is not None and (sha256(blobs[architecture]).hex() if architecture else "") != wanted:
            found.add("_model", row, "its architecture is not the one that was given")
        check_modules(found, db, row, description, blobs.get(opaque))
    named = {row for row, in db.execute("SELECT opaque FROM _model UNION SELECT architecture FROM _model")}
    for row in sorted(blobs.keys() - named):
        found.add("_blob", row, "nothing names it")


def rewritten(description):
    return json.dumps(json.loads(description))


def first_architectures(db):
    """By model: the architecture that came before its first dump, as the events say."""
    given, dumped = {}, set()
    old = db.execute("SELECT 1 FROM _event WHERE chain_version < 2").fetchone() is not None
    for kind, model, detail in db.execute(
            "SELECT kind, model, detail FROM _event JOIN _experiment ON _experiment.id = experiment"
            " WHERE model IS NOT NULL ORDER BY seq"):
        architecture = json.loads(detail).get("architecture") if detail else None
        if architecture and model not in given and model not in dumped:
            given[model] = architecture
        if kind == "dump":
            dumped.add(model)
    if not old:
        for model, in db.execute("SELECT component FROM _model"):
            given.setdefault(model, "")
    return given


def check_modules(found, db, row, description, opaque):
    if description is not None:
        wanted = model_entries(json.loads(description))
    else:
        wanted = {"(opaque)": f"{len(opaque)} bytes, sha256 {sha256(opaque).hex()}"}
    stored = dict(db.execute("SELECT name, entry FROM _model_module WHERE component = ?", (row,)))
    if stored != wanted:
        found.add("_model_module", row, "does not say what the description says")


# ---- data states


def check_tags(found, db):
    tags = dict(db.execute("SELECT id, tag FROM _tag"))
    members = {}
    for tagset, tag in db.execute("SELECT tagset, tag FROM _tagset_tag"):
        members.setdefault(tagset, set()).add(tags.get(tag))
    sets = dict(db.execute("SELECT id, tags FROM _tagset"))
    for row, text in sets.items():
        if members.get(row, set()) != set(split_tags(text)) or tags_text(split_tags(text)) != text:
            found.add("_tagset_tag", row, "has other tags than the set's text; _tagset, _tag")
    if sets.get(1) != "":
        found.add("_tagset", 1, "is not the empty set")
    for old, new, added, removed in db.execute(
            "SELECT from_tagset, to_tagset, added, removed FROM _tagset_change"):
        before, after = set(split_tags(sets[old])), set(split_tags(sets[new]))
        if sets.get(added) != tags_text(after - before) or sets.get(removed) != tags_text(before - after):
            found.add("_tagset_change", f"{old} {new}", "is not the difference of its sets")
    used = {(old or 1, new or 1) for old, new in db.execute(
        "SELECT DISTINCT old_tagset, new_tagset FROM _edge_change")}
    there = set(db.execute("SELECT from_tagset, to_tagset FROM _tagset_change"))
    for pair in sorted({pair for pair in used if pair[0] != pair[1]} ^ there):
        found.add("_tagset_change", pair, "is missing, or nothing needs it")
    unused = tags.keys() - {tag for tag, in db.execute("SELECT tag FROM _tagset_tag")}
    for row in sorted(unused):
        found.add("_tag", row, "nothing has it")


def check_edges(found, db):
    uids = dict(db.execute("SELECT id, uid FROM _sample"))
    sets = {**dict(db.execute("SELECT id, tags FROM _tagset")), None: ""}
    for row, count, digest in db.execute("SELECT id, change_count, digest FROM _data_edge"):
        fields, number = Fields(), 0
        for sample, old, new, old_set, new_set in db.execute(
                "SELECT sample, old_discarded, new_discarded, old_tagset, new_tagset"
                " FROM _edge_change WHERE edge = ? ORDER BY sample", (row,)):
            number += 1
            for value in (uids[sample], -1 if old is None else old, sets[old_set],
                          -1 if new is None else new, sets[new_set]):
                fields.add(value)
            if (old is None) != (old_set is None) or (new is None) != (new_set is None):
                found.add("_edge_change", f"{row} {sample}", "is half in a state")
        if number != count or fields.digest() != digest:
            found.add("_data_edge", row, "its rows (_edge_change) are not what its digest is of")
    unused = uids.keys() - {row for row, in db.execute("SELECT DISTINCT sample FROM _edge_change")}
    for row in sorted(unused):
        found.add("_sample", row, "no data state has it")


class States:
    """Goes over the tree of data states, holding one of them: from each root down every edge and
    back."""

    def __init__(self, found, db):
        self.found, self.db, self.now = found, db, {}
        self.uids = dict(db.execute("SELECT id, uid FROM _sample"))
        self.order = [row for row, uid in sorted(self.uids.items(), key=lambda item: item[1])]
        self.sets = dict(db.execute("SELECT id, tags FROM _tagset"))
        self.digests = dict(db.execute("SELECT id, digest FROM _component WHERE kind = 'data'"))
        self.rows = {row[0]: row for row in db.execute(
            "SELECT component, edge, base, root, depth, total, discarded, tagged FROM _data_state")}
        self.edges = {row[0]: row[1:] for row in db.execute(
            "SELECT id, from_state, to_state FROM _data_edge")}
        self.children = {}
        for row in self.rows.values():
            self.children.setdefault(row[2], []).append(row[0])

    def apply(self, edge, forward):
        for sample, old, new, old_set, new_set in self.db.execute(
                "SELECT sample, old_discarded, new_discarded, old_tagset, new_tagset"
                " FROM _edge_change WHERE edge = ?", (edge,)):
            before, after = (old, old_set), (new, new_set)
            if not forward:
                before, after = after, before
            if self.now.get(sample, (None, None)) != before:
                self.found.add("_edge_change", f"{edge} {sample}", "does not fit the state before it")
            if after[0] is None:
                self.now.pop(sample, None)
            else:
                self.now[sample] = after

    def look(self, component):
        _, _, _, _, _, total, discarded, tagged = self.rows[component]
        text = "|".join(data_record(self.uids[row], self.now[row][0], self.sets[self.now[row][1]])
                        for row in self.order if row in self.now)
        if sha256(as_bytes(text)) != self.digests.get(component):
            self.found.add("_data_state", component, "its samples are not what its digest is of")
        counts = (len(self.now), sum(state[0] for state in self.now.values()),
                  sum(state[1] != 1 for state in self.now.values()))
        if counts != (total, discarded, tagged):
            self.found.add("_data_state", component, f"counts {(total, discarded, tagged)}, not {counts}")

    def place(self, component, base, root, depth):
        row = self.rows[component]
        if row[2:5] != (base, root, depth):
            self.found.add("_data_state", component, f"hangs at {row[2:5]}, not {(base, root, depth)}")
        start, end = self.edges[row[1]]
        if {start, end} != {base, component}:
            self.found.add("_data_edge", row[1], "leads from or to another state")
        return end == component

    def walk(self):
        work = [("down", root, None, root, 0) for root in self.children.get(None, [])]
        while work:
            step, component, base, root, depth = work.pop()
            forward = self.place(component, base, root, depth) if step == "down" else \
                self.edges[self.rows[component][1]][1] == component
            self.apply(self.rows[component][1], forward == (step == "down"))
            if step == "up":
                continue
            self.look(component)
            work.append(("up", component, base, root, depth))
            work += [("down", child, component, root, depth + 1)
                     for child in self.children.get(component, [])]


def check_states(found, db):
    states = States(found, db)
    states.walk()
    for row in sorted(states.digests.keys() ^ states.rows.keys()):
        found.add("_data_state", row, "is missing, or no component")
    used = {edge for edge, in db.execute("SELECT edge FROM _event WHERE edge IS NOT NULL")}
    used |= {row[1] for row in states.rows.values()}
    for row in sorted(states.edges.keys() - used):
        found.add("_data_edge", row, "nothing names it")


def check_unused(found, db):
    """Rows that only grow with what names them."""
    for table, sql in (
            ("_component", "SELECT id FROM _component EXCEPT SELECT model FROM _experiment"
                           " EXCEPT SELECT config FROM _experiment EXCEPT SELECT data FROM _experiment"),
            ("_config", "SELECT id FROM _config EXCEPT SELECT config FROM _event"),
            ("_model", "SELECT component FROM _model EXCEPT SELECT id FROM _component WHERE kind = 'model'"),
            ("_config_leaf", "SELECT config FROM _config_leaf EXCEPT SELECT id FROM _config"),
            ("_model_module", "SELECT component FROM _model_module EXCEPT SELECT component FROM _model"),
            ("_edge_change", "SELECT edge FROM _edge_change EXCEPT SELECT id FROM _data_edge")):
        for row, in db.execute(sql):
            found.add(table, row, "nothing names it")


CHECKS = (check_components, check_configs, check_models, check_tags, check_edges, check_states,
          check_unused)
