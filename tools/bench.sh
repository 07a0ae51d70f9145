#!/usr/bin/env bash
# Builds, and measures the library beside raw baselines in one run: tools/bench.sh [OPTION…].
# The table's sizes: tools/bench.sh --samples 10000,1000000,10000000 --experiments 100,10000,100000
# (an hour and 20 GB); without options some minutes. --json prints one object. $CKL_BUILD names
# another build directory than build/release. Nothing else should run meanwhile.
set -euo pipefail
cd "$(dirname "$0")/.."
build=${CKL_BUILD:-}
if [ -z "$build" ]; then
    tools/install-packages.sh openssl >&2
    tools/build.sh release >&2
    build=build/release
fi
exec "$build/ckl-bench" --ckl "$build/ckl" "$@"
