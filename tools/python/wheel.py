#!/usr/bin/env python3
"""Makes a wheel of checkpoint_ledger that carries libckl and the libraries that it links.

    wheel.py LIBRARY FOLDER

The carried libraries get names of their own, so that no other module of the process meets them, or
they its: Python's sqlite3 and ssl keep theirs. glibc is the system's; the wheel's tag says which
version is needed at least. Equal inputs give equal bytes.
"""

import base64
import hashlib
import pathlib
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile

HERE = pathlib.Path(__file__).resolve().parent
SYSTEM = re.compile(r"^(libc|libm|libdl|librt|libpthread|ld-linux.*|linux-vdso)\.so")
METADATA = """Metadata-Version: 2.1
Name: checkpoint-ledger
Version: {version}
Summary: What changed between two results of machine learning, and when, by whom, and why
Requires-Python: >=3.9
Description-Content-Type: text/plain

{description}
"""
WHEEL = """Wheel-Version: 1.0
Generator: checkpoint-ledger
Root-Is-Purelib: false
Tag: {tag}
"""


def run(*command):
    return subprocess.run(list(map(str, command)), check=True, capture_output=True,
                          text=True).stdout


def linked(library):
    """The libraries that it needs and that are not the system's: name to path."""
    found = {}
    for line in run("ldd", library).splitlines():
        parts = line.split()
        if len(parts) >= 3 and parts[1] == "=>" and not SYSTEM.match(parts[0]):
            if not parts[2].startswith("/"):
                raise SystemExit(f"{library} needs {parts[0]}, which is not to be found")
            found[parts[0]] = pathlib.Path(parts[2]).resolve()
    return found


def carry(library, folder):
    """Copies libckl and what it links to `folder`, each finding the others beside it."""
    others = linked(library)
    names = {}
    for name, path in others.items():
        stem, _, rest = name.partition(".so")
        mark = hashlib.sha256(path.read_bytes()).hexdigest()[:8]
        names[name] = f"{stem}-{mark}.so{rest}"
    main = folder / "libckl.so.0"
    shutil.copyfile(library.resolve(), main)
    for name, path in others.items():
        shutil.copyfile(path, folder / names[name])
        run("patchelf", "--set-soname", names[name], folder / names[name])
    for path in (main, *(folder / name for name in names.values())):
        needed = run("patchelf", "--print-needed", path).split()
        for name in needed:
            if name in names:
                run("patchelf", "--replace-needed", name, names[name], path)
            elif not SYSTEM.match(name):
                raise SystemExit(f"{path.name} needs {name}, which is not carried")
        run("patchelf", "--set-rpath", "$ORIGIN", path)
        path.chmod(0o755)
    return others


def oldest_glibc(folder):
    """The version of glibc that the carried libraries need at least."""
    versions = [(2, 17)]
    for path in folder.iterdir():
        for major, minor in re.findall(r"GLIBC_(\d+)\.(\d+)", run("objdump", "-T", path)):
            versions.append((int(major), int(minor)))
    return max(versions)


def notices(libraries):
    """The copyright notices of Debian's packages that the carried libraries come from."""
    for path in libraries.values():
        for name in (path, str(path).removeprefix("/usr")):
            try:
                package = run("dpkg-query", "-S", name).split(":")[0]
            except subprocess.CalledProcessError:
                continue
            notice = pathlib.Path("/usr/share/doc", package, "copyright")
            if notice.exists():
                yield package, notice.read_bytes()
            break


def contents(library, version, description, work):
    """(name in the wheel, bytes, executable) of every file but RECORD, and the wheel's tag."""
    lib = work / "lib"
    lib.mkdir()
    carried = carry(library, lib)
    major, minor = oldest_glibc(lib)
    tag = f"py3-none-manylinux_{major}_{minor}_{platform.machine()}"
    files = [(f"checkpoint_ledger/{path.name}", path.read_bytes(), False)
             for path in sorted((HERE / "checkpoint_ledger").glob("*"))
             if path.suffix in (".py", ".typed")]
    files += [(f"checkpoint_ledger/lib/{path.name}", path.read_bytes(), True)
              for path in sorted(lib.iterdir())]
    info = f"checkpoint_ledger-{version}.dist-info"
    files += [(f"{info}/licenses/{package}", notice, False)
              for package, notice in sorted(set(notices(carried)))]
    files.append((f"{info}/METADATA",
                  METADATA.format(version=version, description=description).encode(), False))
    files.append((f"{info}/WHEEL", WHEEL.format(tag=tag).encode(), False))
    return files, info, tag


def write(path, files, info):
    record = []
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as wheel:
        def add(name, content, executable):
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.external_attr = (0o100755 if executable else 0o100644) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            wheel.writestr(entry, content)

        for name, content, executable in files:
            digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=")
            record.append(f"{name},sha256={digest.decode()},{len(content)}\n")
            add(name, content, executable)
        record.append(f"{info}/RECORD,,\n")
        add(f"{info}/RECORD", "".join(record).encode(), False)


def main():
    library, folder = map(pathlib.Path, sys.argv[1:3])
    text = (HERE / "checkpoint_ledger" / "__init__.py").read_text(encoding="utf-8")
    description = text.split('"""')[1].strip()
    version = re.search(r"CKL_VERSION = '([^']*)'",
                        (HERE / "checkpoint_ledger" / "_structures.py").read_text()).group(1)
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as work:
        files, info, tag = contents(library, version, description, pathlib.Path(work))
        path = folder / f"checkpoint_ledger-{version}-{tag}.whl"
        write(path, files, info)
    print(path)


if __name__ == "__main__":
    main()
