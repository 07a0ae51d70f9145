"""Components and what they are made of: configurations, models, sets of tags."""
import json

from .derived import compare
from .findings import read_object
from .texts import (as_bytes, config_text, is_ignored, leaves, model_entries, model_text, pickled, sha256,
                    split_tags, tags_text, without)


def check_segments(found, db):
    """The first free window of the digest, in the order of recording."""
    taken, expected = set(), []
    for row, kind, digest in db.execute("SELECT id, kind, digest FROM _component ORDER BY id"):
        text = digest.hex()
        shift = next(at for at in range(0, 64, 8)
                     if text[at:at + 8] != "00000000" and (kind, text[at:at + 8]) not in taken)
        taken.add((kind, text[shift:shift + 8]))
        expected.append({"id": row, "segment": text[shift:shift + 8], "shift": shift})
    compare(found, db, "_component", expected)


# ---- configurations


def check_configs(found, db, replay):
    digests = dict(db.execute("SELECT id, digest FROM _component WHERE kind = 'config'"))
    for row, component, digest, content in db.execute(
            "SELECT id, component, digest, content FROM _config"):
        if sha256(as_bytes(content)) != digest:
            found.add("content", "_config", row, "its content does not hash to its digest")
        try:
            value = read_object(content)
        except ValueError as error:
            found.add("content", "_config", row, f"cannot be read: {error}")
            continue
        if config_text(value) != content:
            found.add("content", "_config", row, "is not written as a configuration is")
        pointers = replay.ignored_at(replay.first_config.get(row, 0))
        if sha256(as_bytes(config_text(without(value, pointers)))) != digests.get(component):
            found.add("content", "_config", row,
                      "what counts of its content is not what its _component was recorded for")
        check_leaves(found, db, row, value, pointers)
    for row, in db.execute("SELECT config FROM _config_leaf EXCEPT SELECT id FROM _config"):
        found.add("derived", "_config_leaf", row, "is of a configuration that is not there")


def check_leaves(found, db, row, value, pointers):
    expected = [{"config": row, "path": path, "type": kind, "value": text,
                 "ignored": int(is_ignored(path, pointers)), **number_column(number)}
                for path, kind, text, number in leaves(value)]
    compare(found, db, "_config_leaf", expected, f"WHERE config = {row}")


def number_column(number):
    """Which reals become integers in a column for numbers is SQLite's matter: they are looked at below."""
    return {} if isinstance(number, float) else {"number": number}


def check_reals(found, db):
    for config, path, value, number in db.execute(
            "SELECT config, path, value, number FROM _config_leaf WHERE type = 'real'"):
        if number != float(value):
            found.add("derived", "_config_leaf", (config, path), f"number is {number}, not {value}")


# ---- models


def check_models(found, db, replay):
    blobs, digests = {}, {}
    for row, digest, content in db.execute("SELECT id, digest, content FROM _blob"):
        blobs[row], digests[row] = len(content), digest
        if sha256(content) != digest:
            found.add("content", "_blob", row, "its content does not hash to its digest")
    used = set()
    for row, digest, description, opaque, architecture in db.execute(
            "SELECT component, digest, description, opaque, architecture FROM _model"
            " JOIN _component ON id = component"):
        used |= {opaque, architecture}
        try:
            text, modules, dumped = read_model(found, row, description, blobs, digests, opaque)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            found.add("content", "_model", row, f"cannot be read: {type(error).__name__} {error}")
            continue
        if text != digest:
            found.add("content", "_model", row, "does not hash to the digest of its _component")
        check_architecture(found, row, digests.get(architecture), dumped, replay)
        compare(found, db, "_model_module", [{"component": row, "name": name, "entry": text}
                                             for name, text in modules.items()],
                f"WHERE component = {row}")
    for row in sorted(blobs.keys() - used):
        if digests[row].hex() not in replay.given and not replay.gave_unsaid:
            found.add("unused", "_blob", row, "nothing names it: what did was changed or is gone")


def read_model(found, row, description, sizes, digests, opaque):
    """The digests of a model's canonical text and of the architecture.pkl that follows from it, and
    its modules."""
    if description is None:
        modules = {"(opaque)": f"{sizes[opaque]} bytes, sha256 {digests[opaque].hex()}"}
        return digests[opaque], modules, digests[opaque]
    value = read_object(description)
    if not is_well_written(value, description):
        found.add("content", "_model", row, "its description is not written as one is")
    return sha256(model_text(value)), model_entries(value), sha256(pickled(value))


def is_well_written(value, text):
    """Nothing may stand in a description that its digest does not cover."""
    parts = [(value, ["class"], ["modules"])] + [(module, ["name", "type"], [])
                                                 for module in value["modules"]]
    names = [module["name"] for module in value["modules"]]
    return json.dumps(value) == text and len(set(names)) == len(names) and "" not in names and all(
        list(part) == first + (["attributes"] if part.get("attributes") else []) + last
        for part, first, last in parts)


def check_architecture(found, row, architecture, made, replay):
    given = replay.architectures.get(row)
    if row in replay.architecture_known and architecture != given or given not in (None, architecture):
        found.add("content", "_model", row,
                  "its architecture is not the one that history says was given (_blob)")
    for path in replay.models_dumped.get(row, ()):
        if replay.files[path]["sha256"] != (architecture or made):
            found.add("content", "_model", row, f"is not what was dumped as {path}")


# ---- tags


def check_tags(found, db):
    tags = {tag: row for row, tag in db.execute("SELECT id, tag FROM _tag")}
    sets = {row: split_tags(text) for row, text in db.execute("SELECT id, tags FROM _tagset")}
    numbers = {text: row for row, text in db.execute("SELECT id, tags FROM _tagset")}
    members = []
    for row, text in db.execute("SELECT id, tags FROM _tagset"):
        if tags_text(set(sets[row])) != text or (row == 1) != (text == ""):
            found.add("content", "_tagset", row, f"'{text}' is no text of a set")
        for tag in sets[row]:
            if tag not in tags:
                found.add("content", "_tagset", row, f"its tag '{tag}' is not in _tag")
            members.append({"tagset": row, "tag": tags.get(tag)})
    compare(found, db, "_tagset_tag", members)
    pairs = db.execute("SELECT DISTINCT ifnull(old_tagset, 1), ifnull(new_tagset, 1) FROM _edge_change"
                       " WHERE ifnull(old_tagset, 1) <> ifnull(new_tagset, 1)").fetchall()
    changes = []
    for old, new in pairs:
        before, after = set(sets.get(old, ())), set(sets.get(new, ()))
        changes.append({"from_tagset": old, "to_tagset": new,
                        "added": numbers.get(tags_text(after - before)),
                        "removed": numbers.get(tags_text(before - after))})
    compare(found, db, "_tagset_change", changes)
