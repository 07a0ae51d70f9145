#!/usr/bin/env python3
"""Writes checkpoint_ledger/_structures.py and _prototypes.py from include/ckl/*.h.

The headers are the contract; nobody copies a struct or a prototype by hand. Run it after a header
changed; `generate.py --check` fails when what is there is not what the headers say.
"""
import pathlib
import re
import sys
import textwrap

HERE = pathlib.Path(__file__).resolve().parent
HEADERS = HERE.parent.parent / "include" / "ckl"
ORDER = ["base.h", "values.h", "manager.h", "query.h", "audit.h", "insight.h", "merge.h", "import.h", "space.h", "sql.h", "check.h",
         "auto.h"]
SCALARS = {
    "bool": "ctypes.c_bool", "int": "ctypes.c_int", "unsigned": "ctypes.c_uint",
    "double": "ctypes.c_double", "size_t": "ctypes.c_size_t", "char": "ctypes.c_char",
    "int32_t": "ctypes.c_int32", "uint32_t": "ctypes.c_uint32", "uint8_t": "ctypes.c_uint8",
    "int64_t": "ctypes.c_int64", "uint64_t": "ctypes.c_uint64",
}
NOTICE = '"""Written by tools/python/generate.py from include/ckl/*.h: not to be edited."""\n'


def without_comments(text):
    return re.sub(r"/\*.*?\*/", " ", text, flags=re.S)


def declarations(text):
    """What ends in a semicolon outside of braces, one line each."""
    text = re.sub(r"\\\n", " ", text)
    text = re.sub(r'^\s*#.*$|^extern "C" \{$|^\}$', "", text, flags=re.M)
    found, depth, piece = [], 0, ""
    for character in text:
        depth += (character == "{") - (character == "}")
        if character == ";" and depth == 0:
            found.append(" ".join(piece.split()))
            piece = ""
        else:
            piece += character
    return [line for line in found if line]


class Reader:
    """Knows the types that were declared so far."""

    def __init__(self):
        self.scalars = dict(SCALARS)
        self.constants, self.statuses = {}, []
        self.structures, self.opaque, self.functions = {}, [], {}

    def read(self, path):
        text = without_comments(path.read_text(encoding="utf-8"))
        self.read_constants(text)
        for line in declarations(text):
            if line.startswith("typedef struct") and "{" in line:
                self.read_structure(line)
            elif line.startswith("typedef struct"):
                self.opaque.append(line.split()[-1])
            elif line.startswith("typedef enum"):
                self.read_enum(line)
            elif line.startswith("typedef"):
                _, kind, name = line.split()
                self.scalars[name] = self.scalars[kind]
            elif line.startswith("CKL_API"):
                self.read_function(line)
            else:
                raise SystemExit(f"{path.name}: cannot read: {line}")

    def read_constants(self, text):
        for name, value in re.findall(r"^#define (CKL_\w+)\s+(\S.*?)\s*$", text, re.M):
            number = re.fullmatch(r"(?:INT64_C\()?(-?\d+)u?\)?", value)
            if number:
                self.constants[name] = int(number.group(1))
            elif re.fullmatch(r'"[^"]*"', value):
                self.constants[name] = value.strip('"')
        for name, meaning in re.findall(r'X\((CKL_\w+), \d+, +"([^"]*)"\)', text):
            self.statuses.append((name, meaning))

    def read_enum(self, line):
        name, body = re.fullmatch(r"typedef enum (\w+) \{(.*)\} \w+", line).groups()
        self.scalars[name] = "ctypes.c_int"
        if "CKL_STATUS_LIST" in body:
            self.constants.update((status, number) for number, (status, _)
                                  in enumerate(self.statuses))
            return
        for number, member in enumerate(part.strip() for part in body.split(",") if part.strip()):
            if "=" in member:
                raise SystemExit(f"an enum with values: {line}")
            self.constants[member] = number

    def read_structure(self, line):
        name, body = re.fullmatch(r"typedef struct (\w+) \{(.*)\} \w+", line).groups()
        fields = []
        for member in (part.strip() for part in body.split(";")):
            if member:
                fields.extend(self.members(member))
        self.structures[name] = fields

    def members(self, member):
        callback = re.fullmatch(r"(.+?)\(\*(\w+)\)\((.*)\)", member)
        if callback:
            result, name, arguments = callback.groups()
            kinds = [self.kind(result)] + [self.argument(one) for one in arguments.split(",")]
            return [(name, f"ctypes.CFUNCTYPE({', '.join(kinds)})")]
        base, names = re.fullmatch(r"((?:const )?\w+)\s+(.+)", member).groups()
        return [self.member(base, name.strip()) for name in names.split(",")]

    def member(self, base, name):
        stars = re.match(r"[*\s]*(?:const\s*)?[*\s]*", name).group(0)
        name = name[len(stars):]
        array = re.fullmatch(r"(\w+)\[([^\]]+)\]", name)
        if not array:
            return name, self.kind(base + " " + stars)
        size = sum(self.constants.get(part.strip()) or int(part)
                   for part in array.group(2).split("+"))
        return array.group(1), f"{self.kind(base)} * {size}"

    def kind(self, text):
        """The ctypes name of a C type."""
        text = text.strip()
        stars = text.count("*")
        base = re.sub(r"\bconst\b|\*", " ", text).split()[0]
        constant = text.startswith("const ")
        if stars == 0:
            return "None" if base == "void" else self.scalars.get(base, base)
        if base == "char" and stars == 1 and constant:
            inner, stars = "ctypes.c_char_p", 0
        elif base == "char" and stars == 2 and constant:
            inner, stars = "ctypes.c_char_p", 1
        elif base in self.structures and base != "void":
            inner = base
        elif base in ("void", "char") or base in self.opaque:
            inner, stars = "ctypes.c_void_p", stars - 1
        else:
            inner = self.scalars[base]
        return "ctypes.POINTER(" * stars + inner + ")" * stars

    def argument(self, text):
        text = text.strip()
        array = re.fullmatch(r"char \w+\[\d+\]", text)
        if array:
            return "ctypes.c_char_p"
        return self.kind(re.fullmatch(r"(.*?[\s*])\w+", text).group(1))

    def read_function(self, line):
        result, name, arguments = re.fullmatch(
            r"CKL_API(?:_VOID)? (.*?)(\w+)\((.*)\)", line).groups()
        kinds = [] if arguments == "void" else [self.argument(one)
                                                for one in arguments.split(",")]
        self.functions[name] = (self.kind(result), kinds)


def structures_text(reader):
    lines = [NOTICE, "import ctypes\n"]
    for name, value in sorted(reader.constants.items()):
        lines.append(f"{name} = {value!r}")
    lines.append("\nSTATUS_NAMES = (")
    lines.extend(f"    {name!r}," for name, _ in reader.statuses)
    lines.append(")")
    for name, fields in reader.structures.items():
        lines.append(f"\n\nclass {name}(ctypes.Structure):\n    _fields_ = [")
        lines.extend(f"        ({field!r}, {kind})," for field, kind in fields)
        lines.append("    ]")
    return "\n".join(lines) + "\n"


def prototypes_text(reader):
    lines = [NOTICE, "import ctypes\n", "from . import _structures as s\n",
             "# name: (what it returns, what it takes)", "PROTOTYPES = {"]

    def spelt(kind):
        return re.sub(r"\b(ckl_\w+)", r"s.\1", kind)

    for name, (result, kinds) in reader.functions.items():
        taken = textwrap.fill(", ".join(spelt(kind) for kind in kinds), 100,
                              initial_indent=" " * 8, subsequent_indent=" " * 8)
        lines.append(f"    {name!r}: ({spelt(result)}, [")
        lines.extend([taken] if taken else [])
        lines.append("    ]),")
    lines.append("}")
    return "\n".join(lines) + "\n"


def read_headers():
    unknown = {path.name for path in HEADERS.glob("*.h")} - set(ORDER) - {"ckl.h"}
    if unknown:
        raise SystemExit(f"new headers: name them in ORDER: {sorted(unknown)}")
    reader = Reader()
    for name in ORDER:
        reader.read(HEADERS / name)
    return reader


def main():
    reader = read_headers()
    stale = False
    for name, text in (("_structures.py", structures_text(reader)),
                       ("_prototypes.py", prototypes_text(reader))):
        path = HERE / "checkpoint_ledger" / name
        differs = not path.exists() or path.read_text(encoding="utf-8") != text
        stale = stale or differs
        if differs and "--check" not in sys.argv:
            path.write_text(text, encoding="utf-8")
    if stale and "--check" in sys.argv:
        raise SystemExit("the headers changed: run tools/python/generate.py")


if __name__ == "__main__":
    main()
