"""Canonical texts and digests (schema/FORMAT.md, "Texts" and "Digests")."""
import hashlib
import json
import struct


def sha256(data):
    return hashlib.sha256(data).digest()


def as_bytes(text):
    return text.encode("utf-8", "surrogateescape")


class Fields:
    """A SHA-256 over fields, each with its length before it as 8 bytes, big-endian."""

    def __init__(self):
        self.running = hashlib.sha256()

    def add(self, value):
        """Text, bytes, an integer (8 bytes, big-endian), or None (no bytes)."""
        if value is None:
            data = b""
        elif isinstance(value, int):
            data = struct.pack(">q", value)
        elif isinstance(value, str):
            data = as_bytes(value)
        else:
            data = value
        self.running.update(struct.pack(">Q", len(data)))
        self.running.update(data)

    def digest(self):
        return self.running.digest()


def config_text(value):
    return json.dumps(value, sort_keys=True)


def escape(text, characters):
    for character in characters:
        text = text.replace(character, "\\" + character)
    return text


def without(value, pointers):
    """A configuration without what the JSON Pointers name."""
    for pointer in pointers:
        at = value
        *way, last = [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]
        for part in way:
            at = at[int(part)] if isinstance(at, list) else at[part]
        if isinstance(at, list):
            at[int(last)] = None
        else:
            at.pop(last, None)
    return value


def python_text(value):
    if isinstance(value, list):
        inside = ", ".join(python_text(item) for item in value)
        return f"({inside},)" if len(value) == 1 else f"({inside})"
    if isinstance(value, str):
        return value
    if value is None or isinstance(value, bool):
        return str(value)
    return json.dumps(value, sort_keys=True)


def entry_text(name, kind, attributes):
    parts = ["_" + escape(key, "\\|") + escape(python_text(value), "\\|")
             for key, value in attributes.items()]
    prefix = "" if name is None else escape(name, "\\|:") + ":"
    return prefix + escape(kind, "\\|") + "".join(parts)


def model_entries(description):
    """The entries of a description by module name; the class has the name ''."""
    entries = {"": entry_text(None, description["class"], description.get("attributes", {}))}
    for module in description["modules"]:
        entries[module["name"]] = entry_text(None, module["type"], module.get("attributes", {}))
    return entries


def model_text(description):
    entries = [as_bytes("class:" + entry_text(None, description["class"],
                                              description.get("attributes", {})))]
    entries += [as_bytes(entry_text(module["name"], module["type"], module.get("attributes", {})))
                for module in description["modules"]]
    return b"|".join(sorted(entries))


def tags_text(tags):
    return ",".join(escape(tag, "\\|,:") for tag in sorted(tags))


def split_tags(text):
    """The tags of a set as it is written."""
    tags, tag, escaped = [], "", False
    for character in text:
        if escaped or character not in "\\,":
            tag, escaped = tag + character, False
        elif character == "\\":
            escaped = True
        else:
            tags, tag = tags + [tag], ""
    return tags + [tag] if text else []


def data_record(uid, discarded, tags):
    return escape(uid, "\\|") + f":d{discarded}:t{tags}"


def leaves(value, path=""):
    """Path, type, text and number of each leaf of a configuration."""
    if isinstance(value, dict) and value:
        for key in sorted(value):
            yield from leaves(value[key], f"{path}/{key.replace('~', '~0').replace('/', '~1')}")
    elif isinstance(value, list) and value:
        for index, item in enumerate(value):
            yield from leaves(item, f"{path}/{index}")
    else:
        yield path, *leaf_type(value)


def leaf_type(value):
    text = config_text(value)
    if isinstance(value, bool):
        return "boolean", text, None
    if isinstance(value, (int, float)):
        return "integer" if isinstance(value, int) else "real", text, value
    kind = {dict: "object", list: "array", str: "text", type(None): "null"}[type(value)]
    return kind, text, None
