#!/usr/bin/env bash
# The guide's calls in their command form. promise LINES COMMAND… runs the command and says which
# lines of guide.md hold.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
unset CKL_ROOT CKL_RUN CKL_ACTOR RANK
promise() {
    local lines=$1
    shift
    "$@" || { echo "guide lines $lines do not hold: $*" >&2; exit 1; }
    echo "guide: $lines"
}
prints() { # EXPECTED COMMAND…
    local expected=$1
    shift
    [ "$("$@")" = "$expected" ]
}

promise 38-45,247-249 prints config "$CKL" compare a1b2c3d4e5f6g7h8i9j0k1l2 a1b2c3d4f0f0f0f0i9j0k1l2
promise 176-187 prints data "$CKL" compare a1b2c3d4e5f6g7h8i9j0k1l2 a1b2c3d4e5f6g7h8ffffffff

echo '{"class": "Net", "modules": [{"name": "fc", "type": "Linear", "attributes": {"in": 4}}]}' >model.json
printf 'lr: 0.001\nbatch_size: 32\n' >config.yaml
cat >data.json <<'END'
{"uids": ["sample_001", "sample_002", "sample_003"], "discarded": ["sample_002"],
 "tags": {"sample_001": ["validated", "augmented"], "sample_003": ["test"]}}
END
promise 193-218 prints 'sample_001:d0:taugmented,validated
sample_002:d1:t
sample_003:d0:ttest' "$CKL" hash --data data.json --explain data --lines
promise 230-232 test "$("$CKL" hash --model model.json --config config.yaml --data data.json | head -1 | wc -c)" -ge 25
without=$("$CKL" hash --model model.json --config config.yaml --json | grep -o '"experiment": "[^"]*"')
promise 323-325 test "${without: -9}" = '00000000"'
status=0
"$CKL" show a1b2c3d4e5f6g7h8 2>error || status=$?
status=0
"$CKL" compare a1b2c3d4e5f6g7h8 a1b2c3d4e5f6g7h8i9j0k1l2 2>error || status=$?
promise 321,328 test "$status" -eq 2
promise 328 grep -q 'not compatible' error

"$CKL" update --model model.json --config config.yaml --data data.json >out 2>/dev/null
hash=$(grep -o '[0-9a-f]\{24\}' out | head -1)
promise 114-131 test "${#hash}" -eq 24
promise 31,128 test ! -e checkpoints
promise 134-137 grep -q 'pending *model, config, data' <("$CKL" status)
"$CKL" dump --force >/dev/null
promise 29,139-140 test -e "checkpoints/$hash/data/${hash}_data_state.yaml"
promise 379-382 grep -q 'pending *nothing' <("$CKL" status)
printf 'lr: 0.01\nbatch_size: 32\n' >config.yaml
"$CKL" update --config config.yaml >/dev/null
promise 379-382 grep -q 'pending *config' <("$CKL" status)
echo weights >weights.pt
"$CKL" checkpoint --step 100 --weights weights.pt --force-dump >/dev/null
hash=$("$CKL" status --json | grep -o '"experiment": "[^"]*"' | cut -d'"' -f4)
promise 142-163 test -e "checkpoints/$hash/model/${hash}_step_000100.pt"
promise 146,160-161 test -e "checkpoints/$hash/hp/${hash}_config.yaml"
printf 'lr: 0.02\nbatch_size: 32\n' >config.yaml
"$CKL" update --config config.yaml --dump >/dev/null
promise 103,411 grep -q 'pending *nothing' <("$CKL" status)
