"""The package knows the library's structures and functions exactly as the headers have them."""

import ctypes
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

from support import SOURCE

from checkpoint_ledger import _library, _prototypes, _structures

PROGRAM = """#include <ckl/auto.h>
#include <stdio.h>
#define SIZE(type) printf("%s %zu\\n", #type, sizeof(type))
#define FIELD(type, field) \\
    printf("%s.%s %zu %zu\\n", #type, #field, offsetof(type, field), sizeof((type){{0}}.field))
#define VALUE(name) printf("%s = %lld\\n", #name, (long long)(name))
int main(void)
{
%s    return 0;
}
"""


def structures():
    return {name: kind for name, kind in vars(_structures).items()
            if isinstance(kind, type) and issubclass(kind, ctypes.Structure)}


def python_lines():
    lines = []
    for name, kind in structures().items():
        lines.append(f"{name} {ctypes.sizeof(kind)}")
        for field, _ in kind._fields_:
            place = getattr(kind, field)
            lines.append(f"{name}.{field} {place.offset} {place.size}")
    for name, value in vars(_structures).items():
        if name.startswith("CKL_") and isinstance(value, int):
            lines.append(f"{name} = {value}")
    return lines


def statements():
    lines = []
    for name, kind in structures().items():
        lines.append(f"    SIZE({name});\n")
        lines.extend(f"    FIELD({name}, {field});\n" for field, _ in kind._fields_)
    lines.extend(f"    VALUE({name});\n" for name, value in vars(_structures).items()
                 if name.startswith("CKL_") and isinstance(value, int))
    return "".join(lines)


class Layout(unittest.TestCase):
    def test_generated_files_are_those_of_the_headers(self):
        done = subprocess.run([sys.executable, SOURCE / "tools/python/generate.py", "--check"],
                              capture_output=True, text=True, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_sizes_offsets_and_constants_equal_c(self):
        compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
        self.assertIsNotNone(compiler, "a C compiler")
        with tempfile.TemporaryDirectory() as folder:
            program = pathlib.Path(folder, "layout.c")
            program.write_text(PROGRAM.replace("{{0}}", "{0}").replace("%s    return",
                                                                      statements() + "    return"))
            subprocess.run([compiler, "-std=c11", "-I", SOURCE / "include", program, "-o",
                            f"{folder}/layout"], check=True)
            found = subprocess.run([f"{folder}/layout"], capture_output=True, text=True,
                                   check=True).stdout.splitlines()
        self.assertGreater(len(found), 150)
        self.assertEqual(found, python_lines())

    def test_every_field_of_the_headers_is_there(self):
        text = "".join(path.read_text() for path in (SOURCE / "include/ckl").glob("*.h"))
        names = set(re.findall(r"^typedef struct (\w+) \{", text, re.M))
        self.assertEqual(names, set(structures()))

    def test_every_function_of_the_headers_is_there(self):
        text = "".join(path.read_text() for path in (SOURCE / "include/ckl").glob("*.h"))
        names = set(re.findall(r"^CKL_API(?:_VOID)? .*?(ckl_\w+)\(", text, re.M))
        self.assertGreater(len(names), 90)
        self.assertEqual(names, set(_prototypes.PROTOTYPES))
        for name in names:
            self.assertTrue(callable(getattr(_library.library, name)), name)


if __name__ == "__main__":
    unittest.main()
