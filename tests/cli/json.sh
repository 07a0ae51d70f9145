# The JSON of every command: the keys that are promised, in their order, with their types.
. "$(dirname "$(realpath "$0")")/lib.sh"
write_inputs
mkdir root
export CKL_ROOT=$WORK/root

# keys EXPRESSION NAME…: the object has these keys, in this order.
keys() {
    local of=$1
    shift
    json "list($of) == '$*'.split()"
}
# says ARGUMENTS…: one object on one line, which names the version of its schema first.
says() {
    good --json "$@"
    json "list(o)[0] == 'schema_version' and o['schema_version'] == 1"
    equal 1 "$(wc -l <out)" "lines"
}
UPDATE="schema_version experiment is_new recorded_before changed pending ignored_uids"
STATUS="schema_version root run experiment pending degraded trainer last_dumped last_checkpoint samples"
AT="re.fullmatch(r'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z'"
now() { # EXPRESSION: it has at and at_unix, which agree
    json "(re := __import__('re')) and $AT, $1['at']) is not None"
    json "(d := __import__('datetime')) and abs(d.datetime.fromisoformat(
        $1['at'].replace('Z', '+00:00')).timestamp() - $1['at_unix']) < 0.002"
}

says hash --model m.json --config c.yaml
keys o schema_version experiment recorded model config data digests
keys "o['digests']" model config data
json "o['recorded'] is None and o['data'] is None and o['digests']['data'] is None"
json "o['digests']['config'][:8] == o['config'] and o['experiment'][16:] == '00000000'"
good hash --config c.yaml --explain config
equal '{"epochs": 10, "lr": 0.1}' "$(cat out)" "canonical text"
good hash --data d.json --explain data --lines
equal "$(printf 'a:d0:thard\nb:d1:t\nc:d0:t')" "$(cat out)" "canonical text"
says compare aaaaaaaabbbbbbbbcccccccc xaaaaaaabbbbbbbbcccccccx
keys o schema_version changed
json "o['changed'] == ['model', 'data']"
[ ! -e root/ledger.db ] || fail "a command that only reads made a ledger"

run --json update --model m.json --config c.yaml --data d.json --reason 'the first'
keys o $UPDATE
json "o['is_new'] is True and o['recorded_before'] is False and o['ignored_uids'] == 0"
FIRST=$(value "o['experiment']")
says dump
keys o schema_version experiment dumped

says discard a c --reason 'too noisy'
keys o $UPDATE
json "o['changed'] == o['pending'] == ['data']"
says restore a
keys o $UPDATE
says tag odd b c
keys o $UPDATE
printf 'b\r\n\nc\n' >uids.txt
says untag odd --from uids.txt
keys o $UPDATE
json "o['changed'] == ['data'] and o['pending'] == ['data']"
good --json state
keys o uids discarded tags
json "o == {'uids': ['a', 'b', 'c'], 'discarded': ['b', 'c'], 'tags': {'a': ['hard']}}"
cp out state.json
says update --data state.json
json "o['is_new'] is False and o['changed'] == []"

says status
keys o $STATUS
keys "o['samples']" total discarded tagged
json "o['root'] == '$(realpath root)' and o['run'] == 'main' and o['last_checkpoint'] is None"
json "o['degraded'] is None and o['trainer'] is None and o['last_dumped'] == '$FIRST'"
json "o['samples'] == {'total': 3, 'discarded': 2, 'tagged': 1}"

says checkpoint --step 100 --weights w.bin --metric acc=0.5 --metric loss=1e-05 --note '{"a": [1]}'
keys o schema_version experiment step path bytes sha256 pending
json "o['step'] == 100 and o['bytes'] == 7 and o['pending'] == ['data']"
json "o['sha256'] == '$(sha256sum <w.bin | cut -d' ' -f1)'"
json "o['path'] == 'checkpoints/{0}/model/{0}_step_000100.pt'.format(o['experiment'])"
PLACE=$(value "o['path']")
equal weights "$(cat "root/$PLACE")" "stored weights"
cp w.bin moved.bin
says checkpoint --step 9223372036854775807 --weights moved.bin --move --force-dump
json "o['step'] == 9223372036854775807 and o['pending'] == []"
[ ! -e moved.bin ] || fail "the weights were not moved"
says metric --step 100 val=0.1 other=-3
keys o schema_version step metrics
json "o['step'] == 100 and o['metrics'] == {'val': 0.1, 'other': -3}"
grep -q '"val": 0.1[,}]' out || fail "0.1 is not written as 0.1"

says status
keys "o['last_checkpoint']" step path
says update --config c2.yaml
says log
keys o schema_version events
json "all(list(e)[:11] == 'seq at at_unix run kind experiment from changed superseded actor reason'.split()
          for e in o['events'])"
json "[e['seq'] for e in o['events']] == list(range(len(o['events']), 0, -1))"
json "o['events'][-1]['reason'] == 'the first' and o['events'][-1]['from'] is None"
json "[e['kind'] for e in o['events'][-6:]] == ['untag', 'tag', 'restore', 'discard', 'dump', 'update']"
now "o['events'][0]"
says log --limit 1
json "len(o['events']) == 1"
says log --component config --all --since 1h
json "len(o['events']) >= 2 and all('config' in e['changed'] for e in o['events'])"

says show "$FIRST"
json "{'experiment', 'model', 'config', 'data', 'parents', 'checkpoints', 'environment'} <= set(o)"
keys "o['config']" segment digest offset
json "o['experiment'] == '$FIRST' and o['parents'][0]['experiment'] is None"
now o
says show @~1
json "[c['step'] for c in o['checkpoints']] == [100, 9223372036854775807]"
json "o['checkpoints'][0]['metrics']['val'] == 0.1 and o['checkpoints'][0]['note'] == {'a': [1]}"

says diff "$FIRST" @
keys o schema_version from to changed model config data
keys "o['data']" counts samples truncated
keys "o['data']['counts']" added removed discarded restored tagged untagged
json "o['model'] == [] and o['changed'] == ['config', 'data'] and o['from'] == '$FIRST'"
json "o['config'] == [{'path': '/lr', 'change': 'changed', 'from': 0.1, 'to': 0.2}]"
json "o['data']['samples'] == [{'uid': 'c', 'change': 'discarded',
    'discarded': {'from': False, 'to': True}, 'tags_added': [], 'tags_removed': []}]"
says diff
json "o['changed'] == ['config'] and o['data']['samples'] == []"
sed 's/"out": 3/"out": 5/' m.json >wide.json
says update --model wide.json
says diff @~1 @
json "len(o['model']) == 1 and list(o['model'][0]) == ['module', 'change', 'from', 'to']"
json "o['model'][0]['module'] == 'fc' and o['model'][0]['change'] == 'changed'"
says diff "$FIRST" @ --limit 0
json "o['data']['truncated'] is True and o['data']['counts']['discarded'] == 1"
says diff "$FIRST" @ --stat
json "o['data']['samples'] == [] and o['data']['counts']['discarded'] == 1"

good cat "$FIRST" config
json "o == {'lr': 0.1, 'epochs': 10}"
good cat "$FIRST" data
keys o uids discarded tags
good cat "$FIRST" model
json "o == json.load(open('m.json'))"
good cat "$FIRST" architecture
python3 -c 'import json, pickle; assert pickle.load(open("out", "rb")) == json.load(open("m.json"))' ||
    fail "the pickle does not hold the description"

for choice in '--step 100' '--best acc'; do
    # shellcheck disable=SC2086
    says path "${PLACE:12:24}" $choice
    keys o schema_version path
    json "o['path'] == '$PLACE'"
done
says path "${PLACE:12:24}" --latest
json "o['path'].endswith('_step_9223372036854775807.pt')"

says run new side --from "$FIRST"
says runs
keys o schema_version runs
json "sorted(r['name'] for r in o['runs']) == ['main', 'side']"
json "all(list(r) == ['name', 'experiment', 'pending', 'last_event_at', 'last_event_at_unix'] for r in o['runs'])"
says checkpoints
keys o schema_version checkpoints
json "[c['step'] for c in o['checkpoints']] == [100, 9223372036854775807]"
now "o['checkpoints'][0]"

run --json switch "$FIRST"
equal 0 "$CODE" "exit code"
keys o $STATUS
json "o['experiment'] == '$FIRST' and o['pending'] == []"
grep -qE '^to come back: ckl switch [0-9a-f]{24}$' err || fail "it does not say how to come back"
finish
