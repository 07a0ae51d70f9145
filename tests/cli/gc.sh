#!/usr/bin/env bash
# gc: rules, branches, names, limits, dry runs; what goes is gone, what stays has its bytes.
set -euo pipefail
fail() { echo "FAIL: $*" >&2; exit 1; }
unset CKL_ROOT CKL_RUN CKL_ACTOR RANK
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
steps() { # of the checkpoints in state $1
    "$CKL" checkpoints --all --json | python3 -c '
import json, os, sys
rows = json.load(sys.stdin)["checkpoints"]
for row in rows:
    assert os.path.exists(row["path"]) == (row["state"] == "present" or any(
        other["path"] == row["path"] and other["state"] == "present" for other in rows)), row
print(*[row["step"] for row in rows if row["state"] == sys.argv[1]])' "$1"
}
equal() { [ "$1" = "$2" ] || fail "expected '$1', got '$2' $3"; }

echo '{"lr": 1}' >config.json
"$CKL" update --config config.json >/dev/null 2>&1
for step in 10 20 30 40 50 60 70 80; do
    head -c 1000 /dev/urandom >weights
    "$CKL" checkpoint --step $step --weights weights --metric "loss=0.$((90 - step))" >/dev/null
done
head=$("$CKL" status --json | grep -o '"experiment": "[^"]*"' | cut -d'"' -f4)

# A branch from step 30: its origin and both tips stay.
"$CKL" run new branch --from "@@30" >/dev/null
head -c 1000 /dev/urandom >weights
"$CKL" --run branch checkpoint --step 31 --weights weights >/dev/null

events=$("$CKL" log --all --limit 0 | wc -l)
"$CKL" gc --keep-last 2 --dry-run >out
grep -q 'would remove 5 of 8 checkpoints, 5000 bytes; 3000 bytes stay' out || fail "$(cat out)"
grep -q 'step 10 .*no rule keeps it; nothing brings it back' out || fail "$(cat out)"
equal "10 20 30 40 50 60 70 80 31" "$(steps present)" "after a dry run"
equal "$events" "$("$CKL" log --all --limit 0 | wc -l)" "events after a dry run"

"$CKL" gc --keep-last 2 --keep-every 20 --reason 'the disk is small' >out
equal "20 30 40 60 70 80 31" "$(steps present)" "after keep-every"
equal "10 50" "$(steps removed)" "after keep-every"
"$CKL" log >out
grep -q 'remove .*step 10 .*the disk is small' out || fail "the log is silent: $(cat out)"

"$CKL" gc --keep-best loss --highest --json >out
equal "20 30 80 31" "$(steps present)" "after keep-best"
python3 -c '
import json
told = json.load(open("out"))
assert [row["step"] for row in told["removed"]] == [40, 60, 70], told
assert told["bytes"] == 3000 and told["kept"] == 3 and not told["dry_run"], told
assert all(row["unrecoverable"] for row in told["removed"])'

# Named ones go although a branch came from them; a wrong name removes nothing.
status=0
"$CKL" gc "@@20" "@@12345" 2>error || status=$?
equal 1 "$status" "for a checkpoint that is not there"
grep -q 'step 12345' error || fail "$(cat error)"
equal "20 30 80 31" "$(steps present)" "after a wrong name"
"$CKL" gc "$head@30" >/dev/null
equal "20 80" "$("$CKL" checkpoints --json | python3 -c '
import json, sys
print(*[row["step"] for row in json.load(sys.stdin)["checkpoints"] if row["state"] == "present"])')" \
    "after a name"

# The limit takes the oldest that may go; tips stay even over it.
for step in 90 100 110; do
    head -c 1000 /dev/urandom >weights
    "$CKL" checkpoint --step $step --weights weights >/dev/null
done
"$CKL" gc --max-bytes 2500 >/dev/null
equal "31 100 110" "$(steps present)" "after a limit"
"$CKL" gc --max-bytes 0 --all >/dev/null
equal "31 110" "$(steps present)" "after a limit of nothing"

# Equal bytes in a file that stays are said to be no loss.
for step in 120 130; do "$CKL" checkpoint --step $step --weights weights >/dev/null; done
"$CKL" gc --keep-last 1 >out
grep -q 'step 110 .*the same bytes stay in checkpoints/' out || fail "$(cat out)"

# Saving again where something was removed; a second gc has nothing to do and writes nothing.
"$CKL" checkpoint --step 120 --weights weights >/dev/null
events=$("$CKL" log --all --limit 0 | wc -l)
"$CKL" gc --keep-last 5 >out
grep -q 'removed 0 of' out || fail "$(cat out)"
equal "$events" "$("$CKL" log --all --limit 0 | wc -l)" "events after an idle gc"
[ "$(sqlite3 ledger.db 'SELECT count(*) FROM _intent')" = 0 ] || fail "an intent is left"

for wrong in "" "--keep-last 0" "--keep-last x" "--max-bytes 5X" "@" "--keep-every -1"; do
    status=0
    "$CKL" gc $wrong >out 2>error || status=$?
    equal 2 "$status" "for 'gc $wrong'"
    equal 0 "$(wc -c <out)" "bytes of output for 'gc $wrong'"
done
