"""The tree: each recorded file is there with its bytes, and nothing else is."""
import hashlib
import os
import stat


def digest_of(path):
    running = hashlib.sha256()
    with open(path, "rb") as file:
        while piece := file.read(1 << 20):
            running.update(piece)
    return running.digest()


def check_file(found, root, path, size, digest):
    where = root / path
    try:
        about = os.lstat(where)
    except OSError:
        found.add(path, None, "is recorded, and not there")
        return
    folder = where.parent
    while folder != root:
        if os.path.islink(folder):
            found.add(path, None, f"a link stands in its way: {folder}")
            return
        folder = folder.parent
    if not stat.S_ISREG(about.st_mode):
        found.add(path, None, "is no regular file")
    elif about.st_size != size or digest_of(where) != digest:
        found.add(path, None, "has other bytes than were recorded")


def check(found, db, root):
    recorded = {path: (size, digest) for path, size, digest in db.execute(
        "SELECT path, size, sha256 FROM _file UNION ALL"
        " SELECT path, size, sha256 FROM _checkpoint WHERE state = 'present'")}
    for path, (size, digest) in sorted(recorded.items()):
        check_file(found, root, path, size, digest)
    for folder, folders, files in os.walk(root / "checkpoints"):
        for name in files + [each for each in folders if os.path.islink(os.path.join(folder, each))]:
            path = os.path.relpath(os.path.join(folder, name), root)
            if path not in recorded:
                found.add(path, None, "nothing records it")
