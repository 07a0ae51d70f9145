#!/usr/bin/env bash
# A ledger that is not in its root: found again, moved, missing, and never another root's.
. "$(dirname "$0")/../cli/lib.sh"
write_inputs
unset CKL_LEDGER CKL_FILE_SYSTEM
says() { grep -q -- "$1" "$WORK/err" || fail "it does not say '$1'"; }
bad() { # CODE WORD ARGUMENTS…
    local code=$1 word=$2
    shift 2
    run "$@"
    equal "$code" "$CODE" "exit code"
    says "$word"
    equal 2 "$(wc -l <"$WORK/err")" "lines of the message"
}
mkdir local

# The root is on a network, the ledger is not: no warning.
CKL_FILE_SYSTEM=local run -C root --ledger local/one.db update --model m.json --config c.yaml --data d.json --dump
equal 0 "$CODE" "exit code"
equal "created $WORK/local/one.db" "$(cat "$WORK/err")" "what is said"
[ ! -e root/ledger.db ] || fail "a ledger is in the root, too"
equal "$WORK/local/one.db" "$(sed -n 2p root/.ckl/ledger)" "where the root says it is"
equal "$(sed -n 1p root/.ckl/ledger)" \
    "$(sqlite3 local/one.db "SELECT value FROM _meta WHERE key = 'tree'")" "the name that ties them"

# Found without saying it again, from inside, by reading and by writing, by the variable.
good -C root checkpoint --step 1 --weights w.bin
(cd root/checkpoints && "$CKL" tag hard b >/dev/null) || fail "not found from inside"
CKL_LEDGER=$WORK/local/one.db good -C root status
good -C root fsck
equal '' "$(find root -name '*.db*' -o -name '*lock.queue')" "what is in the root"

# Missing and moved.
mv local away
bad 1 'is not at' -C root status
bad 1 'is not at' -C root update --config c2.yaml
bad 1 'is not at' -C root fsck
bad 1 'No such file' -C root --ledger local/one.db update --config c2.yaml
good -C root --ledger away/one.db status
bad 1 'is not at' -C root status
good -C root --ledger away/one.db tag moved a
good -C root status
equal "$WORK/away/one.db" "$(sed -n 2p root/.ckl/ledger)" "where the root says it is now"

# A wrong pair.
bad 5 'another root' -C fresh --ledger away/one.db update --config c.yaml
[ ! -e fresh/.ckl/ledger ] || fail "the wrong root took it"
mkdir other
run -C second --ledger other/two.db update --config c2.yaml
equal 0 "$CODE" "exit code"
bad 5 'is not the ledger of' -C root --ledger other/two.db status
bad 5 'is not the ledger of' -C root --ledger other/two.db tag x a
bad 1 'is not at' -C root --ledger other/new.db update --config c2.yaml
[ ! -e other/new.db ] || fail "a second ledger was begun"
cp other/two.db "$WORK/kept.db"
sqlite3 away/one.db '.backup one.copy' && cp one.copy other/two.db && rm -f other/two.db-wal other/two.db-shm
bad 5 'is not the ledger of' -C second status
CKL_LEDGER=$WORK/other/two.db good -C root status # a copy of its own is its own

# Two ledgers, or one that was in the root and is taken out.
run -C inside update --config c.yaml
equal 0 "$CODE" "exit code"
bad 5 'is there' -C inside --ledger other/three.db status
mv inside/ledger.db other/three.db
mv inside/ledger.db-wal other/three.db-wal
bad 5 'no receipt' -C inside --ledger other/three.db tag x a
mv other/three.db inside/ledger.db
mv other/three.db-wal inside/ledger.db-wal
good -C inside dump
mv inside/ledger.db other/three.db
mv inside/ledger.db-wal other/three.db-wal
bad 5 'not tied' -C inside --ledger other/three.db status
good -C inside --ledger other/three.db update --config c2.yaml
good -C inside fsck
good -C inside status
cp other/three.db inside/ledger.db
bad 5 'is there' -C inside status
rm inside/ledger.db

# What the root says may have been written by anybody.
printf 'x\n/etc/passwd\n' >inside/.ckl/ledger
bad 3 'does not say' -C inside status
printf '%032d\n%s\n' 0 "$WORK/away/one.db" >inside/.ckl/ledger
bad 5 'is not the ledger of' -C inside tag x a
rm inside/.ckl/ledger
ln -s /etc/passwd inside/.ckl/ledger
run -C inside status
equal 3 "$CODE" "exit code"
finish
