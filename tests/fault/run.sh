#!/bin/bash
# Breaks the ledger in every way we know of and says what came of it.
#
#     tests/fault/run.sh [--table] [PART…]      these parts (all of them)
#     tests/fault/run.sh --write                only the table, from what earlier runs left
#
# Parts: power plants errors kills races full damage model fuzz. Each leaves its rows, with the
# commit they were made at, in $CKL_FAULT_ROWS (build/fault); --table then writes
# tests/fault/RESULTS.md from all the rows that are there. CKL_FAULT_SIZE=large: all points of what
# is done most, and of the rest as much as hours allow; without it small. CKL_SEED: 1.
# CKL_FAULT_JOBS: so much at a time, where that can be (2). CKL_FAULT_ONLY: of the workloads that
# lose power, of the operations that errors are tried in, of the fuzz targets, only these; the rows
# of the others stay. $CKL_BUILD: where the programs are; without it they are built in
# build/release. Exit 1: a violation, or a planted mistake that was not found; what to run again is
# said.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
build=${CKL_BUILD:-$here/../../build/release}
rows=${CKL_FAULT_ROWS:-$here/../../build/fault}
seed=${CKL_SEED:-1}
all=(power plants errors kills races full damage model fuzz)
failed=0

# The size of something: of its own variable, else small or large.
size() {
    local own=${!1-}
    if [ -n "$own" ]; then echo "$own"
    elif [ "${CKL_FAULT_SIZE-}" = large ]; then echo "$3"
    else echo "$2"; fi
}

# A row: what, tried, violations, seed, seconds.
row() { printf '%s\t%s\t%s\t%s\t%s\n' "$@"; }

# As many at a time as CKL_FAULT_JOBS says; what they need of this is exported.
at_once() { xargs -P "${CKL_FAULT_JOBS:-2}" -I{} bash -c "$1 {}"; }
export build seed
export -f row

# What CKL_FAULT_ONLY names, else what a command lists: one a line.
only_or() {
    if [ -n "${CKL_FAULT_ONLY-}" ]; then tr ' ' '\n' <<<"$CKL_FAULT_ONLY"; else "$@"; fi
}

# What `fault try` says of each kind of disk, as rows.
try_power() {
    local code=0
    set -o pipefail
    "$build/fault" try "$1" --mode both --states "$states" --seed "$seed" |
        awk -F '\t' '{ printf "power loss: %s, %s (of %d)\t%d\t%d\t%s\t%.1f\n",
            $1, $2, $4, $5, $6, $8, $9 }' || code=$?
    [ "$code" -le 1 ] || row "power loss: $1, ended with $code" 0 1 "$seed" 0
}

power() {
    states=$(size CKL_FAULT_STATES 20 11000) # over half a million that differ, of all workloads
    export states
    export -f try_power
    only_or "$build/fault" list | at_once try_power
}

# Each must be found within 1,000 states: number, workload that shows it, what it is.
mistakes='1|dump|no sync of a file
2|dump|no sync of the folder
3|dump|no sync of the folder above
4|dump|the ledger first
5|dump|synchronous=NORMAL on a dump
6|dump|a failed sync tried again
7|replace|removed before it is replaced'

plants() {
    local number name what line
    while IFS='|' read -r number name what; do
        line=$("$build/fault" try "$name" --states 1000 --seed "$seed" --mistake "$number" \
            --until-found 2>/dev/null) || true
        awk -F '\t' -v what="$what" '
            { printf "planted: %s (%s)\t%d\t%d\t%s\t%.1f\n", what,
                ($6 > 0 ? "found" : "not found"), $4, ($6 == 0), $8, $9 }' <<<"$line"
    done <<<"$mistakes"
    CKL_MODEL_PLANTS=$(size CKL_MODEL_PLANTS 4 8) "$build/fault_model" --plants
}

# Kills come 250 to a history: each is looked through, all of it, after every few of them.
kills() {
    local left code=0 began=$SECONDS one=$seed done_now acknowledged=0 killed=0 said
    left=$(size CKL_KILLS 40 20000)
    while [ "$left" -gt 0 ]; do
        done_now=$((left > 250 ? 250 : left))
        said=$(CKL_KILLS=$done_now CKL_SEED=$one "$build/test_crash_many") ||
            { code=1; echo "again: CKL_KILLS=$done_now CKL_SEED=$one test_crash_many: $said" >&2; }
        if [[ $said =~ ([0-9]+)\ killed,\ ([0-9]+)\ operations ]]; then
            killed=$((killed + BASH_REMATCH[1])) acknowledged=$((acknowledged + BASH_REMATCH[2]))
        fi
        left=$((left - done_now)) one=$((one + 1))
    done
    row "kill -9 of several processes ($acknowledged operations acknowledged)" "$killed" "$code" \
        "$seed" $((SECONDS - began))
}

races() {
    local rounds code=0 began=$SECONDS
    rounds=$(size CKL_ROUNDS 3 200)
    CKL_ROUNDS=$rounds CKL_SECONDS=$(size CKL_SECONDS 3 60) "$build/test_many" >&2 || code=1
    row "64 processes at once: first openings, migrations of version 1 and 2" $((rounds * 64 * 3)) \
        "$code" - $((SECONDS - began))
}

# All points of what is done most; of the rest some, spread over all.
try_errors() {
    local points=2 code=0
    if [ "${CKL_FAULT_SIZE-}" = large ]; then
        case $1 in
        update | dump | checkpoint | gc) points=all ;;
        recover-*) points=10 ;; # each in six states that an interruption left
        *) points=100 ;;
        esac
    fi
    CKL_ERRORS=${CKL_ERRORS:-$points} "$build/fault_errors" "$1" || code=$?
    [ "$code" -le 1 ] || row "errors: $1, ended with $code" 0 1 "$CKL_SEED" 0
    return "$code"
}

errors() {
    export -f try_errors
    only_or "$build/fault_errors" list | at_once try_errors
}

full() {
    CKL="$build/ckl" CKL_FULL_POINTS=$(size CKL_FULL_POINTS 24 400) python3 "$here/full/full.py"
}
damage() { CKL_DAMAGES=$(size CKL_DAMAGES 300 10000) "$build/fault_damage"; }
model() { CKL_MODEL_HISTORIES=$(size CKL_MODEL_HISTORIES 12 500) "$build/fault_model"; }
fuzz() {
    # shellcheck disable=SC2086
    CKL_FUZZ_JOBS=${CKL_FAULT_JOBS:-2} CKL_FUZZ_SECONDS=$(size CKL_FUZZ_SECONDS 20 1200) \
        bash "$here/fuzz/fuzz.sh" ${CKL_FAULT_ONLY-}
}

commit=$(git -C "$here" rev-parse --short=10 HEAD 2>/dev/null || echo unknown)
[ -z "$(git -C "$here/../.." status --porcelain -- . ':!README.md' ':!tests/fault/RESULTS.md' 2>&1)" ] ||
    commit="$commit, changed"

# A part that ends without saying how it went is a violation, too.
run_part() {
    local part=$1 code=0 new=$rows/$1.$$.new
    export CKL_SEED=$seed
    "$part" >"$new" || code=$?
    [ "$code" -eq 0 ] || failed=1
    if [ "$code" -ne 0 ] && awk -F '\t' '$3 != 0 { exit 1 }' "$new" || [ ! -s "$new" ]; then
        failed=1
        row "$part: it ended with $code" 0 1 "$seed" 0 >>"$new"
    fi
    awk -F '\t' '$3 != 0 { bad = 1 } END { exit bad }' "$new" || failed=1
    awk -F '\t' -v part="$part" '{ tried += $2; violations += $3 }
        END { printf "%s: %d tried, %d violations\n", part, tried, violations }' "$new"
    sed -i "s/\$/\t$commit/" "$new"
    flock 9
    if [ -n "${CKL_FAULT_ONLY-}" ] && [ -e "$rows/$part.rows" ]; then
        awk -F '\t' '{ what = $1; sub(/ \(of [0-9]+\)$/, "", what) }
            FNR == NR { anew[what] = 1; next } !(what in anew)' "$new" "$rows/$part.rows" \
            >"$new.kept"
        cat "$new.kept" >>"$new"
        rm "$new.kept"
    fi
    sort "$new" >"$rows/$part.rows"
    rm "$new"
    flock -u 9
}

write_table() {
    local part
    cat <<TEXT
# What was tried to break it

Written by \`tests/fault/run.sh --table\`; never edited by hand. A violation is anything that breaks a
promise: something acknowledged is lost, an operation is there by half, a file is not what its row
says, an intent is left after recovery, a second opening writes, an error without a message, a wrong
answer without an error, a leak, a crash. Of a planted mistake, the violation would be that it is not
found. What is tried: of a power loss, different states of the disk (of so many that were drawn); of
an error, cases in which it struck; of a full disk, sizes at which something was refused.

| fault | tried | violations | seed | seconds | commit |
|---|---:|---:|---:|---:|---|
TEXT
    for part in "${all[@]}"; do
        [ ! -e "$rows/$part.rows" ] || awk -F '\t' -v part="$part" '
            { printf "| %s | %d | %d | %s | %.1f | %s |\n", $1, $2, $3, $4, $5, $6
              tried += $2; violations += $3; seconds += $5 }
            END { if (NR > 1) printf "| **%s: together** | **%d** | **%d** | | %.1f | |\n", part,
                tried, violations, seconds }' "$rows/$part.rows"
    done
}

table='' parts=()
for argument; do
    case $argument in
    --table) table=1 ;;
    --write) table=1 parts=(none) ;;
    *)  [[ " ${all[*]} " = *" $argument "* ]] ||
            { echo "run.sh: no part $argument; there are: ${all[*]}" >&2; exit 2; }
        parts+=("$argument") ;;
    esac
done
[ ${#parts[@]} -gt 0 ] || parts=("${all[@]}")
mkdir -p "$rows"
exec 9>"$rows/lock"
[ "${parts[*]}" = none ] || [ -n "${CKL_BUILD-}" ] ||
    { "$here/../../tools/install-packages.sh" libclang-rt-14-dev && "$here/../../tools/build.sh"; } >&2
for part in "${parts[@]}"; do
    [ "$part" = none ] || run_part "$part"
done
[ -z "$table" ] || write_table >"$here/RESULTS.md"
exit "$failed"
