#!/usr/bin/env bash
# While the demo trains at full speed in one process, samples are discarded and restored from others:
# no edit is lost, the trainer goes on with each, and a second trainer is told who the first is.
# CKL_EDITS sets how many edits (30).
set -euo pipefail
root=$(mktemp -d)
trap 'kill "$trainer" 2>/dev/null || true; rm -rf "$root"' EXIT
fail() { echo "FAIL: $*" >&2; exit 1; }
ask() { sqlite3 -cmd '.timeout 5000' "$root/ledger.db" "$1"; }

"$CKL_DEMO" --train 100 "$root" "$IRIS" >/dev/null
"$CKL_DEMO" --train 100000000 "$root" "$IRIS" >"$root/trainer.txt" 2>&1 &
trainer=$!
for _ in $(seq 100); do
    "$CKL" -C "$root" status --json | grep -q '"trainer": "' && break
    sleep 0.05
done

status=0
error=$("$CKL" -C "$root" checkpoint --step 1 --weights "$IRIS" 2>&1 >/dev/null) || status=$?
[ "$status" -eq 4 ] || fail "a second trainer exits $status"
grep -q "pid $trainer" <<<"$error" || fail "the first trainer is not named: $error"

edits=${CKL_EDITS:-30}
for number in $(seq "$edits"); do
    uid=setosa_$(printf '%03d' $((number % 50 + 1)))
    "$CKL" -C "$root" discard "$uid" --reason "edit $number" >/dev/null
    "$CKL" -C "$root" restore "$uid" --reason "edit $number" >/dev/null
done
"$CKL" -C "$root" discard virginica_001 --reason "the last" >/dev/null
recorded=$(ask "SELECT count(*) FROM sample_changes WHERE reason LIKE 'edit %'")
[ "$recorded" -eq $((2 * edits)) ] || fail "$recorded of $((2 * edits)) edits are recorded"

head=$(ask "SELECT experiment FROM runs WHERE run = 'main'")
for _ in $(seq 100); do
    [ "$(ask "SELECT dumped FROM experiments WHERE experiment = '$head'")" = 1 ] && break
    sleep 0.05
done
[ "$(ask "SELECT dumped FROM experiments WHERE experiment = '$head'")" = 1 ] ||
    fail "the trainer did not dump the last edit"
[ "$(ask 'SELECT count(*) FROM pending')" -eq 0 ] || fail "something is still pending"

kill -9 "$trainer"
wait "$trainer" 2>/dev/null || true
grep -q 'going on with that' "$root/trainer.txt" ||
    fail "the trainer was not told"
"$CKL_DEMO" --train 100 "$root" "$IRIS" >/dev/null || fail "the next trainer cannot start at once"
[ "$(ask "SELECT discarded FROM samples WHERE uid = 'virginica_001'")" = 1 ] ||
    fail "the edit did not survive the trainer"
