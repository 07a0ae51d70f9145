#!/usr/bin/env bash
# Installs what is needed, builds, and runs all tests.
set -euo pipefail
cd "$(dirname "$0")/.."
preset=${1:-release}
tools/install-packages.sh
tools/build.sh "$preset"
ctest --test-dir "build/$preset" --output-on-failure
