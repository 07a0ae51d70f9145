# fsck and receipt as users meet them: what is printed, where, and the exit code.
. "$(dirname "$(realpath "$0")")/lib.sh"

write_inputs
run -C nowhere fsck
equal 1 "$CODE" "exit code where there is nothing"
grep -q '^hint: ' err || fail "no hint"
mkdir empty
run -C empty fsck
equal 1 "$CODE" "exit code without a ledger"
equal '' "$(ls -A empty)" "what a look made"
run -C empty receipt
equal 1 "$CODE" "exit code of a receipt of nothing"

run -C root update --model m.json --config c.yaml --data d.json --dump
good -C root checkpoint --step 1 --weights w.bin
good -C root fsck
equal "clean: 3 events, 1 experiment, 1 data state, 4 files ($(cat root/checkpoints/*/*/* | wc -c) bytes)" \
    "$(cat out)" "a sound ledger"
good -C root fsck --json
json "list(o) == ['schema_version', 'findings', 'checked'] and o['findings'] == []"
json "list(o['checked']) == ['events', 'experiments', 'components', 'data_states', 'samples', 'checkpoints', 'metrics', 'files', 'bytes']"
json "o['checked']['events'] == 3 and o['checked']['samples'] == 3"

# A run of its own, from below the root, and by the environment.
(cd root/checkpoints && "$CKL" fsck >"$WORK/out" 2>"$WORK/err") || fail "not found from below"
CKL_ROOT=root good fsck

# Wrong words.
for words in 'fsck everything' 'fsck --receipt' 'receipt now' 'fsck --fix'; do
    # shellcheck disable=SC2086
    run -C root $words
    equal 2 "$CODE" "exit code"
    [ ! -s out ] || fail "something on standard output"
done
run -C root fsck --receipt c.yaml
equal 2 "$CODE" "exit code for what is no receipt"
run -C root fsck --receipt not-there
equal 1 "$CODE" "exit code for a receipt that is not there"

# A finding is one line, and below all of them stands what to do.
config=$(cd root && ls checkpoints/*/hp/*)
mv "root/$config" aside
run -C root fsck
equal 3 "$CODE" "exit code"
[ ! -s err ] || fail "something on standard error"
equal "missing    $config: is not there" "$(sed -n 1p out)" "the finding"
equal '' "$(sed -n 2p out)" "the line between"
grep -q '^1 of 1 findings left: ' out || fail "no summary"
grep -q '^missing: .*ckl fsck --repair.*ckl fsck --accept-missing' out || fail "no advice"
run -C root fsck --json
equal 3 "$CODE" "exit code"
json "[list(f) for f in o['findings']] == [['kind', 'subject', 'message', 'repaired', 'lost']]"
json "o['findings'][0]['kind'] == 'missing' and o['findings'][0]['subject'] == '$config'"
json "o['findings'][0]['repaired'] is False and o['findings'][0]['lost'] is None"

run -C root fsck --repair --json --reason 'put back'
equal 0 "$CODE" "exit code of a repair"
json "o['findings'][0]['repaired'] is True and o['findings'][0]['lost'] is None"
cmp aside "root/$config" || fail "it is not what it was"
good -C root log
grep -q ' repair .*put back' out || fail "the log is silent"
good -C root fsck --repair
equal 4 "$("$CKL" -C root log --limit 0 | grep -c .)" "events after a repair of nothing"

# Names are shown, not obeyed.
touch "root/checkpoints/$(printf 'bell\a')"
run -C root fsck
equal 3 "$CODE" "exit code"
grep -q 'bell\\' out || fail "the name is not escaped: $(cat -v out)"
rm root/checkpoints/bell*

# A receipt, kept and compared; on standard input, too.
good -C root receipt
json "list(o) == ['schema_version', 'ledger', 'seq', 'chain', 'at'] and o['seq'] == 4"
cp out kept.json
good -C root fsck --receipt kept.json
"$CKL" -C root fsck --receipt - <kept.json >out 2>err || fail "not from standard input"
sqlite3 root/ledger.db 'DELETE FROM _event WHERE seq = 4'
run -C root fsck --receipt kept.json
equal 3 "$CODE" "exit code"
grep -q '^receipt    receipt: history ends at event 3' out || fail "what is cut off is not told"

# A ledger that cannot be opened at all is a finding; what is none is refused.
good -C root fsck
cp root/ledger.db sound.db
head -c 9000 sound.db >root/ledger.db
rm -f root/ledger.db-*
run -C root status
equal 3 "$CODE" "exit code of status"
run -C root fsck
equal 3 "$CODE" "exit code for a torn ledger"
grep -q '^unreadable ledger.db: ' out || fail "it is not told"
run -C root fsck --repair
equal 3 "$CODE" "exit code of a repair of a torn ledger"
grep -q 'lost: ' out || fail "that it is lost is not told"
echo 'a letter' >root/ledger.db
run -C root fsck
equal 5 "$CODE" "exit code for another file"

# A state whose files were given up still has its configuration: going back to it, dumping it again.
mkdir given_up
echo '{"lr": 1}' >one.json
echo '{"lr": 2}' >two.json
"$CKL" -C given_up update --config one.json --dump >out 2>err || fail "a first dump"
rm given_up/checkpoints/*/hp/*
"$CKL" -C given_up fsck --accept-missing >out 2>err
"$CKL" -C given_up update --config two.json >out 2>err || fail "another state"
"$CKL" -C given_up switch @~1 >out 2>err || fail "back again"
"$CKL" -C given_up update --config two.json >out 2>err || fail "forth again"
"$CKL" -C given_up switch @~1 >out 2>err || fail "back once more"
"$CKL" -C given_up dump --force >out 2>err || fail "its files made anew"
"$CKL" -C given_up fsck >out 2>err || fail "what is found then"

# A count that has no next one is told, not made less than nothing.
run -C counted update --config c.yaml
good -C counted metric --step 1 loss=0.5
sqlite3 counted/ledger.db 'UPDATE _metric_series SET value_count = 9223372036854775807'
run -C counted metric --step 2 loss=0.25
equal 3 "$CODE" "exit code of a metric without a count"
grep -q "the metric 'loss' of run 'main' has no count" err || fail "the metric is not named"

# States that hang below one another: whoever follows them comes to an end, in SQL too.
run -C looped update --data d.json
good -C looped tag seen b
echo '{"uids": ["a", "b", "c"], "discarded": ["b"], "tags": {"a": ["hard"], "b": ["seen"]}}' >d2.json
good -C looped checkpoint --step 1 --weights w.bin --force-dump
good -C looped --run second update --data d2.json
equal 1 "$(sqlite3 looped/ledger.db 'SELECT count(*) FROM _event WHERE begins IS NOT NULL')" \
    "a run that begins with a known state"
sqlite3 looped/ledger.db 'UPDATE _data_state SET base = (SELECT max(component) FROM _data_state)'
for view in sample_changes tag_changes; do
    timeout 30 sqlite3 looped/ledger.db "SELECT count(*) FROM $view" >out 2>err || fail "no end: $view"
done
run -C looped fsck
equal 3 "$CODE" "exit code of a look at states in a circle"
run -C looped exposure a
equal 3 "$CODE" "exit code of a question about states in a circle"
grep -q 'does not hang where the ledger says' err || fail "the state is not named"

finish
