#!/usr/bin/env bash
# Receipts: an edit is located, a chain made anew is detected, and so is a ledger cut off or copied
# without its log.
set -euo pipefail
here=$(dirname "$(realpath "$0")")
unset CKL_ROOT CKL_RUN CKL_ACTOR RANK
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
. "$here/rich_ledger.sh"
fail() { echo "FAIL: $*" >&2; cat out error >&2; exit 1; }
fsck() {
    expected=$1 root=$2 code=0
    shift 2
    "$CKL" -C "$root" fsck "$@" >out 2>error || code=$?
    [ "$code" -eq "$expected" ] || fail "fsck $root $*: exit $code, not $expected"
}

# Nothing recorded: no receipt.
mkdir empty
code=0; "$CKL" -C empty receipt >out 2>error || code=$?
[ "$code" -eq 1 ] || fail "a receipt of nothing: exit $code"

rich_ledger rich
"$CKL" -C rich receipt >receipt.json
python3 - <<'PYTHON'
import json, sqlite3
told = json.load(open("receipt.json"))
assert list(told) == ["schema_version", "ledger", "seq", "chain", "at"], told
ledger = sqlite3.connect("rich/ledger.db")
seq, chain = ledger.execute("SELECT max(seq), lower(hex(chain)) FROM _event").fetchone()
assert (told["schema_version"], told["seq"], told["chain"]) == (1, seq, chain), told
assert told["ledger"] == ledger.execute("SELECT value FROM _meta WHERE key = 'ledger'").fetchone()[0]
last = json.load(open("rich/.ckl/receipt.json"))
dump = ledger.execute("SELECT max(seq) FROM _event WHERE kind = 'dump'").fetchone()[0]
assert last["seq"] == dump, (last, dump)
PYTHON
fsck 0 rich --receipt receipt.json
"$CKL" -C rich --run wide discard s20 >/dev/null
fsck 0 rich --receipt receipt.json

# Each event edited without its chain is located; what stands behind it still fits.
events=$(sqlite3 rich/ledger.db 'SELECT count(*) FROM _event')
for seq in 1 7 $((events / 2)) "$events"; do
    rm -rf root; cp -a rich root
    sqlite3 root/ledger.db "UPDATE _event SET reason = 'because' WHERE seq = $seq"
    fsck 3 root
    [ "$(grep -c '^chain  ' out)" -eq 1 ] && grep -q "^chain *_event $seq:" out ||
        fail "event $seq was edited, and not located"
done

# The chain made anew behind an edit fits itself: only receipts show it, the one of the last dump, too.
cat >remake.py <<'PYTHON'
"""Makes the chain anew: what somebody would do who wants an edit to stay unseen."""
import hashlib
import sqlite3
import struct
import sys

ledger = sqlite3.connect(sys.argv[1])


def one(sql, *values):
    row = ledger.execute(sql, values).fetchone()
    return row[0] if row else None


def field(value):
    data = (b"" if value is None else value if isinstance(value, bytes) else value.encode()
            if isinstance(value, str) else struct.pack(">q", value))
    return struct.pack(">Q", len(data)) + data


def component(number):
    return one("SELECT digest FROM _component WHERE id = ?", number)


def experiment(number):
    row = ledger.execute("SELECT hash, model, config, data FROM _experiment WHERE id = ?",
                         (number,)).fetchone() or ("", None, None, None)
    return [row[0], component(row[1]), component(row[2]), component(row[3])]


previous, name = bytes(32), one("SELECT value FROM _meta WHERE key = 'ledger'")
for row in ledger.execute("SELECT * FROM _event ORDER BY seq").fetchall():
    (seq, op, at_us, run, session, kind, after, before, config, from_config, edge, backwards, begins,
     step, actor, reason, detail, _, version) = row
    fields = [previous, version, name, seq, op, at_us, one("SELECT name FROM _run WHERE id = ?", run),
              one("SELECT digest FROM _session WHERE id = ?", session), kind, *experiment(after),
              *experiment(before), one("SELECT digest FROM _config WHERE id = ?", config),
              one("SELECT digest FROM _config WHERE id = ?", from_config),
              one("SELECT digest FROM _data_edge WHERE id = ?", edge), backwards, component(begins),
              step, actor, reason, detail]
    previous = hashlib.sha256(b"".join(map(field, fields))).digest()
    ledger.execute("UPDATE _event SET chain = ? WHERE seq = ?", (previous, seq))
ledger.commit()
PYTHON
rm -rf root; cp -a rich root
python3 remake.py root/ledger.db
fsck 0 root --receipt receipt.json # or the program above is wrong
sqlite3 root/ledger.db "UPDATE _event SET actor = 'somebody else' WHERE seq = 4"
python3 remake.py root/ledger.db
fsck 3 root --receipt receipt.json
[ "$(grep -c '^receipt  ' out)" -eq 2 ] || fail "the rewriting is not told by both receipts"
grep -q '^receipt *receipt: .*rewritten' out || fail "the rewriting is not told"
[ "$(grep -cE '^(chain|content|derived)  ' out)" -eq 0 ] || fail "the chain was made anew, but does not fit"
rm root/.ckl/receipt.json
fsck 0 root
fsck 3 root --receipt receipt.json

# Cut off.
rm -rf root; cp -a rich root
seq=$(python3 -c 'import json; print(json.load(open("receipt.json"))["seq"])')
sqlite3 root/ledger.db "DELETE FROM _event WHERE seq >= $seq"
fsck 3 root --receipt receipt.json
grep -q "^receipt *receipt: .*ends at event $((seq - 1)).*cut off" out || fail "the cut is not told"

# Copied without its log, while a program has it open.
rm -rf root copy; cp -a rich root
mkdir copy
sqlite3 root/ledger.db 'PRAGMA wal_checkpoint(TRUNCATE)' >/dev/null
python3 - <<'PYTHON'
import json, os, shutil, sqlite3, subprocess
reader = sqlite3.connect("root/ledger.db")
reader.execute("BEGIN").connection.execute("SELECT count(*) FROM _event").fetchone()
ckl = os.environ["CKL"]
subprocess.run([ckl, "-C", "root", "--run", "main", "discard", "setosa_001"], check=True,
               capture_output=True)
subprocess.run([ckl, "-C", "root", "dump"], check=True, capture_output=True)
with open("late.json", "wb") as file:
    file.write(subprocess.run([ckl, "-C", "root", "receipt"], check=True,
                              capture_output=True).stdout)
shutil.copytree("root/checkpoints", "copy/checkpoints")
shutil.copytree("root/.ckl", "copy/.ckl")
shutil.copy("root/ledger.db", "copy/ledger.db")
PYTHON
fsck 0 root --receipt late.json
fsck 3 copy --receipt late.json
grep -q '^receipt *receipt: .*without its log' out || fail "that the log is missing is not told"
grep -q '^receipt *.ckl/receipt.json: ' out || fail "the receipt of the dump does not tell"

# Another ledger's receipt, and what is none.
"$CKL_DEMO" another "$IRIS" >/dev/null 2>&1
fsck 3 another --receipt receipt.json
grep -q 'of another ledger' out || fail "a foreign receipt is not told"
for text in '' '{}' 'x' '{"schema_version":1,"ledger":"x","seq":1,"chain":"y","at":"z"}'; do
    printf '%s' "$text" >bad.json
    fsck 2 rich --receipt bad.json
done
fsck 1 rich --receipt not-there.json
echo 'all hold'
