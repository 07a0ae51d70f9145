"""Model files against an independent writer and reader (formats.py).

    check_model_files.py PROBE CKL [PART…]

Parts: types, wrong, mutated, large, command, many, library, names. MODEL_FILE_MUTATIONS says how
many mutated headers (600), MODEL_FILE_SEED where they begin (1), MODEL_FILE_SANITIZED=1 that the
probe is built with a sanitizer, which needs memory and time of its own."""

import json
import os
import struct
import sys
import tempfile

import formats
from formats import GGML, SAFETENSORS, TORCH, GGUFWriter, describe, write_safetensors
from support import (GGUF_ATTRIBUTES, MEMORY_MB, SANITIZED, TIME_MS, Probe, equal, gguf_keys, put,
                     run)
from mutated import check_mutated
from names import check_names
from wrong import check_wrong


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


def check_many():
    """More values than a configuration may have: what is recorded can be read again."""
    count = 150_000
    tensors = [(f"layers.{index}", "U8", [1, 1]) for index in range(count)]
    write_safetensors("many.safetensors", tensors)
    os.mkdir("many")
    run("-C", "many", "update", "--model", "many.safetensors", "--dump")
    equal(json.loads(run("-C", "many", "cat", "@", "model")[0]), describe(tensors))
    run("-C", "many", "fsck")


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
         "large": check_large, "command": check_command, "many": check_many, "library": check_library,
         "names": check_names}

if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        for part in sys.argv[3:] or PARTS:
            PARTS[part]()
            print(f"{part}: holds")
