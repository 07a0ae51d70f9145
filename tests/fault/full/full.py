#!/usr/bin/env python3
"""A disk that is full at every size: on file systems that are too small, from a few KB to one where
all fits, and under limits of file sizes, a short story is told to `ckl`: each command is done, or
refused with exit 6 and a message that says why. Then there is space: all that was acknowledged is
there and whole, nothing is half there, a further opening writes nothing, and what was refused is
done after all.

CKL_FULL_POINTS: how many sizes (24). CKL: the command. `full.py SIZE` tries one size (bytes),
`full.py limit SIZE` one limit. Exit 1: a violation."""
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time

CKL = os.environ["CKL"]
PLENTY = 32 << 20
PAGE = 4096
SAYS_WHY = re.compile("space|full|quota|too large", re.IGNORECASE)

# Command, and what it adds to history: kind of event, how many.
STORY = [
    ("update --config {place}/one.json --data {place}/data.json --reason first", "update", 1),
    ("discard sample_1 sample_2", "discard", 1),
    ("dump", "dump", 1),
    ("checkpoint --step 1 --weights {place}/weights --metric loss=0.5", "checkpoint", 1),
    ("update --config {place}/two.json", "update", 1),
    ("dump", "dump", 1),
    ("checkpoint --step 2 --weights {place}/weights2", "checkpoint", 1),
    ("tag hard sample_3", "tag", 1),
    ("checkpoint --step 3 --weights {place}/weights3", "checkpoint", 1),
    ("metric --step 4 loss=0.25 accuracy=0.5", None, 0),
    ("gc --keep-last 1", None, 0),
]


class Violation(Exception):
    pass


def must(good, text):
    if not good:
        raise Violation(text)


def run(place, root, command, limit=None):
    """Exit code and what was said; never a signal."""
    words = [CKL, "-C", root, *command.format(place=place).split()]
    if limit is not None:
        words = ["prlimit", f"--fsize={limit}", *words]
    done = subprocess.run(words, capture_output=True, text=True, timeout=120)
    must(done.returncode >= 0, f"{command}: signal {-done.returncode}")
    return done.returncode, done.stdout, done.stderr


def tell(place, root, limit):
    """The story, once: which of its commands were acknowledged."""
    acknowledged = []
    for number, (command, _, _) in enumerate(STORY):
        code, _, said = run(place, root, command, limit)
        if code == 0:
            acknowledged.append(number)
            continue
        # What follows from an earlier refusal is not the disk's doing: nothing to save, no such
        # sample; that is told as such.
        follows = len(acknowledged) < number and code in (1, 2)
        must(code == 6 or follows, f"{command}: exit {code}: {said}")
        must(said.strip() != "" and said.count("\n") <= 3, f"{command}: it says {said!r}")
        must(code != 6 or SAYS_WHY.search(said), f"{command}: it does not say why: {said}")
    return acknowledged


def ask(root, sql):
    ledger = sqlite3.connect(f"file:{root}/ledger.db", uri=True)
    try:
        return ledger.execute(sql).fetchall()
    finally:
        ledger.close()


def listing(root):
    found = []
    for folder, _, names in os.walk(root):
        for name in names:
            path = os.path.join(folder, name)
            if not re.search(r"ledger\.db-(wal|shm)$", path):
                state = os.stat(path)
                found.append((path, state.st_size, state.st_ino, state.st_mtime_ns))
    return sorted(found)


def look(place, root, acknowledged, when):
    """All that was acknowledged is there, whole, and nothing is left to do."""
    code, _, said = run(place, root, "dump")
    must(code in (0, 1), f"{when}: opening: exit {code}: {said}")
    code, out, said = run(place, root, "fsck")
    must(code == 0 or (code == 1 and not acknowledged), f"{when}: fsck: exit {code}: {out}{said}")
    must(ask(root, "PRAGMA integrity_check") == [("ok",)], f"{when}: the ledger is damaged")
    must(ask(root, "PRAGMA foreign_key_check") == [], f"{when}: a row refers to nothing")
    must(ask(root, "SELECT count(*) FROM _intent") == [(0,)], f"{when}: an intent is left")
    left = os.listdir(f"{root}/.ckl/tmp") if os.path.isdir(f"{root}/.ckl/tmp") else []
    must(left == [], f"{when}: left in .ckl/tmp: {left}")
    there = dict(ask(root, "SELECT kind, count(*) FROM _event GROUP BY kind"))
    for kind in {kind for _, kind, adds in STORY if adds}:
        least = sum(adds for number, (_, of, adds) in enumerate(STORY)
                    if of == kind and number in acknowledged)
        must(there.get(kind, 0) >= least, f"{when}: {there} and {least} {kind} acknowledged")
    if 9 in acknowledged:
        values = ask(root, "SELECT coalesce(sum(value_count), 0) FROM metric_series")[0][0]
        must(values >= 2, f"{when}: values of metrics are gone")
    before = listing(root)
    run(place, root, "status")
    run(place, root, "dump")
    must(listing(root) == before, f"{when}: a further opening writes")


def refused_again(place, root, acknowledged):
    """With space again, what was refused is done."""
    for number, (command, _, _) in enumerate(STORY):
        if number not in acknowledged:
            code, _, said = run(place, root, command)
            must(code == 0, f"{command}, with space again: exit {code}: {said}")


def try_file_system(place, size):
    disk = f"{place}/disk"
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "none", disk], check=True)
    try:
        root = f"{disk}/root"
        acknowledged = tell(place, root, None)
        subprocess.run(["mount", "-o", f"remount,size={PLENTY}", disk], check=True)
        if acknowledged:
            look(place, root, acknowledged, "with space again")
        refused_again(place, root, acknowledged)
        look(place, root, range(len(STORY)), "at the end")
        return len(acknowledged) == len(STORY)
    finally:
        subprocess.run(["umount", disk], check=True)


def try_limit(place, size):
    root = f"{place}/limited"
    shutil.rmtree(root, ignore_errors=True)
    acknowledged = tell(place, root, size)
    if acknowledged:
        look(place, root, acknowledged, "without the limit")
    refused_again(place, root, acknowledged)
    look(place, root, range(len(STORY)), "at the end")
    return len(acknowledged) == len(STORY)


def enough(attempt, place):
    """The least size, of a page, at which nothing is refused."""
    most = 64 << 10
    while not attempt(place, most):
        most *= 2
    least = most // 2
    while most - least > PAGE:
        middle = (least + most) // 2 // PAGE * PAGE
        if attempt(place, middle):
            most = middle
        else:
            least = middle
    return most


def sweep(what, again, attempt, place, points):
    """Sizes spread over all at which something is refused; those alone count."""
    began, violations, tried = time.monotonic(), 0, 0
    try:
        most = enough(attempt, place)
    except Exception as found:
        print(f"{what}: looking for the size that suffices: {found!r}", file=sys.stderr)
        print(f"{what}\t1\t1\t-\t{time.monotonic() - began:.1f}", flush=True)
        return False
    for point in range(points):
        size = max(PAGE, most * point // points // 512 * 512)
        try:
            tried += not attempt(place, size)
        except Exception as found:
            tried, violations = tried + 1, violations + 1
            print(f"{what}, {size} bytes: {found!r}\n  again: CKL={CKL} {__file__} {again}{size}",
                  file=sys.stderr)
    print(f"{what}, up to {most >> 10} KB\t{tried}\t{violations}\t-\t{time.monotonic() - began:.1f}",
          flush=True)
    return violations == 0


def inside_namespace():
    """Runs this again where file systems can be mounted; None where that is not allowed."""
    for options in (["-Urm"], ["-m"]):
        if subprocess.run(["unshare", *options, "true"], capture_output=True).returncode == 0:
            return ["unshare", *options, sys.executable, __file__]
    return None


def prepare(place):
    os.mkdir(f"{place}/disk")
    with open(f"{place}/one.json", "w") as file:
        file.write('{"lr": 0.1, "optimizer": {"name": "adam"}}')
    with open(f"{place}/two.json", "w") as file:
        file.write('{"lr": 0.2, "optimizer": {"name": "adam"}}')
    with open(f"{place}/data.json", "w") as file:
        uids = ", ".join(f'"sample_{number}"' for number in range(300))
        file.write(f'{{"uids": [{uids}]}}')
    for name, fill in (("weights", b"a"), ("weights2", b"b"), ("weights3", b"c")):
        with open(f"{place}/{name}", "wb") as file:
            file.write(fill * 40000)


def main(words):
    points = max(2, int(os.environ.get("CKL_FULL_POINTS", "24")) // 2)
    mounted = "disk full: file systems of all sizes"
    limited = "disk full: limits of file sizes (RLIMIT_FSIZE)"
    for name in ("CKL_ROOT", "CKL_RUN", "CKL_ACTOR", "RANK"):
        os.environ.pop(name, None)
    if not words or words[0].isdigit():
        command = inside_namespace()
        code = 0
        if command is not None:
            code = subprocess.run([*command, "inside", *words]).returncode
        else:
            print(f"{mounted} (not allowed here)\t0\t0\t-\t0")
        if words:
            return code
    with tempfile.TemporaryDirectory(prefix="ckl-full-") as place:
        prepare(place)
        if words[:1] == ["limit"]:
            try_limit(place, int(words[1]))
            return 0
        if words[:1] == ["inside"] and len(words) > 1:
            try_file_system(place, int(words[1]))
            return 0
        if words[:1] == ["inside"]:
            good = sweep(mounted, "", try_file_system, place, points)
        else:
            good = sweep(limited, "limit ", try_limit, place, points) and code == 0
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
