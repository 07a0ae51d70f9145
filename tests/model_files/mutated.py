"""Headers with random mistakes: an error, or what formats.py reads in them."""

import json
import os
import random
import tempfile

import formats
from formats import GGML, SAFETENSORS, GGUFWriter
from support import MEMORY_MB, SANITIZED, TIME_MS, Probe, equal, gguf_keys, put

MUTATIONS = int(os.environ.get("MODEL_FILE_MUTATIONS", "600"))
SEED = int(os.environ.get("MODEL_FILE_SEED", "1"))


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
