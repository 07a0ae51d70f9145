#!/usr/bin/env bash
# A root on a file system of 8 MB, and one under a limit of file sizes: exit 6 with the cause, nothing
# half written, everything acknowledged readable, and it goes on when there is space.
set -euo pipefail
fail() { echo "FAIL: $*" >&2; exit 1; }
unset CKL_ROOT CKL_RUN CKL_ACTOR RANK

check() { # everything acknowledged is there, and nothing else
    "$CKL" -C "$root" status >/dev/null || fail "$1: status"
    [ "$(sqlite3 "$root/ledger.db" 'PRAGMA integrity_check; PRAGMA foreign_key_check')" = ok ] ||
        fail "$1: the ledger is damaged"
    [ "$(sqlite3 "$root/ledger.db" 'SELECT count(*) FROM _intent')" -eq 0 ] || fail "$1: an intent is left"
    [ -z "$(ls "$root/.ckl/tmp")" ] || fail "$1: left over: $(ls "$root/.ckl/tmp")"
    sqlite3 "$root/ledger.db" "SELECT lower(hex(sha256)) || '  ' || path FROM _file
        UNION ALL SELECT lower(hex(sha256)) || '  ' || path FROM _checkpoint WHERE state = 'present'" >"$place/sums"
    (cd "$root" && sha256sum --quiet -c "$place/sums") || fail "$1: a file is not what its row says"
    [ "$(find "$root/checkpoints" -type f | wc -l)" -eq "$(wc -l <"$place/sums")" ] ||
        fail "$1: a file has no row"
    while read -r step; do
        "$CKL" -C "$root" path @ --step "$step" >/dev/null || fail "$1: step $step was acknowledged"
    done <"$place/saved"
}

fill() { # $1: what; saves weights until it fails
    local step=0 status=0
    : >"$place/saved"
    while [ $step -lt 400 ]; do
        step=$((step + 1))
        head -c 65536 /dev/urandom >"$place/weights"
        "$CKL" -C "$root" checkpoint --step $step --weights "$place/weights" --metric loss=$step \
            >/dev/null 2>"$place/error" || { status=$?; break; }
        echo $step >>"$place/saved"
    done
    [ "$status" -eq 6 ] || fail "$1: exit $status: $(cat "$place/error")"
    grep -qiE 'space|full|quota|large|disk I/O' "$place/error" || fail "$1: it does not say why: $(cat "$place/error")"
    [ "$(wc -l <"$place/error")" -le 2 ] || fail "$1: $(cat "$place/error")"
}

full_disk() {
    root=$place/disk/root
    mount -t tmpfs -o size=8m none "$place/disk"
    "$CKL" -C "$root" update --data "$place/data.json" --dump >/dev/null 2>&1
    fill "8 MB"
    head -c 8m /dev/zero >"$place/disk/filler" 2>/dev/null || true # to the last byte
    for command in "discard sample_1" "tag hard sample_2" "dump --force" \
                   "update --config $place/config.json" "metric --step 1 x=1"; do
        status=0
        "$CKL" -C "$root" $command >/dev/null 2>"$place/error" || status=$?
        [ "$status" -eq 6 ] || [ "$status" -eq 0 ] || fail "8 MB: ckl $command exits $status: $(cat "$place/error")"
    done
    "$CKL" -C "$root" log >/dev/null || fail "8 MB: reading"
    rm "$place/disk/filler"
    "$CKL" -C "$root" gc --keep-last 3 >/dev/null || fail "8 MB: gc"
    tail -3 "$place/saved" >"$place/last" && mv "$place/last" "$place/saved"
    "$CKL" -C "$root" tag easy sample_3 >/dev/null || fail "8 MB: with space again"
    "$CKL" -C "$root" dump >/dev/null || fail "8 MB: with space again"
    head=$(sqlite3 "$root/ledger.db" "SELECT experiment FROM runs")
    : >"$place/saved"
    check "8 MB, afterwards"
    umount "$place/disk"
    for size in 64k 128k 200k 256k 320k 512k; do # too small for the first state: from the very first byte
        mount -t tmpfs -o size=$size none "$place/disk"
        status=0
        "$CKL" -C "$root" update --data "$place/data.json" --dump >/dev/null 2>"$place/error" || status=$?
        [ "$status" -eq 6 ] || [ "$status" -eq 0 ] || fail "$size: exits $status: $(cat "$place/error")"
        mount -o remount,size=8m "$place/disk"
        "$CKL" -C "$root" update --data "$place/data.json" --dump >/dev/null 2>&1 || fail "$size: grown again"
        : >"$place/saved"
        check "$size"
        umount "$place/disk"
    done
}

limited() {
    root=$place/limited
    "$CKL" -C "$root" update --data "$place/data.json" --dump >/dev/null 2>&1
    : >"$place/saved"
    (
        ulimit -f 300 # KB: the ledger and its log grow into it
        step=0
        while [ $step -lt 3000 ]; do
            step=$((step + 1))
            "$CKL" -C "$root" metric --step $step a=1 b=2 c=3 d=4 e=5 f=6 g=7 h=8 i=9 j=10 k=11 l=12 m=13 \
                n=14 o=15 p=16 q=17 r=18 s=19 t=20 >/dev/null 2>"$place/error" || exit $?
            [ $step -lt 10 ] || step=$((step + 9))
        done
    ) || status=$?
    [ "${status:-0}" -eq 6 ] || fail "limit: exit ${status:-0}: $(cat "$place/error")"
    check limit
    "$CKL" -C "$root" tag hard sample_1 >/dev/null || fail "limit: without it again"
    head -c 100000 /dev/urandom >"$place/weights"
    status=0
    (ulimit -f 50; exec "$CKL" -C "$root" checkpoint --step 1 --weights "$place/weights") \
        >/dev/null 2>"$place/error" || status=$?
    [ "$status" -eq 6 ] || fail "limit: a checkpoint exits $status: $(cat "$place/error")"
    check limit
}

place=$(mktemp -d)
trap 'umount "$place/disk" 2>/dev/null || true; rm -rf "$place"' EXIT
if [ "${1:-}" != inside ]; then
    if unshare -Urm true 2>/dev/null; then
        unshare -Urm "$0" inside
    elif [ "$(id -u)" -eq 0 ] && unshare -m true 2>/dev/null; then
        unshare -m "$0" inside
    else
        echo "no namespace to mount a small file system in: only the limit of file sizes is tried" >&2
    fi
fi
mkdir "$place/disk"
echo '{"lr": 1}' >"$place/config.json"
python3 -c '
import json
print(json.dumps({"uids": [f"sample_{n}" for n in range(2000)]}))' >"$place/data.json"
if [ "${1:-}" = inside ]; then full_disk; else limited; fi
