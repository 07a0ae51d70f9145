"""The tree: each recorded file is there with its bytes, nothing else is, and nothing is half done."""
import fcntl
import hashlib
import os
import stat
import time

SETTLING_SECONDS = 0.05  # what a living process does between two of its steps seldom takes more
LOOKS = 3
LEFTOVER_LOOKS = 20
FOLDERS = ("model", "hp", "data")


def read_rows(db):
    return {path: (size, digest) for path, size, digest in db.execute(
        "SELECT path, size, sha256 FROM _file UNION ALL"
        " SELECT path, size, sha256 FROM _checkpoint WHERE state = 'present'")}


def digest_of(path):
    running = hashlib.sha256()
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with open(descriptor, "rb") as file:
        while piece := file.read(1 << 20):
            running.update(piece)
    return running.digest()


def judge(root, path, size, digest):
    """What is wrong with a file: kind and message, or None."""
    where, folder = root / path, root
    parts = path.split("/")
    if parts[0] != "checkpoints" or ".." in parts or "" in parts:
        return "changed", "leads out of the tree"
    for part in parts[:-1]:
        folder = folder / part
        if os.path.lexists(folder) and (os.path.islink(folder) or not folder.is_dir()):
            return "changed", f"'{folder.relative_to(root)}' is no folder, but a link or a file"
    try:
        about = os.lstat(where)
        if not stat.S_ISREG(about.st_mode):
            return "changed", "is no regular file"
        if about.st_size != size:
            return "changed", f"has {about.st_size} bytes, not {size}"
        if digest_of(where) != digest:
            return "changed", "has other bytes than were recorded: its SHA-256 differs"
    except FileNotFoundError:
        return "missing", "is not there"
    except OSError as error:
        return "unreadable", str(error)
    return None


# ---- what else lies there


def names_in(folder):
    try:
        return sorted(os.listdir(folder))
    except OSError:
        return []


def unknown(root, recorded, hashes):
    """Paths below checkpoints/ that nothing names. Folders: {hash}/, then model/, hp/, data/."""
    levels = ["checkpoints"] if not os.path.islink(root / "checkpoints") else []
    for depth in (1, 2, 3):
        below = []
        for folder in levels:
            for name in names_in(root / folder):
                path = f"{folder}/{name}"
                holds = name in (hashes if depth == 1 else FOLDERS) and depth < 3
                if holds and (root / path).is_dir() and not os.path.islink(root / path):
                    below.append(path)
                elif path not in recorded and not any(
                        other.startswith(path + "/") for other in recorded):
                    yield path
        levels = below


def look(root, recorded, hashes):
    """All that is wrong: by path, kind and message."""
    wrong = {}
    for path, (size, digest) in recorded.items():
        answer = judge(root, path, size, digest)
        if answer is not None:
            wrong[path] = answer
    for path in unknown(root, recorded, hashes):
        wrong.setdefault(path, ("unknown", "is there, but nothing in the ledger names it"))
    return wrong


def look_again(root, recorded, hashes, wrong):
    """Of what was wrong, what still is."""
    left = {}
    for path in wrong:
        if path in recorded:
            answer = judge(root, path, *recorded[path])
        elif os.path.lexists(root / path) and path.partition("/")[2] not in hashes \
                and not any(row.startswith(path + "/") for row in recorded):
            answer = "unknown", "is there, but nothing in the ledger names it"
        else:
            answer = None
        if answer is not None:
            left[path] = answer
    return left


def read_moment(db):
    """What is recorded, the experiments there are, and what somebody is busy with."""
    db.execute("BEGIN")
    rows = read_rows(db)
    hashes = {name for name, in db.execute("SELECT hash FROM _experiment")}
    busy = [detail for detail, in db.execute("SELECT detail FROM _intent")]
    db.execute("COMMIT")
    return rows, hashes, busy


def check_files(found, db, root):
    """Others may work meanwhile: only what is wrong each time one looks, while the ledger says the same
    before and after and nobody is busy with it, is told. Files are read outside of a transaction, so that
    no reader holds up the log."""
    db.execute("COMMIT")
    before, hashes, _ = read_moment(db)
    wrong = look(root, before, hashes)
    for again in range(LOOKS):
        if not wrong:
            break
        if again:
            time.sleep(SETTLING_SECONDS)
            wrong = look_again(root, before, hashes, wrong)
        after, hashes, busy = read_moment(db)
        wrong = {path: answer for path, answer in wrong.items() if before.get(path) == after.get(path)
                 and not any(path in detail for detail in busy)}
        before = after
    for path, (kind, message) in sorted(wrong.items()):
        found.add(kind, path, None, message)
    check_leftovers(found, db, root)


# ---- work that was not finished


def is_alive(root, op):
    """The folder of an operation is locked as long as its process lives."""
    try:
        lease = os.open(root / ".ckl" / "tmp" / op / "lease", os.O_RDONLY | os.O_NOFOLLOW)
    except OSError:
        return False
    try:
        fcntl.flock(lease, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(lease)
    return False


def unfinished(db, root):
    """By name: what died in the middle."""
    left = {f"_intent {op}": op for op, in db.execute("SELECT op FROM _intent")}
    for name in names_in(root / ".ckl" / "tmp"):
        if f"_intent {name}" not in left:
            left[f".ckl/tmp/{name}"] = name
    return {subject for subject, op in left.items() if not is_alive(root, op)}


def check_leftovers(found, db, root):
    left = unfinished(db, root)
    for _ in range(LEFTOVER_LOOKS):
        if not left:
            break
        time.sleep(SETTLING_SECONDS)
        left &= unfinished(db, root)
    for subject in sorted(left):
        found.add("leftover", subject, None, "a process died in the middle of this: the next command"
                                             " that writes finishes or undoes it")
