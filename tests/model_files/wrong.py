"""Files that are wrong in one place each, and the place that the message names."""

import json
import struct

import formats
from formats import GGUFWriter
from support import Probe, gguf_keys, put


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
