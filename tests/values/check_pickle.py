"""Reads records of a JSON text and a pickle, each behind its size in 8 bytes (little-endian), and
checks that the pickle is protocol 2 and loads as exactly the value of the JSON text."""

import json
import pickle
import pickletools
import struct
import sys


def same(first, second):
    if type(first) is not type(second):
        return False
    if isinstance(first, dict):
        return list(first) == list(second) and all(same(first[key], second[key]) for key in first)
    if isinstance(first, list):
        return len(first) == len(second) and all(map(same, first, second))
    return repr(first) == repr(second)


def field(stream):
    head = stream.read(8)
    return stream.read(struct.unpack("<Q", head)[0]) if head else None


def main():
    count = 0
    with open(sys.argv[1], "rb") as stream:
        while (text := field(stream)) is not None:
            pickled = field(stream)
            value, loaded = json.loads(text), pickle.loads(pickled)
            opcodes = list(pickletools.genops(pickled))
            if opcodes[0][0].name != "PROTO" or opcodes[0][1] != 2 or opcodes[-1][0].name != "STOP":
                sys.exit("not protocol 2: %r" % pickled)
            if max(opcode.proto for opcode, _, _ in opcodes) > 2:
                sys.exit("an opcode newer than protocol 2: %r" % pickled)
            if not same(value, loaded):
                sys.exit("%r was loaded as %r" % (value, loaded))
            count += 1
    print(count)


main()
