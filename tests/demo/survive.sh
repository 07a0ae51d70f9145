#!/usr/bin/env bash
# Training survives us: on a file system that is full from some moment on, whichever it is, the demo
# trains to the end with the losses that it has without a ledger; `status` says degraded and why; when
# there is space again the same trainer records again. The same for a tree that turns read-only.
# CKL_SIZES sets how many sizes of the file system are tried (6).
set -euo pipefail
fail() { echo "FAIL: $*" >&2; exit 1; }

if [ "${1:-}" != inside ]; then
    if unshare -Urm true 2>/dev/null; then
        exec unshare -Urm "$0" inside
    elif [ "$(id -u)" -eq 0 ] && unshare -m true 2>/dev/null; then
        exec unshare -m "$0" inside
    fi
    echo "SKIP: no namespace to mount a small file system in" >&2
    exit 77
fi

place=$(mktemp -d)
trainer=
trap '[ -z "$trainer" ] || { kill -9 "$trainer"; wait "$trainer"; } 2>/dev/null || true; umount "$place/disk" 2>/dev/null || true
      rm -rf "$place"' EXIT
mkdir "$place/disk"
mount_disk() { mount -t tmpfs -o "size=$1" none "$place/disk"; }
losses() { sed -n 's/.*trained to/trained to/p' "$1"; }

# Without a ledger: another rank of a distributed job records nothing.
RANK=1 "$CKL_DEMO" --train 700 "$place/none" "$IRIS" >"$place/without.txt" 2>"$place/errors.txt"
[ ! -e "$place/none" ] || fail "rank 1 made a ledger"
[ ! -s "$place/errors.txt" ] || fail "rank 1 said: $(cat "$place/errors.txt")"
[ -n "$(losses "$place/without.txt")" ] || fail "no losses without a ledger"

failed=0
for number in $(seq "${CKL_SIZES:-6}"); do
    mount_disk "$((number * 3000 / ${CKL_SIZES:-6}))k"
    "$CKL_DEMO" --train 700 "$place/disk/root" "$IRIS" >"$place/with.txt" 2>"$place/errors.txt" ||
        fail "size $number: the training ended with $?: $(cat "$place/errors.txt")"
    [ "$(losses "$place/with.txt")" = "$(losses "$place/without.txt")" ] ||
        fail "size $number: other losses: $(cat "$place/with.txt")"
    [ "$(grep -c 'recording fails' "$place/errors.txt")" -le 2 ] ||
        fail "size $number: said more than once: $(cat "$place/errors.txt")"
    grep -q 'recording fails' "$place/errors.txt" && failed=$((failed + 1))
    if [ -e "$place/disk/root/ledger.db" ] && [ -s "$place/disk/root/ledger.db" ]; then
        mount -o remount,size=8m "$place/disk" # sqlite3 needs a little to look
        answer=$(sqlite3 "$place/disk/root/ledger.db" 'PRAGMA integrity_check') || true
        [ "$answer" = ok ] || fail "size $number: the ledger is damaged: $answer"
    fi
    umount "$place/disk"
done
[ "$failed" -ge 2 ] || fail "only $failed sizes were too small"
grep -q 'recording fails' "$place/errors.txt" && fail "no size was large enough"

# Full from some moment on, then not any more.
mount_disk 96m
root=$place/disk/root
"$CKL_DEMO" --train 100 "$root" "$IRIS" >/dev/null
"$CKL_DEMO" --train 100000000 "$root" "$IRIS" >"$place/with.txt" 2>"$place/errors.txt" &
trainer=$!
wait_for() { # what, seconds
    for _ in $(seq $((${2:-20} * 10))); do
        eval "$1" 2>/dev/null && return 0
        sleep 0.1
    done
    "$CKL" -C "$root" status >&2 || true
    tail -3 "$place/errors.txt" >&2
    fail "waited in vain for: $1"
}
wait_for '"$CKL" -C "$root" status --json | grep -q "\"trainer\": \""'
head -c 128m /dev/zero >"$place/disk/filler" 2>/dev/null || true
wait_for '"$CKL" -C "$root" status --json | grep -q "\"degraded\": \".*space\|\"degraded\": \".*full"'
status=0
"$CKL" -C "$root" discard setosa_001 >/dev/null 2>"$place/refused.txt" || status=$?
[ "$status" -eq 6 ] || [ "$status" -eq 0 ] || fail "an edit on a full disk exits $status"
kill -0 "$trainer" || fail "the training ended"
rm "$place/disk/filler"
wait_for '"$CKL" -C "$root" status --json | grep -q "\"degraded\": null"'
"$CKL" -C "$root" discard setosa_002 >/dev/null
wait_for '"$CKL" -C "$root" status --json | grep -q "\"pending\": \[\]"'
[ "$(grep -c 'recording fails' "$place/errors.txt")" -ge 1 ] || fail "nothing was said"

# The root is not there for a while.
mv "$root" "$root.away"
wait_for '"$CKL" -C "$root.away" status --json | grep -q "\"degraded\": \""'
kill -0 "$trainer" || fail "the training ended"
[ ! -e "$root" ] || fail "the root was made anew elsewhere: $(find "$root" | head -5)"
mv "$root.away" "$root"
wait_for '"$CKL" -C "$root" status --json | grep -q "\"degraded\": null"'
"$CKL" -C "$root" discard setosa_003 >/dev/null
wait_for '"$CKL" -C "$root" status --json | grep -q "\"pending\": \[\]"'
kill -9 "$trainer"
wait "$trainer" 2>/dev/null || true
trainer=
"$CKL" -C "$root" log --limit 5 >/dev/null || fail "the ledger cannot be read afterwards"
