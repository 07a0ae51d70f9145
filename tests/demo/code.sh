#!/usr/bin/env bash
# When only the code changed, diff and show say so: sessions are outside every hash.
set -euo pipefail
fail() { echo "FAIL: $*" >&2; exit 1; }
unset CKL_ROOT CKL_RUN CKL_ACTOR RANK
export CKL
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
mkdir code
cd code
git init -q .
git config user.email nobody@example.invalid
git config user.name nobody
echo one >train.py
git add train.py
git commit -qm one
first=$(git rev-parse HEAD)
"$CKL_DEMO" --train 100 ../root "$IRIS" >/dev/null
"$CKL" -C ../root diff >out
grep -q 'nothing differs' out || fail "$(cat out)"
grep -q 'code' out && fail "the code did not change: $(cat out)"

echo two >train.py
git commit -qam two
second=$(git rev-parse HEAD)
echo three >train.py
"$CKL_DEMO" --train 100 ../root "$IRIS" >/dev/null
"$CKL" -C ../root diff >out
grep -q 'nothing differs' out || fail "$(cat out)"
grep -qx "code changed: commit $first to $second, dirty" out || fail "diff says: $(cat out)"
"$CKL" -C ../root show >out
grep -qx "code changed: commit $first to $second, dirty" out || fail "show says: $(cat out)"
"$CKL" -C ../root diff --json | python3 -c '
import json, sys
code = json.load(sys.stdin)["code"]
assert code["from"]["commit"] == sys.argv[1] and not code["from"]["dirty"]
assert code["to"]["commit"] == sys.argv[2] and code["to"]["dirty"]
assert len(code["to"]["difference"]) == 64' "$first" "$second" || fail "the JSON differs"
"$CKL" -C ../root show --json | grep -q '"code_changed": true' || fail "show --json"
"$CKL" -C ../root diff --exit-code >/dev/null || fail "the code is no segment"
