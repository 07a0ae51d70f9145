#!/usr/bin/env bash
# Four processes of one distributed job, started together: one history, which rank 0 writes; the
# others record nothing and say nothing about it.
set -euo pipefail
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
fail() { echo "FAIL: $*" >&2; exit 1; }

for rank in 0 1 2 3; do
    RANK=$rank "$CKL_DEMO" --train 500 "$root/ledger" "$IRIS" >"$root/$rank.txt" 2>"$root/$rank.errors" &
    pids[rank]=$!
done
for rank in 0 1 2 3; do
    wait "${pids[rank]}" || fail "rank $rank ended with $?: $(cat "$root/$rank.errors")"
    [ ! -s "$root/$rank.errors" ] || fail "rank $rank said: $(cat "$root/$rank.errors")"
    grep -o 'trained to step.*' "$root/$rank.txt" >"$root/$rank.losses"
    cmp -s "$root/0.losses" "$root/$rank.losses" || fail "rank $rank has other losses"
done
sessions=$(sqlite3 "$root/ledger/ledger.db" "SELECT count(*) FROM sessions")
[ "$sessions" -eq 1 ] || fail "$sessions sessions"
saved=$(sqlite3 "$root/ledger/ledger.db" "SELECT group_concat(step) FROM checkpoints")
[ "$saved" = 100,200,300,400,500 ] || fail "saved: $saved"
