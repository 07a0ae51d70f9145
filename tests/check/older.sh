#!/usr/bin/env bash
# A ledger of version 1 (version_1.sql: its tables, as its program left them) is brought up to date and
# found sound; its dumped files come back from it; its events, and what follows from them, are checked.
set -euo pipefail
here=$(dirname "$(realpath "$0")")
unset CKL_ROOT CKL_RUN CKL_ACTOR RANK
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
fail() { echo "FAIL: $*" >&2; cat out error >&2; exit 1; }
fsck() {
    expected=$1 code=0
    shift
    "$CKL" -C root fsck "$@" >out 2>error || code=$?
    [ "$code" -eq "$expected" ] || fail "fsck $*: exit $code, not $expected"
}

mkdir root
sqlite3 root/ledger.db <"$here/version_1.sql"
fsck 3
[ "$(grep -c '^missing  ' out)" -eq 13 ] || fail "not just the files are missing"
grep -q '^13 of 13 findings' out || fail "something else is wrong with it"
[ "$(sqlite3 root/ledger.db 'PRAGMA user_version')" -gt 1 ] || fail "it was not brought up to date"
fsck 3 --repair
[ "$(grep -c '^repaired' out)" -eq 12 ] || fail "not all dumped files are back"
printf weights >"root/$(grep -o 'checkpoints/[^:]*\.pt' out)"
fsck 0

# History goes on behind it, in the version of today.
"$CKL" -C root tag odd a >/dev/null
"$CKL" -C root dump >/dev/null
"$CKL" -C root switch '@~1' >/dev/null
head -c 10 /dev/urandom >weights
"$CKL" -C root checkpoint --step 5 --weights weights >/dev/null
fsck 0
versions=$(sqlite3 root/ledger.db 'SELECT group_concat(chain_version) FROM (
           SELECT DISTINCT chain_version FROM _event ORDER BY 1)')
[ "$versions" = 1,2 ] || fail "the versions of the chain are $versions"

# What its chain covers cannot be changed unseen.
cp -a root sound
for change in "_event SET actor = 'x' WHERE seq = 3" "_event SET step = 2 WHERE seq = 6" \
              "_config SET content = '{}' WHERE id = 1" "_sample SET uid = 'z' WHERE id = 1" \
              "_file SET sha256 = zeroblob(32) WHERE path LIKE '%.pkl'" \
              "_file SET component = 1" "_run SET head = 1" "_experiment SET dumped = NULL"; do
    rm -rf root; cp -a sound root
    sqlite3 root/ledger.db "UPDATE $change"
    fsck 3
done
echo 'all hold'
