#!/usr/bin/env bash
# Installs what is needed, builds, and runs all tests; --with-torch: those with PyTorch, too.
set -euo pipefail
cd "$(dirname "$0")/.."
more=(patchelf binutils python3-venv dpkg-dev file locales)
if [ "${1:-}" = --with-torch ]; then
    shift
    more+=(python3-torch python3-sklearn python3-numpy python3-pandas
           libtorch-dev lintian chromium chromium-driver python3-selenium)
    export CKL_WITH_TORCH=1
fi
preset=${1:-release}
tools/install-packages.sh "${more[@]}"
tools/build.sh "$preset"
ctest --test-dir "build/$preset" -j2 --output-on-failure
