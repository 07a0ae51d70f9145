"""Canonical texts and digests (schema/FORMAT.md, "Texts" and "Digests")."""
import hashlib
import json
import struct


def sha256(data):
    return hashlib.sha256(data).digest()


def as_bytes(text):
    """The bytes that stand in the ledger, also of text that is no UTF-8."""
    return text.encode("utf-8", "surrogateescape")


def field(value):
    """A field of a digest: its length as 8 bytes, big-endian, then its bytes. An integer is 8 bytes,
    big-endian; None is no bytes."""
    if value is None:
        data = b""
    elif isinstance(value, int):
        data = struct.pack(">q", value)
    elif isinstance(value, str):
        data = as_bytes(value)
    else:
        data = value
    return struct.pack(">Q", len(data)) + data


def fields(*values):
    return b"".join(map(field, values))


def escape(text, characters):
    for character in characters:
        text = text.replace(character, "\\" + character)
    return text


# ---- configurations


def config_text(value):
    return json.dumps(value, sort_keys=True)


def below(path, name):
    return f"{path}/{str(name).replace('~', '~0').replace('/', '~1')}"


def without(value, pointers, path=""):
    """A copy without what the pointers name. A list closes up behind what is left out; its places,
    for the pointers, are those of before."""
    if isinstance(value, dict):
        return {key: without(item, pointers, below(path, key)) for key, item in value.items()
                if below(path, key) not in pointers}
    if isinstance(value, list):
        return [without(item, pointers, below(path, place)) for place, item in enumerate(value)
                if below(path, place) not in pointers]
    return value


def is_ignored(path, pointers):
    return any(path == pointer or path.startswith(pointer + "/") for pointer in pointers)


def leaves(value, path=""):
    """Path, type, text and number of each leaf. An empty configuration has none."""
    if isinstance(value, dict) and (value or not path):
        for key in value:
            yield from leaves(value[key], below(path, key))
    elif isinstance(value, list) and value:
        for place, item in enumerate(value):
            yield from leaves(item, below(path, place))
    else:
        yield path, *leaf(value)


def leaf(value):
    text = config_text(value)
    if isinstance(value, bool):
        return "boolean", text, None
    if isinstance(value, (int, float)):
        return "integer" if isinstance(value, int) else "real", text, value
    kind = {dict: "object", list: "array", str: "text", type(None): "null"}[type(value)]
    return kind, text, None


# ---- models


def python_text(value):
    if isinstance(value, list):
        inside = ", ".join(map(python_text, value))
        return f"({inside},)" if len(value) == 1 else f"({inside})"
    if isinstance(value, str):
        return value
    if value is None or isinstance(value, bool):
        return str(value)
    return json.dumps(value)


def entry(kind, attributes):
    return escape(kind, "\\|") + "".join(
        "_" + escape(key, "\\|") + escape(python_text(value), "\\|")
        for key, value in attributes.items())


def model_entries(description):
    """The entries of a description by module name; the class has the name ''."""
    entries = {"": entry(description["class"], description.get("attributes", {}))}
    for module in description["modules"]:
        entries[module["name"]] = entry(module["type"], module.get("attributes", {}))
    return entries


def model_text(description):
    parts = [as_bytes(("class:" if name == "" else escape(name, "\\|:") + ":") + text)
             for name, text in model_entries(description).items()]
    return b"|".join(sorted(parts))


def pickled(value):
    """The bytes that architecture.pkl has of a description: a pickle of protocol 2."""
    return b"\x80\x02" + pickled_value(value) + b"."


def pickled_value(value):
    if value is None:
        return b"N"
    if isinstance(value, bool):
        return b"\x88" if value else b"\x89"
    if isinstance(value, int):
        if -2 ** 31 <= value < 2 ** 31:
            return b"J" + struct.pack("<i", value)
        if -2 ** 63 <= value < 2 ** 63:
            return b"\x8a\x08" + struct.pack("<q", value)
        return b"I%d\n" % value
    if isinstance(value, float):
        return b"G" + struct.pack(">d", value)
    if isinstance(value, str):
        data = as_bytes(value)
        return b"X" + struct.pack("<I", len(data)) + data
    if isinstance(value, list):
        return b"](" + b"".join(map(pickled_value, value)) + b"e" if value else b"]"
    items = (pickled_value(part) for item in value.items() for part in item)
    return b"}(" + b"".join(items) + b"u" if value else b"}"


# ---- data states


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
