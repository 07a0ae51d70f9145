# ckl snapshot: whole copies while a trainer writes at full speed, each opened with immutable=1; again
# and again, and not when nothing changed; a full disk and a wrong name leave what was there.
. "$(dirname "$(realpath "$0")")/../cli/lib.sh"
trap 'kill "${TRAINER:-}" "${COPIER:-}" 2>/dev/null; wait; rm -rf "$WORK"' EXIT

# ask FILE SQL: as a dashboard opens it: nobody writes, no log, no lock.
ask() {
    sqlite3 "file:$1?immutable=1" "$2"
}

whole() { # FILE: it is a ledger that stands on its own
    [ -e "$1" ] || fail "there is no $1"
    [ ! -e "$1-wal" ] && [ ! -e "$1-shm" ] && [ ! -e "$1-journal" ] || fail "$1 has a log beside it"
    equal "ok" "$(ask "$1" 'PRAGMA integrity_check')" "integrity of $1"
    equal "" "$(ask "$1" 'PRAGMA foreign_key_check')" "foreign keys of $1"
    equal "delete" "$(ask "$1" 'PRAGMA journal_mode')" "journal mode of $1"
    equal "1" "$(ask "$1" "SELECT count(*) > 0 AND max(seq) = count(*) FROM _event")" "events of $1"
}

nothing_left() { # FOLDER NAME…: only these are in it
    local folder=$1
    shift
    equal "$(printf '%s\n' "$@" | sort | xargs)" "$(find "$folder" -mindepth 1 -printf '%P\n' | sort | xargs)" \
        "files in $folder"
}

mkdir copies
"$CKL_DEMO" --train 100 root "$IRIS" >/dev/null || fail "the demo does not train"

# ---- once ----------------------------------------------------------------------------------------

cp root/ledger.db before.db
good -C root snapshot copies/one.db
whole copies/one.db
cmp -s root/ledger.db before.db || fail "it changed the ledger"
equal "$("$CKL" -C root sql --format csv 'SELECT * FROM changes')" \
    "$(sqlite3 -header -csv 'file:copies/one.db?immutable=1' 'SELECT * FROM changes' | tr -d '\r')" "changes"
good -C root snapshot copies/one.db --json
json "list(o) == ['schema_version', 'path', 'at', 'at_unix', 'seq', 'bytes'] and o['path'] == 'copies/one.db'"
equal "$(stat -c %s copies/one.db)" "$(value 'o["bytes"]')" "bytes"
equal "$(ask copies/one.db 'SELECT max(seq) FROM _event')" "$(value 'o["seq"]')" "seq"
ln -s copies linked
good -C root snapshot linked/two.db
(cd copies && "$CKL" -C ../root snapshot three.db >/dev/null) || fail "a name without a folder"
whole copies/three.db
mkdir as_root && cp copies/one.db as_root/ledger.db
good -C as_root log # a snapshot is a ledger that can be asked
nothing_left copies one.db two.db three.db

# ---- what it does not replace --------------------------------------------------------------------

stays() { # CODE PATTERN FILE
    local sum
    sum=$(sha256sum "$3" 2>/dev/null)
    run -C root snapshot "$3"
    equal "$1" "$CODE" "exit code"
    grep -q "$2" err || fail "it does not say: $2"
    equal "$sum" "$(sha256sum "$3" 2>/dev/null)" "what was there"
}
echo "my thesis" >copies/thesis.txt
: >copies/empty
sqlite3 copies/other.db 'CREATE TABLE mine (a)'
ln root/ledger.db hard_link.db
stays 5 'is no snapshot' copies/thesis.txt
stays 5 'is no snapshot' copies/empty
stays 5 'is no snapshot' copies/other.db
stays 5 'live ledger' root/ledger.db
stays 5 'live ledger' hard_link.db
stays 1 'nowhere' nowhere/copy.db
stays 2 'no name' copies
stays 2 'no name' copies/
rm copies/thesis.txt copies/empty copies/other.db hard_link.db
run -C root snapshot
equal 2 "$CODE" "exit code"
run -C root snapshot copies/one.db --every never
equal 2 "$CODE" "exit code"

# ---- no space ------------------------------------------------------------------------------------

sum=$(sha256sum copies/one.db)
"$CKL" -C root discard setosa_002 >/dev/null
WHAT="under a limit of file sizes"
(ulimit -f 100 && trap '' XFSZ && exec "$CKL" -C root snapshot copies/one.db >out 2>err)
equal 6 "$?" "exit code"
grep -q '^ckl: no space' err || fail "it does not say why"
equal "$sum" "$(sha256sum copies/one.db)" "what was there"
nothing_left copies one.db two.db three.db
if mkdir disk && mount -t tmpfs -o size=600k none disk 2>/dev/null; then
    "$CKL" -C root snapshot disk/one.db >/dev/null || fail "the first does not fit"
    sum=$(sha256sum disk/one.db)
    run -C root snapshot disk/one.db # beside the first there is no room
    equal 6 "$CODE" "exit code"
    grep -q '^ckl: no space' err || fail "it does not say why"
    equal "$sum" "$(sha256sum disk/one.db)" "what was there"
    nothing_left disk one.db
    umount disk
fi

# ---- while a trainer writes ----------------------------------------------------------------------

"$CKL_DEMO" --train 100000000 root "$IRIS" >trainer.txt 2>&1 &
TRAINER=$!
"$CKL" -C root snapshot copies/live.db --every 50ms --json >copier.out 2>copier.err &
COPIER=$!
for _ in $(seq 200); do
    [ -e copies/live.db ] && break
    sleep 0.05
done
last=0
for number in $(seq 25); do
    "$CKL" -C root discard "setosa_$(printf '%03d' "$number")" --reason "edit $number" >/dev/null
    WHAT="a snapshot during training, $number"
    whole copies/live.db
    seq=$(ask copies/live.db 'SELECT max(seq) FROM _event')
    [ "$seq" -ge "$last" ] || fail "the copy went back from $last to $seq"
    last=$seq
done
WHAT="the last edit in a snapshot"
for _ in $(seq 100); do
    found=$(ask copies/live.db "SELECT count(*) FROM sample_changes WHERE reason = 'edit 25'")
    [ "$found" = 1 ] && break
    sleep 0.05
done
equal 1 "$found" "events"
kill "$TRAINER"
wait "$TRAINER" 2>/dev/null
TRAINER=

# ---- nothing changes, nothing is written ---------------------------------------------------------

sleep 0.5
inode=$(stat -c '%i %y' copies/live.db)
lines=$(wc -l <copier.out)
sleep 0.7
equal "$inode" "$(stat -c '%i %y' copies/live.db)" "the copy of a quiet ledger"
equal "$lines" "$(wc -l <copier.out)" "lines about it"
rm copies/live.db # but what was taken away comes back
sleep 0.5
whole copies/live.db
WHAT="snapshot --every, at its end"
mv copies/live.db kept.db
echo "in the way" >copies/live.db # fails from now on, and is told once
sleep 0.5
kill -TERM "$COPIER"
wait "$COPIER"
equal 0 "$?" "exit code"
COPIER=
equal 1 "$(grep -c 'is no snapshot.*trying again' copier.err)" "lines that say what is wrong"
equal 1 "$(wc -l <copier.err)" "lines on standard error"
equal "in the way" "$(cat copies/live.db)" "what was there"
nothing_left copies live.db one.db two.db three.db
python3 -c '
import json, sys
rows = [json.loads(line) for line in open("copier.out")]
seqs = [row["seq"] for row in rows]
assert len(rows) > 3 and seqs == sorted(seqs), seqs' || fail "its lines"
"$CKL" -C root snapshot copies/one.db --every 1h >copier.out 2>&1 &
COPIER=$!
sleep 0.5
kill -INT "$COPIER"
wait "$COPIER"
equal 0 "$?" "exit code after SIGINT"
COPIER=
finish
