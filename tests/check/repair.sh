#!/usr/bin/env bash
# fsck --repair: what the ledger can derive comes back byte for byte, what it replaces is kept, what it
# cannot bring back is said; a second look finds nothing else.
set -euo pipefail
here=$(dirname "$(realpath "$0")")
unset CKL_ROOT CKL_RUN CKL_ACTOR RANK
work=$(mktemp -d)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
cd "$work"
. "$here/rich_ledger.sh"
fail() { echo "FAIL: $*" >&2; cat out error >&2; exit 1; }
ask() { sqlite3 "$1/ledger.db" "$2"; }
# fsck EXIT ROOT OPTIONS…: leaves standard output in out
fsck() {
    expected=$1 root=$2 code=0
    shift 2
    "$CKL" -C "$root" fsck "$@" >out 2>error || code=$?
    [ "$code" -eq "$expected" ] || fail "fsck $root $*: exit $code, not $expected"
}
# fresh: a copy of the rich ledger in `root`
fresh() { [ ! -e root ] || chmod -R u+w root; rm -rf root; cp -a rich root; }
sums() { (cd "$1" && find checkpoints -type f | sort | xargs sha256sum); }

rich_ledger rich
fsck 0 rich
sums rich >before

# Everything but weights is deleted: it comes back byte for byte.
fresh
find root/checkpoints -type f ! -name '*_step_*' -delete
find root/checkpoints -depth -type d -empty -delete
lost=$(sums rich | grep -vc _step_)
fsck 3 root
[ "$(grep -c '^missing  ' out)" -eq "$lost" ] || fail "not all that is gone is named"
fsck 0 root --repair --reason 'somebody cleaned up'
[ "$(grep -c '^repaired' out)" -eq "$lost" ] || fail "not all is said to be back"
sums root | diff before - || fail "the tree is not what it was"
fsck 0 root
[ "$(ask root "SELECT reason FROM _event WHERE kind = 'repair'")" = 'somebody cleaned up' ] ||
    fail "history does not know of the repair"
[ "$(find root/checkpoints -name '*.yaml' ! -perm 0444 | wc -l)" -eq 0 ] || fail "they can be changed"

# A flipped byte in any file is found and named; a dumped file comes back and what was there is kept;
# weights that no other file holds stay as they are, and that they are lost is said.
sums rich | while read -r sum path; do
    fresh
    chmod u+w "root/$path"
    size=$(stat -c %s "root/$path")
    python3 - "root/$path" $((size / 2)) <<'PYTHON'
import sys
with open(sys.argv[1], "r+b") as file:
    file.seek(int(sys.argv[2]))
    byte = file.read(1)
    file.seek(int(sys.argv[2]))
    file.write(bytes([byte[0] ^ 1]))
PYTHON
    flipped=$(sha256sum <"root/$path" | cut -d' ' -f1)
    fsck 3 root
    grep -qF "$path" out || fail "$path was changed, unnamed"
    case $path:$(grep -c "^$sum" before) in
    *_step_*:1)
        fsck 3 root --repair
        grep -F "$path" out | grep -q 'lost: the weights' || fail "that they are lost is not said"
        [ "$(sha256sum <"root/$path" | cut -d' ' -f1)" = "$flipped" ] || fail "$path was touched" ;;
    *)
        fsck 0 root --repair
        [ "$(sha256sum <"root/$path" | cut -d' ' -f1)" = "$sum" ] || fail "$path is not back"
        fsck 0 root
        kept=$(find root/.ckl/quarantine -name "$(basename "$path")")
        [ "$(sha256sum <"$kept" | cut -d' ' -f1)" = "$flipped" ] || fail "what gave way is not kept" ;;
    esac
done

# A link in the place of a folder or a file, and a folder in the place of a file.
fresh
directory=$(ls -d root/checkpoints/*/hp | head -1)
mv "$directory" elsewhere && ln -s "$work/elsewhere" "$directory"
config=$(ls root/checkpoints/*/hp/*_config.yaml | tail -1)
mv "$config" away && mkdir "$config"
fsck 3 root
[ "$(grep -c '^changed  ' out)" -eq 2 ] || fail "links and folders are not told"
fsck 0 root --repair
[ ! -L "$directory" ] || fail "the link is still there"
sums root | diff before - || fail "the tree is not what it was"

# Derived rows, views, triggers and indexes, all at once.
fresh
sqlite3 root/ledger.db "
    UPDATE _run SET baseline = NULL, first_step = 77, origin = 'start';
    UPDATE _checkpoint SET state = 'replaced' WHERE id = 1;
    DELETE FROM _run_sample; DELETE FROM _config_leaf WHERE path LIKE '%lr%';
    INSERT INTO _model_module SELECT component, 'ghost', 'x' FROM _model;
    UPDATE _data_state SET total = total + 1, depth = 5; DELETE FROM _tagset_tag;
    UPDATE _tagset_change SET added = 1; UPDATE _ignored_path SET to_event = NULL;
    UPDATE _file SET size = 1 WHERE path LIKE '%.yaml'; DELETE FROM _file WHERE path LIKE '%.pkl';
    UPDATE _session SET outcome = 'died'; UPDATE _experiment SET dumped = NULL;
    UPDATE _metric_series SET last_step = 12345;
    UPDATE _component SET shift = 16 WHERE id = 1;
    DROP VIEW samples; DROP VIEW runs; CREATE VIEW runs AS SELECT 1;
    CREATE TRIGGER sneaky AFTER INSERT ON _event BEGIN DELETE FROM _event; END;
    DROP INDEX _event_by_run; CREATE INDEX guest ON _run (name);"
for table in $(ask rich "SELECT name FROM sqlite_master WHERE type = 'table'"); do
    sqlite3 rich/ledger.db "SELECT * FROM $table" >"rich.$table"
done
fsck 3 root
fsck 0 root --repair
fsck 0 root
for table in $(ask rich "SELECT name FROM sqlite_master WHERE type = 'table' AND name <> '_event'"); do
    sqlite3 root/ledger.db "SELECT * FROM $table" | diff "rich.$table" - >&2 || fail "$table differs"
done
[ "$(ask root "SELECT count(*) FROM _event WHERE kind = 'repair'")" = 1 ] || fail "no event"
kept=$(find root/.ckl/quarantine -name ledger.db)
[ "$(sqlite3 "$kept" 'SELECT total FROM runs' 2>&1 | grep -c 'no such column')" = 1 ] ||
    fail "the ledger of before is not kept"
[ "$(sqlite3 "$kept" 'SELECT count(*) FROM _run_sample')" = 0 ] || fail "it is not as it was"

# Derived rows are not made from a history that was changed itself.
fresh
sqlite3 root/ledger.db "UPDATE _event SET actor = 'nobody' WHERE seq = 3; DELETE FROM _run_sample;"
fsck 3 root --repair
grep -q '^chain *_event 3:' out || fail "the edit is not located"
[ "$(ask root 'SELECT count(*) FROM _run_sample')" = 0 ] || fail "rows were made from it"
grep -q 'lost: nothing can be derived' out || fail "that nothing can be derived is not said"

# Files that were deleted on purpose: said once, then it is so.
fresh
weights=$(find root/checkpoints -name '*_step_*' | sort | head -1)
rm "$weights"
dumped=$(find root/checkpoints -name '*_config.yaml' | sort | head -1)
rm "$dumped"
fsck 3 root --repair
[ -e "$dumped" ] || fail "the dumped file is not back"
grep -q 'lost: the weights: the ledger holds' out || fail "that weights are lost is not said"
rm "$dumped"
fsck 0 root --accept-missing --reason 'the disk is small'
fsck 0 root
[ "$(ask root "SELECT count(*) FROM _event WHERE kind = 'missing'")" = 2 ] || fail "no events"
[ "$(ask root "SELECT state FROM checkpoints WHERE path = '${weights#root/}'")" = removed ] ||
    fail "the checkpoint is not said to be removed"
"$CKL" -C root log --all --limit 2 | grep -q missing || fail "the log is silent"

# Weights whose bytes stand in another file come back from it.
fresh
head -c 300 /dev/urandom >same
"$CKL" -C root --run wide checkpoint --step 20 --weights same >/dev/null
"$CKL" -C root --run wide checkpoint --step 21 --weights same >/dev/null
rm root/checkpoints/*/model/*_step_000020.pt
fsck 0 root --repair
cmp same root/checkpoints/*/model/*_step_000020.pt || fail "they are not the same"

# What lies there too much is named and left; what a dead process left is put away.
fresh
touch "root/checkpoints/stranger"
mkdir -p root/.ckl/tmp/0123456789abcdef0123456789abcdef
fsck 3 root
grep -q '^unknown *checkpoints/stranger' out || fail "the stranger is not named"
grep -q '^leftover *.ckl/tmp/0123' out || fail "the leftover is not named"
fsck 3 root --repair
grep -q '^repaired *.ckl/tmp/0123' out || fail "the leftover stays"
[ -e root/checkpoints/stranger ] || fail "the stranger is gone"
rm root/checkpoints/stranger
fsck 0 root

# Looking changes nothing; somebody who may not write can look.
fresh
find root -type f | sort | xargs sha256sum >sums
fsck 0 root
find root -type f | grep -v -e -wal -e -shm | sort | xargs sha256sum | diff <(grep -v -e -wal -e -shm sums) - ||
    fail "looking changed something"
echo 'all hold'
