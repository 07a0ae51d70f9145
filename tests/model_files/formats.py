"""safetensors and GGUF, written and read from what their specifications say, with the standard
library only: what the C readers are compared with."""

import json
import struct

# name: (elements, bytes of so many elements)
SAFETENSORS = {
    "BOOL": (1, 1), "U8": (1, 1), "I8": (1, 1), "I16": (1, 2), "U16": (1, 2), "I32": (1, 4),
    "U32": (1, 4), "I64": (1, 8), "U64": (1, 8), "F16": (1, 2), "BF16": (1, 2), "F32": (1, 4),
    "F64": (1, 8), "C64": (1, 8), "F8_E5M2": (1, 1), "F8_E4M3": (1, 1), "F8_E8M0": (1, 1),
    "F8_E4M3FNUZ": (1, 1), "F8_E5M2FNUZ": (1, 1), "F4": (2, 1), "F6_E2M3": (4, 3),
    "F6_E3M2": (4, 3),
}
# What PyTorch calls them.
TORCH = {
    "BOOL": "bool", "U8": "uint8", "I8": "int8", "I16": "int16", "U16": "uint16", "I32": "int32",
    "U32": "uint32", "I64": "int64", "U64": "uint64", "F16": "float16", "BF16": "bfloat16",
    "F32": "float32", "F64": "float64", "C64": "complex64", "F8_E5M2": "float8_e5m2",
    "F8_E4M3": "float8_e4m3fn", "F8_E8M0": "float8_e8m0fnu", "F8_E4M3FNUZ": "float8_e4m3fnuz",
    "F8_E5M2FNUZ": "float8_e5m2fnuz",
}
# number: (name, elements, bytes); a half is 2 bytes, K blocks have 256 elements
GGML = {
    0: ("F32", 1, 4), 1: ("F16", 1, 2), 2: ("Q4_0", 32, 2 + 16), 3: ("Q4_1", 32, 4 + 16),
    6: ("Q5_0", 32, 2 + 4 + 16), 7: ("Q5_1", 32, 4 + 4 + 16), 8: ("Q8_0", 32, 2 + 32),
    9: ("Q8_1", 32, 4 + 32), 10: ("Q2_K", 256, 4 + 16 + 64), 11: ("Q3_K", 256, 2 + 64 + 32 + 12),
    12: ("Q4_K", 256, 4 + 12 + 128), 13: ("Q5_K", 256, 4 + 12 + 128 + 32),
    14: ("Q6_K", 256, 2 + 16 + 192), 15: ("Q8_K", 256, 4 + 256 + 32),
    16: ("IQ2_XXS", 256, 2 + 64), 17: ("IQ2_XS", 256, 2 + 64 + 8), 18: ("IQ3_XXS", 256, 2 + 96),
    19: ("IQ1_S", 256, 2 + 32 + 16), 20: ("IQ4_NL", 32, 2 + 16),
    21: ("IQ3_S", 256, 2 + 13 * 8 + 4), 22: ("IQ2_S", 256, 2 + 64 + 16),
    23: ("IQ4_XS", 256, 2 + 2 + 4 + 128), 24: ("I8", 1, 1), 25: ("I16", 1, 2), 26: ("I32", 1, 4),
    27: ("I64", 1, 8), 28: ("F64", 1, 8), 29: ("IQ1_M", 256, 32 + 16 + 8), 30: ("BF16", 1, 2),
    34: ("TQ1_0", 256, 2 + 4 + 48), 35: ("TQ2_0", 256, 2 + 64), 39: ("MXFP4", 32, 1 + 16),
    40: ("NVFP4", 64, 4 + 32), 41: ("Q1_0", 128, 2 + 16), 42: ("Q2_0", 64, 2 + 16),
}
HEADER_MAX, NAME_MAX, TENSOR_MAX = 100_000_000, 4096, 1_000_000


class Wrong(Exception):
    """The file is not as its format says."""


def need(condition, what):
    if not condition:
        raise Wrong(what)


def product(shape):
    out = 1
    for dimension in shape:
        out *= dimension
        need(out < 2 ** 64, "overflow")
    return out


def size_of(shape, elements, size):
    count = product(shape)
    need(count % elements == 0, "no whole bytes")
    need(count // elements * size < 2 ** 64, "overflow")
    return count // elements * size


def check_name(name):
    need(0 < len(name.encode("utf-8")) <= NAME_MAX, "length of a name")
    need(not any(ord(c) < 0x20 or 0x7f <= ord(c) < 0xa0 for c in name), "control characters")


def describe(tensors, attributes=None):
    """What the C side makes of it: tensors is a list of (name, type, shape)."""
    out = {"class": "StateDict"}
    if attributes:
        out["attributes"] = attributes
    out["modules"] = [{"name": name, "type": kind, "attributes": {"shape": list(shape)}}
                      for name, kind, shape in tensors]
    return out


# ---- safetensors ---------------------------------------------------------------------------------

def safetensors_header(tensors, metadata=None):
    header, at = {}, 0
    if metadata is not None:
        header["__metadata__"] = metadata
    for name, kind, shape in tensors:
        size = size_of(shape, *SAFETENSORS[kind])
        header[name] = {"dtype": kind, "shape": list(shape), "data_offsets": [at, at + size]}
        at += size
    return header, at


def safetensors_bytes(header, size, padding=0):
    text = json.dumps(header, ensure_ascii=False).encode() if isinstance(header, dict) else header
    text += b" " * padding
    return struct.pack("<Q", len(text)) + text + b"\0" * size


def write_safetensors(path, tensors, metadata=None, padding=0):
    with open(path, "wb") as file:
        file.write(safetensors_bytes(*safetensors_header(tensors, metadata), padding))


def no_duplicates(pairs):
    out = dict(pairs)
    need(len(out) == len(pairs), "duplicate key")
    return out


def whole(value):
    need(type(value) is int and 0 <= value < 2 ** 63, "no whole number")
    return value


def no_constant(text):
    raise Wrong(text)


def in_int64(text):
    value = int(text)
    need(-2 ** 63 <= value < 2 ** 63, "integer")
    return value


def finite(text):
    value = float(text)
    need(value - value == 0, "real")
    return value


def load_json(data):
    try:
        text = data.decode("utf-8")
        need(text[:1] == "{", "no object")
        header = json.loads(text, object_pairs_hook=no_duplicates, parse_constant=no_constant,
                            parse_int=in_int64, parse_float=finite)
        json.dumps(header, ensure_ascii=False).encode()  # half of a surrogate pair
    except (UnicodeError, ValueError, RecursionError) as error:
        raise Wrong(str(error)) from error
    need(not has_nul(header), "NUL")
    return header


def has_nul(value):
    if isinstance(value, dict):
        return any("\0" in key or has_nul(member) for key, member in value.items())
    if isinstance(value, list):
        return any(map(has_nul, value))
    return isinstance(value, str) and "\0" in value


def read_safetensors(data):
    need(len(data) >= 8, "no size")
    size, = struct.unpack("<Q", data[:8])
    need(2 <= size <= HEADER_MAX and size <= len(data) - 8, "size of the header")
    header = load_json(data[8:8 + size])
    room, spans, tensors = len(data) - 8 - size, [], []
    for name, entry in header.items():
        need(isinstance(entry, dict), "no object")
        if name == "__metadata__":
            need(all(isinstance(value, str) for value in entry.values()), "metadata")
            continue
        check_name(name)
        need(set(entry) == {"dtype", "shape", "data_offsets"}, "keys")
        need(isinstance(entry["dtype"], str) and entry["dtype"] in SAFETENSORS, "dtype")
        need(isinstance(entry["shape"], list) and len(entry["shape"]) <= 64, "shape")
        need(isinstance(entry["data_offsets"], list) and len(entry["data_offsets"]) == 2, "offsets")
        shape = [whole(value) for value in entry["shape"]]
        begin, end = (whole(value) for value in entry["data_offsets"])
        need(begin <= end <= room, "outside")
        need(end - begin == size_of(shape, *SAFETENSORS[entry["dtype"]]), "size")
        spans.append((begin, end))
        tensors.append((name, entry["dtype"], shape))
    at = 0
    for begin, end in sorted(spans):
        need(begin == at, "holes or overlaps")
        at = end
    need(at == room, "bytes of no tensor")
    return describe(tensors)


# ---- GGUF ----------------------------------------------------------------------------------------

NUMBERS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "B", 10: "Q", 11: "q",
           12: "d"}
STRING, ARRAY, BOOL, FLOAT32 = 8, 9, 7, 6


class GGUFWriter:
    """keys is a list of (key, type, value); an array's value is (type of its members, list)."""

    def __init__(self, keys, tensors, version=3, order="<", alignment=32):
        self.out, self.order, self.marks = bytearray(b"GGUF"), order, []
        self.add("I", version)
        self.add("Q", len(tensors))
        self.add("Q", len(keys))
        for key, kind, value in keys:
            self.text(key)
            self.add("I", kind)
            self.value(kind, value)
        at = 0
        for name, kind, shape in tensors:
            self.text(name)
            self.add("I", len(shape))
            for dimension in reversed(shape):
                self.add("Q", dimension)
            self.add("I", kind)
            self.add("Q", at)
            at += size_of(shape, *GGML[kind][1:])
            at += -at % alignment
        self.out += b"\0" * (-len(self.out) % alignment) if tensors else b""
        self.header_size = len(self.out)
        self.data_size = at

    def add(self, kind, value):
        self.marks.append((len(self.out), struct.calcsize(self.order + kind)))
        self.out += struct.pack(self.order + kind, value)

    def text(self, value):
        data = value if isinstance(value, bytes) else value.encode()
        self.add("Q", len(data))
        self.out += data

    def value(self, kind, value):
        if kind == STRING:
            self.text(value)
        elif kind == ARRAY:
            self.add("I", value[0])
            self.add("Q", len(value[1]))
            for member in value[1]:
                self.value(value[0], member)
        else:
            self.add(NUMBERS[kind], value)

    def bytes(self):
        return bytes(self.out) + b"\0" * self.data_size


class GGUFReader:
    def __init__(self, data):
        self.data, self.at, self.order = data, 4, "<"
        need(data[:4] == b"GGUF", "magic")
        version, = self.take("I")
        if version & 0xffff == 0:
            self.order, self.at = ">", 4
            version, = self.take("I")
        need(version in (2, 3), "version")
        tensor_count, key_count = self.take("QQ")
        need(tensor_count <= TENSOR_MAX and key_count <= 65536, "counts")
        need(tensor_count * 24 <= len(data) and key_count * 13 <= len(data), "counts")
        keys = {}
        for _ in range(key_count):
            key = self.text(65535)
            need(key and all(0x20 < byte < 0x7f for byte in key), "key")
            key = key.decode()
            need(key not in keys, "duplicate key")
            keys[key] = self.value(self.kind(), 5)
        alignment = keys.get("general.alignment", (4, 32))
        need(alignment[0] == 4 and alignment[1] % 8 == 0 and alignment[1] > 0, "alignment")
        self.tensors = self.read_tensors(tensor_count, alignment[1])
        self.attributes = self.architecture(keys)

    def take(self, kinds):
        size = struct.calcsize(self.order + kinds)
        need(self.at + size <= len(self.data), "truncated")
        out = struct.unpack_from(self.order + kinds, self.data, self.at)
        self.at += size
        return out

    def text(self, most):
        size, = self.take("Q")
        need(size <= most and self.at + size <= len(self.data), "truncated text")
        out = self.data[self.at:self.at + size]
        self.at += size
        return out

    def kind(self):
        kind, = self.take("I")
        need(kind <= 12, "type of a value")
        return kind

    def value(self, kind, levels):
        if kind == STRING:
            return kind, self.text(2 ** 64)
        if kind == ARRAY:
            need(levels > 0, "nesting")
            member = self.kind()
            count, = self.take("Q")
            need(levels > 1, "nesting")
            need(count * 1 <= len(self.data), "count")
            if member in NUMBERS:
                size = count * struct.calcsize(self.order + NUMBERS[member])
                need(self.at + size <= len(self.data), "truncated list")
                self.at += size
            else:
                for _ in range(count):
                    self.value(member, levels - 1)
            return kind, None
        number, = self.take(NUMBERS[kind])
        need(kind != BOOL or number <= 1, "truth value")
        return kind, number

    def read_tensors(self, count, alignment):
        tensors, spans = [], []
        for _ in range(count):
            try:
                name = self.text(NAME_MAX).decode("utf-8")
            except UnicodeError as error:
                raise Wrong("name") from error
            check_name(name)
            rank, = self.take("I")
            need(rank <= 8, "dimensions")
            shape = [whole(value) for value in reversed(self.take("Q" * rank))]
            kind, offset = self.take("IQ")
            need(kind in GGML, "type of a tensor")
            name_of, elements, size = GGML[kind]
            need((shape[-1] if shape else 1) % elements == 0, "row")
            need(offset % alignment == 0, "alignment")
            spans.append((offset, offset + size_of(shape, elements, size)))
            tensors.append((name, name_of, shape))
        need(len({name for name, _, _ in tensors}) == len(tensors), "duplicate name")
        room = max(0, len(self.data) - (self.at + -self.at % alignment))
        at = 0
        for begin, end in sorted(spans):
            need(end <= room, "outside")
            need(begin >= at or begin == end, "overlap")
            at = max(at, end)
        return tensors

    @staticmethod
    def architecture(keys):
        if "general.architecture" not in keys:
            return None
        out = {}
        for key in ["general.architecture"] + sorted(keys):
            kind, value = keys[key]
            if key == "general.architecture":
                need(kind == STRING and 0 < len(value) <= 256, "architecture")
                prefix = plain(value) + "."
            elif not key.startswith(prefix) or kind == ARRAY:
                continue
            if kind == STRING:
                need(len(value) <= 4096, "text")
                value = plain(value)
            elif kind == BOOL:
                value = bool(value)
            elif kind in (FLOAT32, 12):
                value = real(value, kind == FLOAT32)
            elif value >= 2 ** 63:
                value = str(value)
            out[key] = value
        return out


def plain(data):
    try:
        text = data.decode("utf-8")
    except UnicodeError as error:
        raise Wrong("text") from error
    need(not any(ord(c) < 0x20 or 0x7f <= ord(c) < 0xa0 for c in text), "control characters")
    return text


def real(value, narrow):
    if value != value or value in (float("inf"), float("-inf")):
        return str(value)
    if not narrow:
        return value
    for digits in range(6, 10):
        text = f"{value:.{digits}g}"
        try:
            if struct.pack("<f", float(text)) == struct.pack("<f", value):
                return float(text)
        except OverflowError:
            continue
    raise AssertionError(value)


def read_gguf(data):
    reader = GGUFReader(data)
    return describe(reader.tensors, reader.attributes)
