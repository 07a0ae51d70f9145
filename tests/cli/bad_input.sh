# Every bad input: the right exit code, one clear line, and a root that is as it was.
. "$(dirname "$(realpath "$0")")/lib.sh"
write_inputs
ROOT=$WORK/root
mkdir "$ROOT"
"$CKL" -C "$ROOT" update --model m.json --config c.yaml --data d.json --dump >out 2>err || { cat err; exit 1; }
"$CKL" -C "$ROOT" checkpoint --step 100 --weights w.bin >out 2>err || { cat err; exit 1; }
"$CKL" -C "$ROOT" update --config c2.yaml >out 2>err || { cat err; exit 1; }

root_state() {
    sqlite3 "$ROOT/ledger.db" .dump
    find "$ROOT/checkpoints" -printf '%P %y %s %i %n %T@\n' | sort
    find "$ROOT/.ckl/tmp" -mindepth 1
}

BEFORE=$(root_state)
[ "$(printf '%s\n' "$BEFORE" | wc -l)" -gt 50 ] || { echo "the root is empty"; exit 1; }

# bad CODE PATTERN ARGUMENTS…: refused with that code, in one line that matches, plain and as JSON.
bad() {
    local code=$1 pattern=$2
    shift 2
    run -C "$ROOT" "$@"
    refused "$code" "$pattern"
    run -C "$ROOT" --json "$@"
    equal "$code" "$CODE" "exit code with --json"
    [ ! -s out ] || fail "standard output is not empty with --json"
    cp err out
    json "list(o) == ['schema_version', 'error'] and o['schema_version'] == 1"
    json "o['error']['code'].replace('_', '').replace('2', '').islower()"
    json "set(o['error']) == {'code', 'exit', 'message', 'hint'} and o['error']['exit'] == $code"
}

refused() {
    equal "$1" "$CODE" "exit code"
    [ ! -s out ] || fail "standard output is not empty"
    equal 1 "$(grep -c '^ckl: .' err)" "lines of 'ckl: …'"
    [ "$(grep -c '^hint: .' err)" -le 1 ] || fail "more than one hint"
    equal 0 "$(grep -vcE '^(ckl|hint): .' err)" "other lines"
    grep '^ckl: ' err | grep -qE -- "$2" || fail "the line does not say: $2"
    [ "$(root_state)" = "$BEFORE" ] || fail "the root changed"
}

mkdir folder.yaml folder.json
ln -s loop.yaml loop.yaml
for what in model config data; do
    bad 1 missing.json update --$what missing.json
    bad 6 folder.json update --$what folder.json
    bad 6 loop.yaml update --$what loop.yaml
done
bad 1 missing.pkl update --architecture missing.pkl
bad 6 folder.json update --architecture folder.json
bad 1 missing.yaml hash --config missing.yaml
bad 1 missing.txt discard --from missing.txt
bad 6 folder.json discard --from folder.json

echo '{"class": 5}' >class.json
bad 2 class update --model class.json
echo '{"class": "N", "modules": {"fc": 1}}' >modules.json
bad 2 modules update --model modules.json
echo '{"class": "N", "modules": [{"name": "fc", "type": 7}]}' >type.json
bad 2 'type' update --model type.json
echo '{"class": "N", "layers": []}' >unknown.json
bad 2 layers update --model unknown.json
echo '{"class": "N", "modules": [{"name": "fc", "type": "L", "colour": 1}]}' >unknown2.json
bad 2 colour update --model unknown2.json
echo '{"class": "N", "modules": [{"name": "fc", "type": "L"}, {"name": "fc", "type": "L"}]}' >twice.json
bad 2 fc update --model twice.json
echo '[1, 2]' >list.json
bad 2 list.json update --config list.json
bad 2 list.json update --model list.json
bad 2 list.json update --data list.json
echo '{"a": 1, "a": 2}' >duplicate.json
bad 2 "a" update --config duplicate.json
echo '{"step": 9223372036854775808}' >large.json
bad 2 'large.json: line 1.*int64' update --config large.json
echo '{"uids": "abc"}' >uids.json
bad 2 uids update --data uids.json
echo '{"uids": ["a", "a"]}' >twice_uid.json
bad 2 a update --data twice_uid.json
echo '{"uids": ["a"], "tags": {"a": "hard"}}' >tags.json
bad 2 tags update --data tags.json
printf 'a: [1,\nb: 2\n' >broken.yaml
bad 2 'broken.yaml.*[0-9]' update --config broken.yaml
bad 2 'broken.yaml.*[0-9]' hash --config broken.yaml
printf 'a: 1\n\tb: 2\n' >tab.yaml
bad 2 'tab.yaml.*[0-9]' update --config tab.yaml
printf '{"a": 1' >broken.json
bad 2 broken.json update --config broken.json
printf 'a: \377\n' >latin.yaml
bad 2 latin.yaml update --config latin.yaml
printf 'a: !!python/object:os.system x\n' >tag.yaml
bad 2 tag.yaml update --config tag.yaml
# One bad part and two good ones: nothing of it is recorded.
bad 2 layers update --config c.yaml --data d.json --model unknown.json

# Hashes. No recorded hash begins with zzzz; every recorded one shares the model's segment.
MODEL=$(sqlite3 "$ROOT/ledger.db" "SELECT substr(experiment, 1, 8) FROM experiments LIMIT 1")
for call in show diff switch state checkpoints; do
    bad 2 'V2' $call 0123456789abcdef
    bad 1 zzzzzz $call zzzzzz
    bad 2 "$MODEL" $call "$MODEL"
    bad 2 abc $call abc
    bad 2 'x y' $call 'x y'
done
bad 1 zzzzzz diff @ zzzzzz
bad 1 zzzzzz cat zzzzzz config
bad 1 zzzzzz path zzzzzz --latest
bad 1 '900' show '@~900'
bad 2 V2 compare 0123456789abcdef 0123456789abcdef01234567
bad 2 '' cat @ colours

for call in discard restore 'tag x' 'untag hard'; do
    # shellcheck disable=SC2086
    bad 1 nobody $call a nobody c
done
bad 2 uid discard
bad 2 tag tag

for step in -1 -9223372036854775808 9223372036854775808 99999999999999999999 1.5 '' x ' 1' 0x10; do
    bad 2 step checkpoint --step "$step" --weights w.bin
    bad 2 step metric --step "$step" loss=1
done
bad 2 step switch @@-1
bad 1 missing.bin checkpoint --step 200 --weights missing.bin
bad 2 folder.json checkpoint --step 200 --weights folder.json
bad 2 folder.json checkpoint --step 200 --weights folder.json --force-dump
bad 1 missing.bin checkpoint --step 200 --weights missing.bin --force-dump
bad 2 note checkpoint --step 200 --weights w.bin --force-dump --note '{"a":'
bad 1 missing.bin checkpoint --step 200 --weights missing.bin --move --force-dump
bad 2 loss checkpoint --step 200 --weights w.bin --metric loss=low
bad 2 note checkpoint --step 200 --weights w.bin --note '{"a":'
bad 2 '--weights' checkpoint --step 200
bad 1 nothing path --best nothing
bad 1 777 path --step 777
bad 2 'a/b' run new a/b
bad 1 nowhere --run nowhere show
bad 2 stats stats
bad 2 '--colour' log --colour
bad 2 soon log --since soon
bad 2 optimiser log --component optimiser

# A root that cannot be: below a regular file (which stops the superuser too).
printf 'a file' >file
for call in 'update --config c.yaml' status dump; do
    # shellcheck disable=SC2086
    run -C file/sub $call
    [ "$CODE" -eq 6 ] || { [ "$CODE" -eq 1 ] && [ "${call%% *}" != update ]; } || fail "exit code $CODE"
    refused "$CODE" "'file"
done
equal 'a file' "$(cat file)" "the file in the way"
if [ "$(id -u)" -ne 0 ]; then
    mkdir closed && chmod 500 closed
    run -C closed/root update --config c.yaml
    refused 6 closed
    printf 'a: 1\n' >secret.yaml && chmod 000 secret.yaml
    bad 6 secret.yaml update --config secret.yaml
fi

# Reading creates nothing.
mkdir empty
for call in status log show runs; do
    run -C empty $call
    refused 1 .
    equal '' "$(ls -A empty)" "the empty folder"
done
finish
