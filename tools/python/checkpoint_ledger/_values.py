"""Python values in and out: configurations, data states, descriptions of models.

Values cross as one JSON text each, which the library parses, checks and hashes: nothing here knows
how. What JSON lacks is made to fit first: sets become sorted lists, NumPy's scalars and arrays
Python's, paths, dates and the like their str().
"""

import ctypes
import json
import math
import re

from . import _structures as s
from . import errors
from ._library import Handle, call, encoded, library, warn, warning_sink_pointer

_DEEPEST = 256  # the library refuses more than 128; this ends what refers to itself
_SMALLEST, _LARGEST = -(2**63), 2**63 - 1
_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")


def _refuse_depth(place):
    raise errors.InvalidValueError(f"at {place[:60]}: nested deeper than 128, or in itself")


# ---- to JSON -------------------------------------------------------------------------------------


def _plain_number(value, place):
    """A number as it is, or as text where JSON or the library have none for it."""
    if isinstance(value, float):
        if math.isfinite(value):
            return float(value)
        warn(f"at {place}: {value!r} is not finite: recorded as the text '{value!r}'")
        return repr(float(value))
    value = int(value)
    if _SMALLEST <= value <= _LARGEST:
        return value
    warn(f"at {place}: an integer of more than 64 bits is recorded as text")
    return str(value)


def _foreign(value, place, depth):
    """What JSON lacks: NumPy's and torch's values by their own conversion, all else by str()."""
    for method in ("item", "tolist"):
        convert = getattr(value, method, None)
        if callable(convert) and hasattr(value, "dtype"):
            try:
                return plain(convert(), place, depth + 1)
            except (TypeError, ValueError, RuntimeError):
                continue  # more than one element has no item()
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    text = str(value)
    if _ADDRESS.search(text):
        warn(f"at {place}: '{text[:80]}' names an address, so it differs in every process")
    return text


def _key(key, place):
    """A key as json.dumps writes it."""
    if isinstance(key, str):
        return str.__str__(key)
    if key is None or isinstance(key, (bool, int, float)):
        return json.dumps(key)
    if hasattr(key, "dtype") and hasattr(key, "item"):
        return _key(key.item(), place)
    return str(key)


def _plain_map(value, place, depth):
    result = {}
    for key, member in value.items():
        name = _key(key, place)
        if name in result:
            raise errors.InvalidValueError(f"at {place}: two keys have the text '{name}'")
        result[name] = plain(member, f"{place.rstrip('/')}/{name}", depth + 1)
    return result


def plain(value, place="/", depth=0):
    """The value in JSON's own types; warns where that is another value."""
    if depth > _DEEPEST:
        _refuse_depth(place)
    if value is None or value is True or value is False:
        return value
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, (int, float)):
        return _plain_number(value, place)
    if isinstance(value, dict) or (hasattr(value, "items") and hasattr(value, "keys")):
        return _plain_map(value, place, depth)
    if isinstance(value, (list, tuple)):
        return [plain(one, f"{place.rstrip('/')}/{index}", depth + 1)
                for index, one in enumerate(value)]
    if isinstance(value, (set, frozenset)):
        members = [plain(one, place, depth + 1) for one in value]
        return sorted(members, key=lambda one: json.dumps(one, sort_keys=True))
    return _foreign(value, place, depth)


def compact(value):
    return json.dumps(value, check_circular=False, separators=(",", ":")).encode("ascii")


def _parsed(parse, release, value, what, name):
    """One JSON text through a parser of the library."""
    data = compact(value)
    out = ctypes.c_void_p()
    call(parse, ctypes.byref(out), data, len(data), s.CKL_FORMAT_JSON, name, warning_sink_pointer)
    return Handle(out, release, what)


# ---- configurations ------------------------------------------------------------------------------


def config_handle(config):
    """A configuration: a map of any depth."""
    if not (isinstance(config, dict) or hasattr(config, "items")):
        if hasattr(config, "__dict__") and not isinstance(config, type):
            config = vars(config)  # argparse.Namespace, a dataclass
        else:
            raise errors.InvalidValueError(
                f"a configuration is a dict, not {type(config).__name__}")
    return _parsed(library.ckl_config_parse, library.ckl_config_free, plain(config),
                   "configuration", b"config")


def config_value(handle):
    return json.loads(library.ckl_config_text(handle.address))


# ---- data states ---------------------------------------------------------------------------------


def _sequence(value):
    """A list of uids or tags, whatever it came as."""
    if value is None:
        return []
    if isinstance(value, (list, tuple)):
        return value
    if isinstance(value, (str, bytes, dict)):
        return value  # the library says what it expected
    convert = getattr(value, "tolist", None)
    return convert() if callable(convert) else list(value)


def _state_part(value):
    """For json.dumps: sets and arrays inside of a data state."""
    if isinstance(value, (set, frozenset)) or hasattr(value, "__next__"):
        return list(value)
    for method in ("item", "tolist"):
        convert = getattr(value, method, None)
        if callable(convert) and hasattr(value, "dtype"):
            try:
                return convert()
            except (TypeError, ValueError, RuntimeError):
                continue
    if hasattr(value, "__iter__") and not isinstance(value, bytes):
        return list(value)
    return str(value)


def _tags(tags):
    """Tags by uid; keys that are no text become it, and no two may be the same."""
    if not hasattr(tags, "items"):
        return tags
    if all(type(uid) is str for uid in tags):
        return tags if isinstance(tags, dict) else dict(tags.items())
    result = {}
    for uid, names in tags.items():
        text = str(uid)
        if text in result:
            raise errors.InvalidValueError(f"tags: two uids have the text '{text}'")
        result[text] = names
    return result


def data_handle(state):
    """A data state in the guide's form: uids, discarded, tags."""
    if not hasattr(state, "items"):
        from . import _dataset
        state = _dataset.state_of(state)
    value = dict(state.items())
    for part in ("uids", "discarded"):
        if part in value:
            value[part] = _sequence(value[part])
    value["tags"] = _tags(value.get("tags") or {})
    try:
        data = json.dumps(value, check_circular=False, separators=(",", ":"),
                          default=_state_part).encode("ascii")
    except (TypeError, ValueError, RecursionError) as failure:
        raise errors.InvalidValueError(f"data state: {failure}") from None
    out = ctypes.c_void_p()
    call(library.ckl_data_state_parse, ctypes.byref(out), data, len(data), s.CKL_FORMAT_JSON,
         b"data state", warning_sink_pointer)
    return Handle(out, library.ckl_data_state_free, "data state")


def data_value(handle):
    """A finished data state in the guide's form."""
    address = handle.address
    sample_at = library.ckl_data_state_sample
    uids, discarded, tags = [], set(), {}
    for index in range(library.ckl_data_state_counts(address).total):
        sample = sample_at(address, index)
        uid = sample.uid.decode("utf-8")
        uids.append(uid)
        if sample.discarded:
            discarded.add(uid)
        if sample.tag_count:
            tags[uid] = [tag.decode("utf-8") for tag in sample.tags[:sample.tag_count]]
    return {"uids": uids, "discarded": discarded, "tags": tags}


# ---- models --------------------------------------------------------------------------------------


def model_handle(model, description="full", pickler=None):
    """A model: a torch module (or what has named_modules()), a description, or opaque bytes."""
    if isinstance(model, (bytes, bytearray, memoryview)):
        data = bytes(model)
        out = ctypes.c_void_p()
        call(library.ckl_model_from_bytes, ctypes.byref(out), data, len(data))
        return Handle(out, library.ckl_model_free, "model")
    described = model
    if not isinstance(model, dict):
        from . import _torch
        described = _torch.describe(model, description)
    handle = _parsed(library.ckl_model_parse, library.ckl_model_free, plain(described), "model",
                     b"model")
    if pickler is not None:
        data = (pickler if callable(pickler) else pickler.dumps)(model)
        call(library.ckl_model_set_architecture, handle.address, data, len(data))
    return handle


# ---- lists of text -------------------------------------------------------------------------------


def text_array(values):
    """A C array of texts, and how many."""
    values = [values] if isinstance(values, (str, int)) else list(values)
    array = (ctypes.c_char_p * max(1, len(values)))(*(encoded(str(one)) for one in values))
    return array, len(values)
