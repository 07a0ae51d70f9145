#!/usr/bin/env bash
# Installs what is needed, builds libckl, and makes a wheel of the Python package that carries it,
# in build/wheel. It is for the architecture and the glibc of this machine, or a newer glibc.
set -euo pipefail
cd "$(dirname "$0")/.."
tools/install-packages.sh patchelf binutils
mkdir -p build
cmake --preset release >build/wheel.log 2>&1 &&
    cmake --build --preset release --target ckl_shared >>build/wheel.log 2>&1 ||
    { tail -n 40 build/wheel.log >&2; exit 1; }
rm -rf build/wheel
python3 tools/python/wheel.py build/release/libckl.so.0 build/wheel
