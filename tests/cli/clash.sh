# Two configurations whose digests share the first 8 hex characters are two experiments.
. "$(dirname "$(realpath "$0")")/lib.sh"

WHAT="the search for a clash"
python3 - >seeds <<'EOF'
import hashlib

seen, seed = {}, 0
while True:
    text = '{"seed": %d}' % seed
    start = hashlib.sha256(text.encode()).hexdigest()[:8]
    if start in seen and start != "00000000":
        break
    seen[start] = seed
    seed += 1
digest = hashlib.sha256(text.encode()).hexdigest()
print(seen[start], seed, start, digest[8:16], digest)
EOF
read -r FIRST SECOND SEGMENT SHIFTED DIGEST <seeds
printf '{"seed": %s}' "$FIRST" >first.json
printf '{"seed": %s}' "$SECOND" >second.json
ONE=00000000${SEGMENT}00000000
TWO=00000000${SHIFTED}00000000

good hash --json --config first.json
json "o['experiment'] == '$ONE' and o['recorded'] is None"
good hash --json --config second.json
json "o['experiment'] == '$ONE' and o['recorded'] is None and o['digests']['config'] == '$DIGEST'"

mkdir root
run -C root --json update --config first.json --dump
equal 0 "$CODE" "exit code"
equal 'created root/ledger.db' "$(cat err)" "standard error"
json "o['experiment'] == '$ONE' and o['is_new']"

# One of the two is known: the other one is not recorded under the name it shares.
good -C root hash --json --config second.json
json "o['experiment'] == '$ONE' and o['recorded'] is None"

good -C root --json update --config second.json
json "o['experiment'] == '$TWO' and o['is_new'] and not o['recorded_before']"
json "o['changed'] == ['config'] and o['pending'] == ['config']"
good -C root --json dump
json "o['experiment'] == '$TWO' and o['dumped'] == ['config']"
equal "$(printf '%s\n' "$ONE" "$TWO" | sort)" "$(ls root/checkpoints)" "directories"
equal "seed: $FIRST" "$(cat "root/checkpoints/$ONE/hp/${ONE}_config.yaml")" "first configuration"
equal "seed: $SECOND" "$(cat "root/checkpoints/$TWO/hp/${TWO}_config.yaml")" "second configuration"

good -C root --json diff "$ONE" "$TWO"
json "o['from'] == '$ONE' and o['to'] == '$TWO' and o['changed'] == ['config']"
json "o['config'] == [{'path': '/seed', 'change': 'changed', 'from': $FIRST, 'to': $SECOND}]"
run -C root diff --exit-code "$ONE" "$TWO"
equal 1 "$CODE" "exit code"
grep -qE "/seed +$FIRST -> $SECOND\$" out || fail "the difference is not shown"

good -C root hash --json --config second.json
json "o['experiment'] == '$ONE' and o['recorded'] == '$TWO'"
good -C root hash --json --config first.json
json "o['experiment'] == '$ONE' and o['recorded'] == '$ONE'"
good -C root hash --config second.json
grep -q "recorded $TWO" out || fail "'recorded' is not shown"

good -C root --json show "$TWO"
json "o['config'] == {'segment': '$SHIFTED', 'digest': '$DIGEST', 'offset': 8}"
good -C root --json show "$ONE"
json "o['config']['segment'] == '$SEGMENT' and o['config']['offset'] == 0"
good -C root show "$TWO"
grep -q 'offset 8' out || fail "the shift is not shown"
good -C root --json log
json "[e.get('detail') for e in o['events'] if e['kind'] == 'update'] == [{'shifted': {'config': 8}}, None]"
good -C root log
grep "$TWO" out | grep 'update' | grep -q 'shifted.*config.*8' || fail "the shift is not shown"

# The same again changes nothing; back and forth keeps both names.
good -C root --json update --config second.json
json "o['experiment'] == '$TWO' and not o['is_new']"
good -C root --json update --config first.json
json "o['experiment'] == '$ONE' and o['recorded_before']"
good -C root --json update --config second.json
json "o['experiment'] == '$TWO' and o['recorded_before'] and o['pending'] == []"
finish
