#!/bin/bash
# Power loss: every workload in both kinds of disk, then the planted mistakes, each of which must be
# found within 1,000 states.
#
#     tests/fault/run.sh [--table] [WORKLOAD…]
#
# CKL_FAULT_STATES: how many states each workload gets in each mode (20). CKL_FAULT_SEED: 1.
# --table writes tests/fault/RESULTS.md. $FAULT is the program (build/release/fault). Exit 1: a
# violation, or a mistake that was not found; what to run again is said.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
fault=${FAULT:-$here/../../build/release/fault}
states=${CKL_FAULT_STATES:-20}
seed=${CKL_FAULT_SEED:-1}
table=
[ "${1-}" = --table ] && table=1 && shift
rows=$(mktemp)
trap 'rm -f "$rows"' EXIT
failed=0

names=("$@")
[ ${#names[@]} -gt 0 ] || mapfile -t names < <("$fault" list)
for name in "${names[@]}"; do
    code=0
    "$fault" try "$name" --mode both --states "$states" --seed "$seed" >>"$rows" || code=$?
    [ "$code" -eq 0 ] || failed=1
    [ "$code" -le 1 ] || printf '%s\tnot recorded\n' "$name" >&2
done

# number, workload that shows it, what it is
mistakes='1|dump|no sync of a file
2|dump|no sync of the folder
3|dump|no sync of the folder above
4|dump|the ledger first
5|dump|synchronous=NORMAL on a dump
6|dump|a failed sync tried again
7|replace|removed before it is replaced'
found=$(mktemp)
trap 'rm -f "$rows" "$found"' EXIT
while IFS='|' read -r number name what; do
    line=$("$fault" try "$name" --states 1000 --seed "$seed" --mistake "$number" --until-found \
        2>/dev/null) && { echo "not found: $what" >&2; failed=1; }
    printf '%s\t%s\n' "$line" "$what" >>"$found"
done <<<"$mistakes"

commit=$(git -C "$here" rev-parse --short=10 HEAD 2>/dev/null || echo unknown)
git -C "$here" diff --quiet HEAD -- ../../src ../../schema 2>/dev/null || commit="$commit, changed"

write_table() {
    cat <<TEXT
# Power loss

Written by \`tests/fault/run.sh --table\` with CKL_FAULT_STATES=$states; never edited by hand. A
state is what a crash left on disk: everything that was synced, and of the rest any part (strict), or
names in order and bytes in any (ordered), whole, torn or not at all. "Distinct" states were opened,
recovered and checked; the others were the same as one of these.

| fault: power loss during | disk | states | distinct | violations | seed | seconds | commit |
|---|---|---:|---:|---:|---:|---:|---|
TEXT
    awk -F '\t' -v commit="$commit" '
        { printf "| %s | %s | %d | %d | %d | %s | %.1f | %s |\n", $1, $2, $4, $5, $6, $8, $9, commit
          states += $4; distinct += $5; violations += $6; seconds += $9 }
        END { printf "| **all** | | **%d** | **%d** | **%d** | | %.1f | %s |\n", states, distinct,
              violations, seconds, commit }' "$rows"
    cat <<'TEXT'

Mistakes that were planted, to see that they are found:

| fault: planted mistake | workload | states until found | seed | seconds | commit |
|---|---|---:|---:|---:|---|
TEXT
    awk -F '\t' -v commit="$commit" '
        { printf "| %s | %s | %s | %s | %.1f | %s |\n", $11, $1, $6 > 0 ? $4 : "not found", $8, $9,
          commit }' "$found"
}

if [ -n "$table" ]; then
    write_table >"$here/RESULTS.md"
else
    awk -F '\t' '{ states += $4; distinct += $5; violations += $6 }
        END { printf "%d states, %d distinct, %d violations\n", states, distinct, violations }' "$rows"
    awk -F '\t' '{ printf "found after %d states: %s\n", $4, $11 }' "$found"
fi
exit "$failed"
