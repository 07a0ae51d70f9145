"""Checkpoints keep the name that their file had, through a crash, too, and give it back."""

import json
import os
import shutil
import sqlite3
import subprocess
import time

from support import CKL, put, run

NAMES = {  # file: what is recorded
    b"model.safetensors": "model.safetensors",
    "größer 模型.pt".encode(): "größer 模型.pt",
    b"-o": "-o",
    b"a\\b.pt": "a\\b.pt",
    b"\xff\xfe.pt": "\\xff\\xfe.pt",
    b"a\x1b[2J\n.pt": "a\\x1b[2J\\x0a.pt",
    b"\xc2\x9b.pt": "\\xc2\\x9b.pt",
    b"\xe6\xa8": "\\xe6\\xa8",
    b"x" * 255: "x" * 255,
    b"\x01" * 100: "\\x01" * 63,
    b"x" * 200 + b"\xff" * 55: "x" * 200 + "\\xff" * 13,
}


def checkpoints(**options):
    return json.loads(run("-C", "root", "checkpoints", "--json", **options)[0])["checkpoints"]


def save(step, weights, *more, **options):
    return json.loads(run("-C", "root", "checkpoint", "--step", str(step), "--weights", weights,
                          "--json", *more, **options)[0])


def content(path):
    with open(path, "rb") as file:
        return file.read()


def check_recorded():
    os.mkdir("in")
    for step, (name, expected) in enumerate(NAMES.items(), 1):
        path = os.path.join(b"in", name)
        put(path, f"weights of {step}")
        saved = save(step, os.fsdecode(path), *(["--move"] if step % 2 else []))
        row = checkpoints()[-1]
        assert row["file_name"] == expected, (name, row["file_name"])
        assert row["path"] == saved["path"] and os.path.exists(path) == (step % 2 == 0)
        copied, _ = run("-C", "root", "path", "--step", str(step), "-o", "out")
        assert copied == f"out/{expected}\n", copied
        assert content(f"out/{expected}") == f"weights of {step}".encode()
    assert len(os.listdir("out")) == len(NAMES)
    save(100, "-", input=b"piped")
    put("w.bin", "x")
    with open("w.bin", "rb") as file:
        save(101, "/dev/stdin", stdin=file)
    for row in checkpoints()[-2:]:
        assert row["file_name"] is None, row
        run("-C", "root", "path", "--step", str(row["step"]), "-o", "out/")
        assert os.path.exists("out/" + os.path.basename(row["path"]))


def check_copies():
    put("model.bin", b"w" * 3_000_000)
    save(200, "model.bin")
    os.symlink("out", "link")
    run("-C", "root", "path", "--latest", "-o", "link")
    assert content("out/model.bin") == b"w" * 3_000_000
    answer = json.loads(run("-C", "root", "path", "--latest", "-o", "new.bin", "--json")[0])
    assert answer["copy"] == "new.bin" and answer["path"].startswith("checkpoints/")
    os.chmod("new.bin", os.stat("new.bin").st_mode | 0o200)
    assert os.stat("new.bin").st_mode & 0o200 and content("new.bin") == b"w" * 3_000_000
    put("new.bin", "mine")
    for to in ("new.bin", "out"):
        _, said = run("-C", "root", "path", "--latest", "-o", to, code=2)
        assert "is there already" in said, said
    assert content("new.bin") == b"mine"
    run("-C", "root", "path", "--latest", "-o", "no/folder/", code=1)
    run("-C", "root", "path", "--latest", "-o", "", code=2)
    os.symlink("nowhere", "dangling")
    run("-C", "root", "path", "--latest", "-o", "dangling", code=2)
    path = os.path.join("root", answer["path"])
    os.chmod(path, 0o644)
    put(path, b"W" + b"w" * 2_999_999)
    _, said = run("-C", "root", "path", "--latest", "-o", "damaged.bin", code=3)
    assert "not what was saved" in said and not os.path.exists("damaged.bin"), said
    assert not [name for name in os.listdir(".") + os.listdir("out") if name.endswith(".part")]


def check_hostile():
    """A ledger that somebody made: its names are not followed out of the folder."""
    shutil.copytree("root", "hostile")
    ledger = sqlite3.connect("hostile/ledger.db")
    for (trigger,) in ledger.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        ledger.execute(f'DROP TRIGGER "{trigger}"')
    os.mkdir("hostile_out")
    for number, name in enumerate(["../escaped", "/tmp/escaped", "..", ".", "", "a\nb", "\x1b[2J",
                                   "y" * 256, 5, None, ["a"]], 300):
        event, detail = ledger.execute("SELECT seq, detail FROM _event WHERE kind = 'checkpoint'"
                                       " ORDER BY seq LIMIT 1").fetchone()
        changed = json.loads(detail) | {"file_name": name}
        ledger.execute("UPDATE _event SET detail = ? WHERE seq = ?", (json.dumps(changed), event))
        ledger.commit()
        rows = json.loads(run("-C", "hostile", "checkpoints", "--json")[0])["checkpoints"]
        assert rows[0]["file_name"] is None, name
        copied, _ = run("-C", "hostile", "path", "--step", "1", "-o", "hostile_out")
        assert copied == f"hostile_out/{os.path.basename(rows[0]['path'])}\n", copied
        os.remove(copied.rstrip("\n"))
    ledger.close()
    assert not os.path.exists("escaped") and not os.listdir("hostile_out")


def check_interrupted():
    """Killed between its intent and its rows: what finishes it has only the intent."""
    ledger = sqlite3.connect("root/ledger.db", isolation_level=None, timeout=0)
    put("after a crash.pt", "weights")
    for step in range(1000, 1200):
        child = subprocess.Popen([CKL, "-C", "root", "checkpoint", "--step", str(step), "--weights",
                                  "after a crash.pt"], stdout=subprocess.DEVNULL)
        caught = False
        while not caught and child.poll() is None:
            try:
                ledger.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError:
                continue
            caught = ledger.execute("SELECT count(*) FROM _intent").fetchone()[0] > 0
            if caught:  # the child cannot record now
                time.sleep(0.05)
                child.kill()
                child.wait()
            ledger.execute("ROLLBACK")
            time.sleep(0.0002)
        child.wait()
        if caught:
            break
    else:
        raise AssertionError("no process was caught between its intent and its rows")
    ledger.close()
    _, said = run("-C", "root", "metric", "--step", "1", "loss=1")
    assert "finished a checkpoint that was interrupted" in said, said
    row = checkpoints()[-1]
    assert (row["step"], row["file_name"]) == (step, "after a crash.pt"), row


def check_names():
    os.mkdir("root")
    os.mkdir("out")
    put("c.json", '{"lr": 0.1}')
    run("-C", "root", "update", "--config", "c.json")
    check_recorded()
    check_copies()
    check_hostile()
    check_interrupted()
