#!/usr/bin/env bash
# Configures and builds a preset of CMakePresets.json (release when none is named) below build/.
set -euo pipefail
cd "$(dirname "$0")/.."
preset=${1:-release}
mkdir -p build
cmake --preset "$preset" >"build/$preset.log" 2>&1 || { cat "build/$preset.log" >&2; exit 1; }
cmake --build --preset "$preset" >>"build/$preset.log" 2>&1 || { tail -n 60 "build/$preset.log" >&2; exit 1; }
echo "built: build/$preset"
