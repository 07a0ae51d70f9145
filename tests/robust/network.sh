#!/usr/bin/env bash
# A root on a file system that other machines share: no log, no memory that processes share, one
# warning that says what to do; and a ledger that is kept elsewhere.
. "$(dirname "$0")/../cli/lib.sh"
write_inputs
unset CKL_LEDGER CKL_FILE_SYSTEM
mode() { sqlite3 "$1" 'PRAGMA journal_mode'; }
warns() { grep -c -- '--ledger FILE' "$WORK/err" || true; }

# Made there.
export CKL_FILE_SYSTEM=network
run -C net update --model m.json --config c.yaml --data d.json --dump
equal 0 "$CODE" "exit code"
equal 1 "$(warns)" "warnings"
equal delete "$(mode net/ledger.db)" "journal"
equal '' "$(find net -name '*-wal' -o -name '*-shm')" "files of a log"
good -C net checkpoint --step 1 --weights w.bin
good -C net tag hard b
good -C net status
good -C net log
good -C net fsck
equal 11 "$(od -An -tu1 -j18 -N2 net/ledger.db | tr -d ' \n')" "the file says that it has no log"

# Many at once.
for number in 1 2 3 4 5 6 7 8; do
    (for each in 1 2 3 4 5; do "$CKL" -C net tag "t$number$each" a >/dev/null || exit 1; done) &
    jobs[$number]=$!
done
for each in 1 2 3 4 5 6 7 8 9 10; do "$CKL" -C net status >/dev/null || fail "reading beside writers"; done
for number in 1 2 3 4 5 6 7 8; do wait "${jobs[$number]}" || fail "a writer failed"; done
equal 41 "$(sqlite3 net/ledger.db "SELECT count(*) FROM events WHERE kind = 'tag'")" "tags"
good -C net fsck

# It came there with a log: that is left, once, and said.
CKL_FILE_SYSTEM=local run -C came update --config c.yaml --data d.json --dump
CKL_FILE_SYSTEM=local run -C came tag hard a
equal 22 "$(od -An -tu1 -j18 -N2 came/ledger.db | tr -d ' \n')" "it has a log"
run -C came tag easy a
equal 0 "$CODE" "exit code"
equal 1 "$(warns)" "warnings"
equal 11 "$(od -An -tu1 -j18 -N2 came/ledger.db | tr -d ' \n')" "it has none any more"
equal '' "$(find came -name '*-wal' -o -name '*-shm')" "files of a log"
good -C came fsck
CKL_FILE_SYSTEM=local good -C came tag again a # another machine may still share it
equal 11 "$(od -An -tu1 -j18 -N2 came/ledger.db | tr -d ' \n')" "it gets none again by itself"

# It is not taken for a snapshot, which another one may replace.
CKL_FILE_SYSTEM=local run -C snapped update --config c.yaml
run -C snapped snapshot net/ledger.db
equal 5 "$CODE" "exit code"
mkdir beside
run -C kept --ledger beside/kept.db update --config c.yaml
equal 1 "$(warns)" "warnings"
CKL_FILE_SYSTEM=local run -C snapped snapshot beside/kept.db
equal 5 "$CODE" "exit code"
good -C kept fsck
good -C net fsck

# While somebody has it open with a log, it cannot be left.
CKL_FILE_SYSTEM=local run -C open update --config c.yaml
python3 -c '
import pathlib, sqlite3, sys, time
reader = sqlite3.connect(sys.argv[1], isolation_level=None)
reader.execute("BEGIN")
reader.execute("SELECT count(*) FROM _event").fetchone()
pathlib.Path(sys.argv[2]).touch()
time.sleep(8)' open/ledger.db ready &
reader=$!
while [ ! -e ready ]; do sleep 0.1; done
run -C open tag x a
equal 4 "$CODE" "exit code"
wait $reader
run -C open update --config c2.yaml
equal 0 "$CODE" "exit code"
finish
