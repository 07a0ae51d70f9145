#!/usr/bin/env bash
# The wheel, installed without network in a fresh virtual environment, away from the source tree:
# the guide's blocks run, and two copies of SQLite live in one process. PYTHON, LIBRARY, SOURCE, CKL.
set -euo pipefail
command -v patchelf >/dev/null || { echo "SKIP: without patchelf"; exit 77; }
"$PYTHON" -c 'import ensurepip' 2>/dev/null || { echo "SKIP: without venv"; exit 77; }
unset PYTHONPATH CKL_LIBRARY
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
wheel=$("$PYTHON" "$SOURCE/tools/python/wheel.py" "$LIBRARY" "$work/first")
again=$("$PYTHON" "$SOURCE/tools/python/wheel.py" "$LIBRARY" "$work/again")
cmp "$wheel" "$again"
"$PYTHON" -m venv "$work/venv"
"$work/venv/bin/python" -m pip install --quiet --no-index --disable-pip-version-check "$wheel"
mkdir -p "$work/tests/python" "$work/tests/guide"
cp "$SOURCE"/tests/python/{support,test_guide,test_manager,test_automatic}.py "$work/tests/python"
cp "$SOURCE/tests/guide/guide.md" "$work/tests/guide"
cd "$work/tests/python"
"$work/venv/bin/python" - <<'EOF'
import pathlib, sqlite3
import checkpoint_ledger
from checkpoint_ledger import _library
sqlite3.connect(":memory:").execute("SELECT 1")
maps = {line.split()[-1] for line in pathlib.Path("/proc/self/maps").read_text().splitlines()}
home = str(pathlib.Path(checkpoint_ledger.__file__).parent / "lib")
for name in ("libckl", "libsqlite3-", "libcrypto-", "libjansson-", "libyaml-"):
    found = [path for path in maps if pathlib.Path(path).name.startswith(name)]
    assert found and all(path.startswith(home) for path in found), (name, found)
assert any(path.split("/")[-1].startswith(("libsqlite3.so", "_sqlite3", "libpython"))
           for path in maps), "Python's own SQLite"
EOF
for name in guide automatic manager; do
    CKL_CYCLES=${CKL_CYCLES:-2000} "$work/venv/bin/python" "test_$name.py"
done
echo "$(basename "$wheel"): $(stat -c %s "$wheel") bytes"
