"""What the parts of check_model_files.py share."""

import json
import os
import subprocess
import sys

PROBE, CKL = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
SANITIZED = os.environ.get("MODEL_FILE_SANITIZED") == "1"
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


def run(*arguments, code=0, **options):
    done = subprocess.run([CKL, *arguments], capture_output=True, check=False, **options)
    assert done.returncode == code, f"{arguments}: {done.returncode} {done.stderr}"
    return done.stdout.decode(), done.stderr.decode()


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
