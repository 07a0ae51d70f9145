"""Prints what Python writes for generated values, for test_canon: `reals SEED COUNT` one
"bits repr" a line, `values SEED COUNT` a JSON text and then its json.dumps, line by line."""

import json
import random
import struct
import sys


def bits(value):
    return struct.unpack("<Q", struct.pack("<d", value))[0]


def real(bit_pattern):
    return struct.unpack("<d", struct.pack("<Q", bit_pattern))[0]


def edge_reals():
    """Powers of two and of ten and their neighbours: where rounding is uneven or changes form."""
    numbers = [2.0**power for power in range(-1074, 1024)]
    numbers += [float("1e%d" % power) for power in range(-323, 309)]
    for value in list(numbers[1080:1140]) + [1e-4, 1e-5, 1e15, 1e16, 1e17, 1e22, 1e23, 5e-324]:
        numbers += [real(bits(value) - 1), real(bits(value) + 1)]
    numbers += [0.0, 0.1, 0.3, 2.5, 1 / 3, 1.7976931348623157e308, 2.2250738585072014e-308]
    numbers += [9007199254740993.0, 123456789012345680.0, 9.5367431640625e-07, 2.225e-308]
    return numbers + [-value for value in numbers[::50]] + [-0.0]


def random_real(source):
    """All patterns of bits, and the decimals and fractions that people write."""
    kind = source.randrange(4)
    if kind == 0:
        while True:
            value = real(source.getrandbits(64))
            if value == value and abs(value) != float("inf"):
                return value
    if kind == 1:
        digits = source.randrange(10 ** source.randrange(1, 18))
        return float("%de%d" % (digits, source.randrange(-30, 30)))
    if kind == 2:
        return source.random() * 10.0 ** source.randrange(-8, 20)
    return real(source.getrandbits(52))  # subnormal


def random_text(source):
    ranges = ((0x20, 0x7F), (1, 0x20), (0x7F, 0x100), (0x100, 0xD800), (0xE000, 0x110000))
    return "".join(
        chr(source.randrange(*source.choice(ranges)))
        if source.random() < 0.7
        else "\"\\/"[source.randrange(3)]
        for _ in range(source.randrange(6))
    )


def random_value(source, depth):
    kind = source.randrange(9 if depth > 0 else 6)
    if kind == 0:
        return source.choice((None, True, False))
    if kind == 1:
        return source.randrange(-(2**63), 2**63)
    if kind == 2:
        return source.randrange(-1000, 1000)
    if kind == 3:
        return random_real(source)
    if kind <= 5:
        return random_text(source)
    size = source.randrange(5)
    if kind == 6:
        return [random_value(source, depth - 1) for _ in range(size)]
    return {random_text(source): random_value(source, depth - 1) for _ in range(size)}


def main():
    kind, seed, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    source = random.Random(seed)
    sys.stdout.reconfigure(encoding="utf-8")
    if kind == "reals":
        edges = edge_reals()
        for value in edges + [random_real(source) for _ in range(count - len(edges))]:
            print("%016x %r" % (bits(value), value))
        return
    for index in range(count):
        value = {"v": random_value(source, 4), "w": random_value(source, 3)}
        print(json.dumps(value, ensure_ascii=index % 2 == 0))
        print(json.dumps(value, sort_keys=True))


main()
