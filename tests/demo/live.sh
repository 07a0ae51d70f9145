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

status=0
events=$("$CKL" -C "$root" log --limit 0 --json | grep -o '"kind": "update"' | wc -l)
"$CKL_DEMO" --train 100 "$root" "$IRIS" >/dev/null 2>"$root/second.txt" || status=$?
[ "$status" -eq 4 ] || fail "a second training program exits $status"
grep -q "$(hostname), pid $trainer, since 20" "$root/second.txt" || fail "$(cat "$root/second.txt")"
[ "$events" = "$("$CKL" -C "$root" log --limit 0 --json | grep -o '"kind": "update"' | wc -l)" ] ||
    fail "the second trainer recorded something"

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
trainer_pid=$trainer
grep -q 'going on with that' "$root/trainer.txt" ||
    fail "the trainer was not told"
"$CKL_DEMO" --train 100 "$root" "$IRIS" >/dev/null || fail "the next trainer cannot start at once"
[ "$(ask "SELECT discarded FROM samples WHERE uid = 'virginica_001'")" = 1 ] ||
    fail "the edit did not survive the trainer"

# History says that the first one died, who it was, and that the second one ended well; what the
# weights come from is what the second one said when it loaded them.
ask "SELECT reason FROM _event WHERE kind = 'end'" | grep -q "pid $trainer_pid, .*ended without" ||
    fail "history does not say who died"
[ "$(ask "SELECT group_concat(outcome, ' ') FROM (SELECT outcome FROM sessions ORDER BY session)")" = \
    "closed died closed" ] || fail "sessions ended otherwise"
"$CKL" -C "$root" log --limit 0 | grep ' end .*ended without closing' >/dev/null || fail "log is silent"
saved=$(ask "SELECT origin || ' ' || (from_checkpoint IS NOT NULL) FROM checkpoints
             ORDER BY seq DESC LIMIT 1")
[ "$saved" = "checkpoint 1" ] || fail "where the weights come from: $saved"

# Edits at full speed: no step that neither dumps nor saves is slow. What "slow" is depends on the
# machine, so it is printed, and only what is out of all proportion fails.
"$CKL_DEMO" --train 100000000 "$root" "$IRIS" >"$root/trainer.txt" 2>&1 &
trainer=$!
for number in $(seq "$edits"); do
    "$CKL" -C "$root" tag "t$((number % 7))" "virginica_$(printf '%03d' $((number % 50 + 1)))" >/dev/null
done
kill -TERM "$trainer"
wait "$trainer" || fail "the trainer ended with $?"
slowest=$(sed -n 's/.*slowest step.*: \([0-9.]*\) ms.*/\1/p' "$root/trainer.txt")
echo "slowest step that neither dumped nor saved: $slowest ms"
awk -v slowest="$slowest" 'BEGIN { exit !(slowest != "" && slowest < 2000) }' ||
    fail "a step took $slowest ms"
