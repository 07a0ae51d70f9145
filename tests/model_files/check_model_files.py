"""Model files against an independent writer and reader (formats.py).

    check_model_files.py PROBE CKL [PART…]

Parts: types, wrong, mutated, large, command, library. MODEL_FILE_MUTATIONS says how many mutated
headers (600), MODEL_FILE_SEED where they begin (1), MODEL_FILE_SANITIZED=1 that the probe is built
with a sanitizer, which needs memory and time of its own."""

import json
import os
import random
import struct
import subprocess
import sys
import tempfile

import formats
from formats import GGML, SAFETENSORS, TORCH, GGUFWriter, describe, write_safetensors

PROBE, CKL = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
SANITIZED = os.environ.get("MODEL_FILE_SANITIZED") == "1"
MUTATIONS = int(os.environ.get("MODEL_FILE_MUTATIONS", "600"))
SEED = int(os.environ.get("MODEL_FILE_SEED", "1"))
TIME_MS, MEMORY_MB = 100, 64


class Probe:
    """One process that reads file after file."""

    def __init__(self, limited=False):
        self.command = [PROBE] + ([str(MEMORY_MB)] if limited and not SANITIZED else [])
        self.process, self.slowest, self.peak = None, 0, 0

    def read(self, path):
        if self.process is None:
            self.process = subprocess.Popen(self.command, stdin=subprocess.PIPE,
                                            stdout=subprocess.PIPE, text=True)
        self.process.stdin.write(path + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        assert line.endswith("\n"), f"crash on {path}: {self.process.wait()}"
        status, took, peak, rest = line.rstrip("\n").split("\t", 3)
        self.slowest = max(self.slowest, int(took) / 1000)
        self.peak = max(self.peak, int(peak) / 1024)
        return status, rest

    def good(self, path):
        status, rest = self.read(path)
        assert status == "CKL_OK", f"{path}: {status}: {rest}"
        return json.loads(rest)

    def bad(self, path, *words):
        status, rest = self.read(path)
        assert status == "CKL_INVALID", f"{path}: {status}: {rest[:200]}"
        assert rest.startswith(path + ": ") and "\n" not in rest, rest
        for word in words:
            assert word in rest, f"{word!r} is not in: {rest}"

    def close(self):
        if self.process is not None:
            self.process.stdin.close()
            assert self.process.wait() == 0


def equal(found, expected):
    assert json.dumps(found) == json.dumps(expected), f"\n{found}\n{expected}"


def put(path, data):
    with open(path, "wb") as file:
        file.write(data if isinstance(data, bytes) else data.encode())
    return path


# ---- what the formats have -----------------------------------------------------------------------

def check_types():
    probe = Probe()
    tensors = [(f"layer.{kind}", kind, [2, 4 * (index + 1)])
               for index, kind in enumerate(SAFETENSORS)]
    tensors += [("scalar", "F32", []), ("empty", "I64", [3, 0]), ("Größe/零", "BF16", [1] * 64)]
    write_safetensors("all.safetensors", tensors, {"format": "pt", "a\nb": "\x01"}, padding=5)
    equal(probe.good("all.safetensors"), describe(tensors))
    write_safetensors("none.safetensors", [])
    equal(probe.good("none.safetensors"), describe([]))
    os.replace("all.safetensors", "weights")  # by magic
    equal(probe.good("weights"), describe(tensors))
    os.replace("weights", "all.json")
    equal(probe.good("all.json"), describe(tensors))

    known = [row for row in tensors if row[1] in TORCH]
    write_safetensors("known.safetensors", known)
    found = probe.good("known.safetensors")
    for write in (lambda kind: TORCH[kind], lambda kind: "torch." + TORCH[kind], str, str.lower):
        put("state.json", json.dumps({name: {"dtype": write(kind), "shape": shape}
                                      for name, kind, shape in known}))
        equal(probe.good("state.json"), found)
    put("state.json", '{"fc.weight": [3, 4], "fc.bias": {"shape": [3]},'
                      ' "own": {"dtype": "qint32", "shape": []}}')
    equal(probe.good("state.json"), describe([("fc.weight", "Tensor", [3, 4]),
                                              ("fc.bias", "Tensor", [3]), ("own", "qint32", [])]))
    put("state.json", '{"steps": []}')
    equal(probe.good("state.json"), describe([("steps", "Tensor", [])]))
    put("state.yaml", "fc.weight: {dtype: float32, shape: [3, 4]}\nfc.bias: [3]\n")
    equal(probe.good("state.yaml"), describe([("fc.weight", "F32", [3, 4]),
                                              ("fc.bias", "Tensor", [3])]))

    tensors = [(f"blk.{number}.weight", number, [3, 256]) for number in GGML]
    tensors += [("scalar", 0, []), ("deep", 1, [2, 3, 4, 32])]
    keys = gguf_keys()
    expected = describe([(name, GGML[number][0], shape) for name, number, shape in tensors],
                        GGUF_ATTRIBUTES)
    for version, order, alignment in ((3, "<", 32), (2, "<", 64), (3, ">", 8)):
        own = keys + [("general.alignment", 4, alignment)]
        put("all.gguf", GGUFWriter(own, tensors, version, order, alignment).bytes())
        equal(probe.good("all.gguf"), expected)
    os.replace("all.gguf", "weights")
    equal(probe.good("weights"), expected)
    put("bare.gguf", GGUFWriter([], [("a", 0, [2])]).bytes())
    equal(probe.good("bare.gguf"), describe([("a", "F32", [2])]))
    put("words.gguf", GGUFWriter(keys, []).bytes())
    equal(probe.good("words.gguf"), describe([], GGUF_ATTRIBUTES))
    probe.close()


GGUF_ATTRIBUTES = {
    "general.architecture": "llama", "llama.a.u8": 255, "llama.attention.eps": 1e-05,
    "llama.b.i8": -128, "llama.block_count": 22, "llama.c.i16": -32768, "llama.d.i32": -2 ** 31,
    "llama.e.i64": -2 ** 63, "llama.f.u64": str(2 ** 64 - 1), "llama.g.u64": 2 ** 63 - 1,
    "llama.h.f64": 0.1, "llama.i.inf": "-inf", "llama.j.nan": "nan", "llama.k.f": 3.4028235e+38,
    "llama.l.zero": -0.0, "llama.rope.scaling.type": "größer", "llama.use_parallel": True,
}


def gguf_keys():
    """In another order than they are described in, with what is left out."""
    kinds = {"u8": 0, "i8": 1, "i16": 3, "i32": 5, "i64": 11, "u64": 10, "f64": 12, "inf": 6,
             "nan": 6, "f": 6, "zero": 6, "eps": 6, "block_count": 10, "type": 8, "use_parallel": 7}
    keys = [("tokenizer.ggml.tokens", 9, (8, [b"\xff\xfe", "a", "", "b" * 300])),
            ("tokenizer.ggml.scores", 9, (6, [0.5] * 1000)),
            ("llama.rope.sections", 9, (5, [1, 2, 3])), ("nested", 9, (9, [(9, [(0, [1])])])),
            ("general.name", 8, "a\nname"), ("llama", 4, 1), ("llamas.block_count", 4, 7)]
    for key, value in GGUF_ATTRIBUTES.items():
        if key == "general.architecture":
            keys.append((key, 8, value))
            continue
        kind = kinds[key.rsplit(".", 1)[-1]]
        keys.append((key, kind, float(value) if kind in (6, 12) else
                     int(value) if kind != 8 else value))
    keys.sort(key=lambda row: row[0][::-1])
    return keys


# ---- what is wrong -------------------------------------------------------------------------------

def header_of(**entry):
    return json.dumps({"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]} | entry})


def check_wrong_safetensors(probe):
    def wrong(header, size, *words):
        put("x.safetensors", formats.safetensors_bytes(header.encode()
                                                       if isinstance(header, str) else header,
                                                       size))
        probe.bad("x.safetensors", *words)

    one = '"%s": {"dtype": "U8", "shape": [4], "data_offsets": [%d, %d]}'
    put("x.safetensors", b"")
    probe.bad("x.safetensors", "byte 0", "the file ends")
    put("x.safetensors", b"\x02\0\0")
    probe.bad("x.safetensors", "byte 3", "the file ends")
    for size, word in ((0, "has 2 to"), (1, "has 2 to"), (3, "only 2"), (100_000_001, "has 2 to"),
                       (2 ** 64 - 1, "18446744073709551615"), (100_000_000, "only 2")):
        put("x.safetensors", struct.pack("<Q", size) + b"{}")
        probe.bad("x.safetensors", "byte 0", word)
    wrong(" {}", 0, "byte 8", "'{'")
    wrong("{ ", 0, "byte 10", "name")
    wrong("{},", 0, "byte 10", "follows")
    wrong('{"a"}', 0, "byte 12", "':'")
    wrong('{"a": 1}', 0, "byte 14", "object")
    wrong('{"a": {}', 0, "dtype")
    wrong(header_of()[:-1], 8, "'}'")
    wrong(header_of() + "x", 8, "follows")
    wrong(header_of(more=1), 8, "nothing else")
    wrong(header_of(dtype="F33"), 8, "F33")
    wrong(header_of(dtype="f32"), 8, "f32")
    wrong(header_of(dtype=1), 8, "dtype")
    wrong(header_of(shape=2), 8, "shape")
    wrong(header_of(shape=[-2]), 8, "whole number")
    wrong(header_of(shape=[2.0]), 8, "whole number")
    wrong(header_of(shape=[1] * 65), 8, "64 dimensions")
    wrong(header_of(shape=[2 ** 63]), 8, "no JSON", "big")
    wrong(header_of(shape=[2 ** 62, 2 ** 62]), 8, "more than a file can hold")
    wrong(header_of(shape=[2 ** 62, 4]), 8, "more than a file can hold")
    wrong(header_of(shape=[2 ** 62, 2 ** 62, 0]), 8, "more than a file can hold")
    wrong(header_of(dtype="F4", shape=[3], data_offsets=[0, 2]), 2, "whole bytes")
    wrong(header_of(shape=[3]), 8, "takes 12 bytes", "8")
    wrong(header_of(data_offsets=[0]), 8, "data_offsets")
    wrong(header_of(data_offsets=[8, 0]), 8, "stretch")
    wrong(header_of(data_offsets=[-8, 0]), 8, "stretch")
    wrong(header_of(data_offsets=[0, "8"]), 8, "data_offsets")
    wrong(header_of(), 7, "behind the end")
    wrong(header_of(), 9, "last 1 bytes")
    wrong(header_of(data_offsets=[1, 9]), 9, "1 bytes before tensor 'a'")
    wrong("{%s, %s}" % (one % ("a", 0, 4), one % ("b", 3, 7)), 7, "'a' and 'b' share")
    wrong("{%s, %s}" % (one % ("a", 0, 4), one % ("b", 0, 4)), 4, "share")
    wrong("{%s, %s}" % (one % ("a", 0, 4), one % ("a", 4, 8)), 8, "two tensors are called 'a'")
    wrong("{%s, %s}" % (one % ("a", 0, 4), one % ("\\u0061", 4, 8)), 8, "called 'a'")
    wrong("{%s}" % one % ("", 0, 4), 4, "without a name")
    wrong("{%s}" % one % ("x" * 4097, 0, 4), 4, "4,096")
    for name in ("a\\n", "\\u001b[2J", "\\u007f", "\\u0085"):
        wrong("{%s}" % one % (name, 0, 4), 4, "byte 9", "control")
    wrong("{%s}" % one % ("a\\u0000", 0, 4), 4, "byte 1", "NUL in text")
    wrong("{%s}" % one % ("a\x01", 0, 4), 4, "byte 1", "control")
    wrong(b'{"\xff": {}}', 0, "no JSON")
    wrong(b'{"\xed\xa0\x80": {}}', 0, "no JSON")
    wrong('{"\\ud800": {}}', 0, "no JSON")
    wrong('{"a": {"dtype": "F32", "dtype": "F32"}}', 0, "duplicate")
    wrong('{"__metadata__": {"a": 1}}', 0, "text")
    wrong('{"__metadata__": {"a": "1", "a": "2"}}', 0, "duplicate")
    wrong('{"__metadata__": {}, "__metadata__": {}}', 0, "second")
    wrong('{"a": ' + '{"a": ' * 3000 + "}" * 3001, 0, "no JSON")
    wrong('{"a": {"dtype": "F32", "shape": [' + " " * 40000 + "]}}", 0, "absurdly long")
    wrong("{" + '"\\', 0, "byte 11", "no JSON")
    put("x.safetensors", GGUFWriter([], [("a", 0, [2])]).bytes())
    probe.bad("x.safetensors", "byte 0", "safetensors header")


def check_wrong_gguf(probe):
    def wrong(data, *words):
        put("x.gguf", data)
        probe.bad("x.gguf", *words)

    whole = GGUFWriter(gguf_keys(), [("a", 0, [2]), ("b", 8, [2, 32])])
    data = whole.bytes()
    for size in range(whole.header_size):
        put("x.gguf", data[:size])
        probe.bad("x.gguf")
    wrong(data[:-33], "behind the end")
    wrong(b"GGUf" + data[4:], "byte 0", "'GGUF'")
    for version in (0, 1, 4, 2 ** 32 - 1):
        wrong(b"GGUF" + struct.pack("<I", version) + data[8:], "byte 4", "version")
    wrong(data[:8] + struct.pack("<Q", 10 ** 6 + 1) + data[16:], "byte 8", "tensors")
    wrong(data[:8] + struct.pack("<Q", 10 ** 6) + data[16:], "byte 8", "room")
    wrong(data[:16] + struct.pack("<Q", 2 ** 64 - 1) + data[24:], "byte 16", "keys")
    wrong(data[:24] + struct.pack("<Q", 65536) + data[32:], "byte 24", "65536")

    def wrong_keys(keys, *words):
        wrong(GGUFWriter(keys, []).bytes(), *words)

    name = ("general.architecture", 8, "llama")
    wrong_keys([("a", 4, 1), ("a", 4, 1)], "second value of the key 'a'")
    wrong_keys([("", 4, 1)], "without a name")
    for key in ("a b", "a\n", "a\0", "ä", "\x7f"):
        wrong_keys([(key, 4, 1)], "byte 24")
    wrong_keys([("a", 7, 2)], "truth value of 2")
    wrong_keys([("general.alignment", 4, 0)], "multiple of 8")
    wrong_keys([("general.alignment", 4, 12)], "multiple of 8")
    wrong_keys([("general.alignment", 10, 32)], "uint32")
    wrong_keys([("general.architecture", 4, 1)], "no text")
    wrong_keys([("general.architecture", 8, "")], "empty")
    wrong_keys([("general.architecture", 8, "\x1b[2J")], "plain")
    wrong_keys([("general.architecture", 8, b"\xff")], "plain")
    wrong_keys([("general.architecture", 8, "a" * 257)], "257")
    wrong_keys([name, ("llama.a", 8, "x" * 4097)], "4097")
    wrong_keys([name, ("llama.a", 8, b"\xc0\xaf")], "Unicode")
    wrong_keys([name, ("llama.a", 8, "a\0b")], "NUL")
    wrong_keys([("a", 9, (9, [(9, [(9, [(9, [(9, [])])])])]))], "deep")
    for count in (2 ** 64 - 1, 2 ** 61, 2 ** 40):
        for kind in (0, 8, 9, 12):
            writer = GGUFWriter([("a", 9, (kind, []))], [])
            wrong(bytes(writer.out[:-8]) + struct.pack("<Q", count), "room")

    def wrong_tensors(tensors, *words, **change):
        writer = GGUFWriter([], tensors)
        out = bytearray(writer.bytes())
        for at, value in change.get("at", ()):
            out[at:at + len(value)] = value
        wrong(bytes(out), *words)

    pair = [("a", 0, [2]), ("b", 0, [4])]
    first = 24 + 8 + 1 + 4 + 8  # of tensor a: its type
    second = first + 12 + 8 + 1 + 4 + 8
    wrong_tensors([("a", 0, [2]), ("a", 0, [4])], "two tensors are called 'a'")
    wrong_tensors([("", 0, [2])], "without a name")
    wrong_tensors([("x" * 4097, 0, [2])], "4097")
    wrong_tensors([("a\x1b", 0, [2])], "control")
    wrong_tensors([(b"\xff", 0, [2])], "Unicode")
    wrong_tensors([("a\0", 0, [2])], "NUL")
    wrong_tensors([("a", 0, [1] * 9)], "9 dimensions")
    wrong_tensors(pair, "behind the end", at=[(second + 4, struct.pack("<Q", 64))])
    wrong_tensors(pair, "aligned", at=[(second + 4, struct.pack("<Q", 33))])
    wrong_tensors(pair, "'a' and 'b' share", at=[(second + 4, struct.pack("<Q", 0))])
    wrong_tensors(pair, "behind the end", at=[(second + 4, struct.pack("<Q", 2 ** 64 - 32))])
    for kind in (4, 5, 31, 32, 33, 36, 37, 38, 43, 2 ** 32 - 1):
        wrong_tensors(pair, f"type {kind}", at=[(first, struct.pack("<I", kind))])
    wrong_tensors(pair, "blocks", at=[(first, struct.pack("<I", 12))])
    wrong_tensors(pair, "a dimension", at=[(first - 8, struct.pack("<Q", 2 ** 63))])
    wrong_tensors(pair, "behind the end", at=[(first - 8, struct.pack("<Q", 2 ** 61 - 1))])
    wrong_tensors(pair, "can hold", at=[(first - 8, struct.pack("<Q", 2 ** 63 - 1))])


def check_wrong_text(probe):
    def wrong(value, *words):
        put("x.json", value if isinstance(value, str) else json.dumps(value))
        probe.bad("x.json", *words)

    wrong({"class": "Net", "fc": [3, 4]}, "'fc'", "'class'")
    wrong({"modules": [], "fc": {"shape": [3]}}, "'fc'", "'modules'")
    wrong({"class": [3, 4]}, "/class")
    wrong({"modules": [3]}, "/class")
    wrong({"class": "Net", "layers": []}, "unknown key 'layers'")
    wrong({"fc": [3], "x": 1}, "tensor 'x'")
    wrong({"fc": [3], "x": "text"}, "tensor 'x'")
    wrong({"fc": [-1]}, "tensor 'fc'", "dimension")
    wrong({"fc": [1.5]}, "tensor 'fc'", "dimension")
    wrong({"fc": [[1]]}, "tensor 'fc'", "dimension")
    wrong({"fc": [1] * 65}, "tensor 'fc'", "64")
    wrong({"fc": {"shape": "3"}}, "tensor 'fc'", "list")
    wrong({"fc": {"shape": [3], "dtype": 5}}, "tensor 'fc'", "dtype")
    wrong({"fc": {"shape": [3], "dtype": "a b"}}, "tensor 'fc'", "dtype")
    wrong({"fc": {"shape": [3], "dtype": ""}}, "tensor 'fc'", "dtype")
    wrong({"fc": {"shape": [3], "more": 1}}, "tensor 'fc'", "nothing else")
    wrong({"fc": [3], "g": {"dtype": "float32"}}, "tensor 'g'", "shape")
    wrong({"a\u009b": [3]}, "control")
    wrong({"": [3]}, "without a name")
    wrong('{"fc": [3], "fc": [3]}', "duplicate")
    wrong({}, "/class")
    put("fake.json", b"GGUF is no JSON")
    probe.bad("fake.json")


def check_wrong():
    probe = Probe()
    check_wrong_safetensors(probe)
    check_wrong_gguf(probe)
    check_wrong_text(probe)
    probe.close()


# ---- mutated headers -----------------------------------------------------------------------------

def some_safetensors(chance):
    tensors = []
    for index in range(chance.randint(0, 6)):
        kind = chance.choice(list(SAFETENSORS))
        tensors.append((chance.choice(["w", "layer.é", "b\\n", "x.y"]) + str(index), kind,
                        [chance.choice([0, 1, 3, 4])] * chance.randint(0, 2) + [4]))
    metadata = chance.choice([None, {}, {"format": "pt", "k": "v"}])
    header, size = formats.safetensors_header(tensors, metadata)
    entries = [entry for name, entry in header.items() if name != "__metadata__"]
    if entries and chance.random() < 0.5:
        entry = chance.choice(entries)
        what = chance.randint(0, 5)
        if what == 0:
            entry["data_offsets"][chance.randint(0, 1)] += chance.choice([-4, -1, 1, 4, 2 ** 62])
        elif what == 1:
            entry["shape"].append(chance.choice([0, 1, 2, -1, 2 ** 62, 1.0, "1", None]))
        elif what == 2:
            entry["dtype"] = chance.choice(list(SAFETENSORS) + ["F31", "", None, "f32"])
        elif what == 3:
            entry["data_offsets"] = chance.choice(entries)["data_offsets"]
        elif what == 4:
            entry.pop(chance.choice(list(entry)))
        else:
            entry["strides"] = [1]
    text = json.dumps(header, ensure_ascii=chance.random() < 0.5).encode()
    if chance.random() < 0.1 and b'1"' in text:
        text = text.replace(b'1":', b'0":', 1)  # a second tensor of a name
    return formats.safetensors_bytes(text, size, chance.choice([0, 0, 7])), len(text) + 8


def some_gguf(chance):
    keys = gguf_keys()
    chance.shuffle(keys)
    alignment = chance.choice([8, 32, 64])
    keys = keys[:chance.randint(0, 8)] + [("general.alignment", 4, alignment)]
    tensors = [(chance.choice(["w", "blk.é"]) + str(index), chance.choice(list(GGML)),
                [chance.choice([0, 1, 2])] * chance.randint(0, 2) + [256])
               for index in range(chance.randint(0, 5))]
    writer = GGUFWriter(keys, tensors, chance.choice([2, 3]), chance.choice("<<<>"), alignment)
    out = bytearray(writer.bytes())
    for _ in range(chance.choice([0, 0, 1, 1, 2])):
        at, size = chance.choice(writer.marks)
        value = chance.choice([0, 1, 2, 8, 9, 31, 32, 33, 64, 2 ** 16, 2 ** 31, 2 ** 32 - 1,
                               2 ** 61, 2 ** 63 - 1, 2 ** 63, 2 ** 64 - 32, 2 ** 64 - 1])
        order = "little" if writer.order == "<" else "big"
        out[at:at + size] = (value % 256 ** size).to_bytes(size, order)
    return bytes(out), writer.header_size


def mutate(chance, data, header_size):
    data = bytearray(data)
    for _ in range(chance.choice([0, 0, 1, 1, 2, 5])):
        if not data:
            break
        at = chance.randrange(max(1, min(header_size, len(data))))
        what = chance.randint(0, 6)
        if what == 0:
            data[at] ^= 1 << chance.randint(0, 7)
        elif what == 1:
            data[at] = chance.randint(0, 255)
        elif what == 2:
            del data[at:at + chance.choice([1, 2, 8, 40])]
        elif what == 3:
            data[at:at] = chance.choice([b"\0", b'"', b"{", b"\\u0000", b"\x1b", b"\xff", b"9"])
        elif what == 4:
            del data[at:]
        elif what == 5:
            data += bytes(chance.choice([1, 4, 32]))
        else:
            piece = data[at:at + chance.randint(1, 60)]
            data[at:at] = piece
    return bytes(data)


def check_mutated():
    probe = Probe(limited=True)
    told, refused = 0, 0
    folder = "/dev/shm" if os.access("/dev/shm", os.W_OK) else "."
    with tempfile.TemporaryDirectory(dir=folder) as place:
        for seed in range(SEED, SEED + MUTATIONS):
            chance = random.Random(seed)
            make, read, ending = chance.choice([
                (some_safetensors, formats.read_safetensors, "safetensors"),
                (some_gguf, formats.read_gguf, "gguf")])
            data = mutate(chance, *make(chance))
            path = put(os.path.join(place, "m." + ending), data)
            try:
                truth = read(data)
            except formats.Wrong as error:
                truth = error
            try:
                if isinstance(truth, formats.Wrong):
                    probe.bad(path)
                    refused += 1
                else:
                    equal(probe.good(path), truth)
                    told += 1
            except AssertionError as error:
                put(f"failed.{ending}", data)
                raise AssertionError(f"seed {seed}: {error} (the truth: {truth})") from error
    probe.close()
    print(f"{told} told the truth, {refused} refused; slowest {probe.slowest:.2f} ms, "
          f"peak {probe.peak:.1f} MB")
    assert told > MUTATIONS // 20 and refused > MUTATIONS // 5
    if not SANITIZED:
        assert probe.slowest < TIME_MS and probe.peak < MEMORY_MB


# ---- large files ---------------------------------------------------------------------------------

def check_large():
    tensors = [(f"model.layers.{index // 12}.mlp.experts.{index}.down_proj.weight", "BF16",
                [7168, 2048]) for index in range(4000)]
    header, size = formats.safetensors_header(tensors)
    put("large.safetensors", formats.safetensors_bytes(header, 0))
    at = os.path.getsize("large.safetensors") + size
    os.truncate("large.safetensors", at)
    words = [f"token{index}" for index in range(256_000)]
    keys = [("general.architecture", 8, "llama"), ("llama.block_count", 4, 61),
            ("tokenizer.ggml.tokens", 9, (8, words)),
            ("tokenizer.ggml.scores", 9, (6, [0.0] * 256_000))]
    parts = [(f"blk.{index}.ffn_down.weight", 12, [7168, 2048]) for index in range(1000)]
    writer = GGUFWriter(keys, parts)
    put("large.gguf", bytes(writer.out))
    os.truncate("large.gguf", len(writer.out) + writer.data_size)
    for path, count in (("large.safetensors", 4000), ("large.gguf", 1000)):
        probe = Probe(limited=True)
        assert len(probe.good(path)["modules"]) == count
        print(f"{path}: {os.path.getsize(path) / 1e9:.0f} GB, {probe.slowest:.1f} ms, "
              f"{probe.peak:.1f} MB")
        if not SANITIZED:
            assert probe.slowest < TIME_MS and probe.peak < MEMORY_MB
        probe.close()
    # A header of the largest size, of nothing but opening brackets; and of spaces.
    for filler in (b"{", b" ", b'"', b"\\"):
        put("x.safetensors", struct.pack("<Q", 10 ** 8) + b'{"a":' + filler * (10 ** 8 - 5))
        probe = Probe()
        probe.bad("x.safetensors", "byte ")
        if not SANITIZED:
            assert probe.peak < 200, probe.peak
        probe.close()
    os.remove("x.safetensors")


# ---- the command ---------------------------------------------------------------------------------

def run(*arguments, code=0, **options):
    done = subprocess.run([CKL, *arguments], capture_output=True, check=False, **options)
    assert done.returncode == code, f"{arguments}: {done.returncode} {done.stderr}"
    return done.stdout.decode(), done.stderr.decode()


def check_command():
    tensors = [("fc.weight", "F32", [3, 4]), ("fc.bias", "F32", [3])]
    write_safetensors("net.safetensors", tensors)
    put("net.json", '{"fc.bias": {"dtype": "float32", "shape": [3]},'
                    ' "fc.weight": {"dtype": "torch.float32", "shape": [3, 4]}}')
    put("net.gguf", GGUFWriter([("general.architecture", 8, "mlp"), ("mlp.depth", 4, 1)],
                               [("fc.weight", 0, [3, 4]), ("fc.bias", 0, [3])]).bytes())
    hashes = {run("hash", "--model", name)[0] for name in ("net.safetensors", "net.json")}
    with open("net.safetensors", "rb") as file:
        hashes.add(run("hash", "--model", "-", stdin=file)[0])
    assert len(hashes) == 1
    text, _ = run("hash", "--model", "net.json", "--explain", "model")
    assert text.strip() == "class:StateDict|fc.bias:F32_shape(3,)|fc.weight:F32_shape(3, 4)", text
    text, _ = run("hash", "--model", "net.gguf", "--explain", "model")
    assert text.startswith("class:StateDict_general.architecturemlp_mlp.depth1|fc.bias:F32"), text
    with open("net.gguf", "rb") as file:
        _, said = run("hash", "--model", "-", input=file.read(), code=2)
    assert "pipe" in said, said
    os.mkdir("root")
    first = json.loads(run("-C", "root", "update", "--model", "net.safetensors", "--json")[0])
    again = json.loads(run("-C", "root", "update", "--model", "net.json", "--json")[0])
    assert first["is_new"] and not again["is_new"]
    description, _ = run("-C", "root", "cat", "@", "model")
    equal(json.loads(description), describe(tensors))
    put("back.json", description)
    assert not json.loads(run("-C", "root", "update", "--model", "back.json", "--json")[0])["is_new"]
    assert json.loads(run("-C", "root", "update", "--model", "net.gguf", "--json")[0])["is_new"]
    changes = json.loads(run("-C", "root", "diff", first["experiment"], "@", "--json")[0])["model"]
    assert [change["module"] for change in changes] == ["(class)"], changes
    put("bad.gguf", b"GGUF\3\0\0\0")
    _, said = run("-C", "root", "update", "--model", "bad.gguf", code=2)
    assert said.startswith("ckl: bad.gguf: byte 8: "), said


# ---- another writer ------------------------------------------------------------------------------

def check_library():
    try:
        import numpy
        from safetensors.numpy import save_file
    except ImportError:
        print("no python3-safetensors: not compared with it")
        return
    probe = Probe()
    arrays = {"fc.weight": numpy.zeros((3, 4), "float32"), "n": numpy.zeros((), "int64"),
              "half": numpy.zeros((2, 0), "float16"), "flag": numpy.zeros(5, "bool")}
    save_file(arrays, "library.safetensors", {"format": "np"})
    found = {row["name"]: (row["type"], row["attributes"]["shape"])
             for row in probe.good("library.safetensors")["modules"]}
    assert found == {"fc.weight": ("F32", [3, 4]), "n": ("I64", []), "half": ("F16", [2, 0]),
                     "flag": ("BOOL", [5])}, found
    probe.close()


PARTS = {"types": check_types, "wrong": check_wrong, "mutated": check_mutated,
         "large": check_large, "command": check_command, "library": check_library}

if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        for part in sys.argv[3:] or PARTS:
            PARTS[part]()
            print(f"{part}: holds")
