#!/usr/bin/env bash
# Installs what is needed, builds, and lives through a training run on real data in build/demo.
# Run again, it adds to the same history.
set -euo pipefail
cd "$(dirname "$0")/.."
tools/install-packages.sh
tools/build.sh release
ckl=build/release/ckl
root=build/demo

build/release/ckl-demo "$root" tools/demo/iris.csv

show() {
    printf '\n$ ckl -C %s' "$root"
    printf ' %s' "$@"
    printf '\n'
    "$ckl" -C "$root" "$@"
}
show log --limit 16
show status
# The newest dumped state that differs from the first one in model, configuration and data.
read -r first newest < <("$ckl" -C "$root" log --limit 0 --json | python3 -c '
import json, sys
dumps = [e["experiment"] for e in json.load(sys.stdin)["events"] if e["kind"] == "dump"]
first = dumps[-1]
print(first, next(h for h in dumps if all(h[i:i + 8] != first[i:i + 8] for i in (0, 8, 16))))')
show diff "$first" "$newest" --limit 12
printf '\nThe files are in %s; the ledger is %s.\n' "$root/checkpoints" "$root/ledger.db"
