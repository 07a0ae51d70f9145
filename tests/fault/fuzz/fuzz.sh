#!/bin/bash
# Fuzzes: each target (or those named) for CKL_FUZZ_SECONDS (20) from its corpus, with clang's
# libFuzzer, ASan and UBSan. One line each: what, inputs tried, violations, seed, seconds.
#
#     tests/fault/fuzz/fuzz.sh [TARGET…]
#
# CKL_SEED: 1. CKL_FUZZ_JOBS: so many at a time (2). What was found stays in build/fuzz/found/; put
# it into the target's corpus with the mending. Exit 1: something was found.
set -euo pipefail
cd "$(dirname "$0")/../../.."

seconds=${CKL_FUZZ_SECONDS:-20}
seed=${CKL_SEED:-1}
jobs=${CKL_FUZZ_JOBS:-2}
mapfile -t all < <(sed -n '/^set(FUZZ_TARGETS/,/^)/p' tests/fault/fuzz/fuzz.cmake |
    grep -v '[()]' | tr -d ' ')
targets=("$@")
[ ${#targets[@]} -gt 0 ] || targets=("${all[@]}")

mkdir -p build/fuzz/found
cmake --preset fuzz >build/fuzz.log 2>&1 || { cat build/fuzz.log >&2; exit 2; }
cmake --build --preset fuzz --target "${targets[@]/#/fuzz_}" >>build/fuzz.log 2>&1 ||
    { tail -n 40 build/fuzz.log >&2; exit 2; }

# Inputs that brought something new are kept from one time to the next, beside the corpus.
fuzz_one() {
    local name=$1 code=0 began=$SECONDS log=build/fuzz/$1.log dictionary=()
    mkdir -p "build/fuzz/inputs/$name"
    [ ! -e "tests/fault/fuzz/$name.dict" ] || dictionary=(-dict="tests/fault/fuzz/$name.dict")
    build/fuzz/fuzz_"$name" -max_total_time="$seconds" -seed="$seed" -timeout=60 -rss_limit_mb=1024 \
        -max_len=65536 -print_final_stats=1 -artifact_prefix="build/fuzz/found/$name-" \
        "${dictionary[@]}" "build/fuzz/inputs/$name" "tests/fault/fuzz/corpus/$name" \
        >"$log" 2>&1 </dev/null || code=$?
    local tried
    tried=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log" | tail -n 1)
    [ "$code" -eq 0 ] || { echo "fuzz $name: exit $code, see $log"; tail -n 30 "$log"; } >&2
    printf 'fuzz: %s\t%s\t%d\t%s\t%d\n' "$name" "${tried:-0}" "$((code != 0))" "$seed" \
        "$((SECONDS - began))"
    return "$code"
}
export -f fuzz_one
export seconds seed

failed=0
printf '%s\n' "${targets[@]}" | xargs -P "$jobs" -I{} bash -c 'fuzz_one {}' || failed=1
exit "$failed"
