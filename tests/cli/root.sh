# Which root and run a command works on, who is named, and what a user without rights meets.
. "$(dirname "$(realpath "$0")")/lib.sh"
write_inputs

# -C before $CKL_ROOT before the nearest folder upwards before here.
mkdir -p one/deep/er two three
good_to_make() { # FOLDER ARGUMENTS…: the call makes a ledger, and says so
    local folder=$1
    shift
    run "$@"
    equal 0 "$CODE" "exit code"
    equal "created $folder/ledger.db" "$(cat "$WORK/err")" "standard error"
}
root_is() { # FOLDER ARGUMENTS…: status works on it
    local folder=$1
    shift
    good --json status "$@"
    cp "$WORK/out" "$WORK/seen"
    equal "$(realpath "$folder")" "$(python3 -c 'import json; print(json.load(open("'"$WORK"'/seen"))["root"])')" root
}
good_to_make one -C one update --config c.yaml
good_to_make two update -C two --config c2.yaml
cd one/deep/er || exit 1
root_is ../..
export CKL_ROOT=$WORK/two
root_is "$WORK/two"
root_is "$WORK/one" -C "$WORK/one"
CKL_ROOT='' root_is ../..
unset CKL_ROOT
good update --config "$WORK/c2.yaml"
[ ! -e ledger.db ] || fail "there is a second ledger below the first"
cd "$WORK/three" || exit 1
good_to_make . ignore /root_log_dir
good ignore
equal /root_log_dir "$(cat "$WORK/out")" "ignored"
cd "$WORK" || exit 1
mkdir four
good_to_make four/new/root -C four/new/root run new first
good -C four/new/root --json runs
json "[r['name'] for r in o['runs'] if r['experiment'] is None].count('first') == 1"

# What is refused makes nothing.
mkdir empty
for call in 'run new a/b' 'ignore /a b~c' 'ignore --remove /a' 'discard a' 'dump' 'tag t a' \
    'metric --step 1 a=1' 'checkpoint --step 1 --weights w.bin' 'run new b --from @' \
    'update --config missing.yaml' 'update --model - --config -' 'switch @~1' 'log' 'checkpoints'; do
    # shellcheck disable=SC2086
    run -C empty $call
    { [ "$CODE" -eq 1 ] || [ "$CODE" -eq 2 ]; } || fail "exit code $CODE"
    equal 1 "$(grep -c '^ckl: ' err)" "lines"
    equal '' "$(ls -A empty)" "the empty folder"
done
# hash needs no ledger, and makes none.
good hash --config c.yaml
[ ! -e ledger.db ] || fail "there is a ledger"

# $CKL_RUN and --run; $CKL_ACTOR.
export CKL_ROOT=$WORK/one CKL_RUN=side CKL_ACTOR=$'a\e[31mnn'
good --json update --config c.yaml --reason $'two\nlines'
json "o['is_new'] and o['pending'] == ['config']"
good --json log --limit 1
json "o['events'][0]['run'] == 'side' and o['events'][0]['actor'] == 'a\\x1b[31mnn'"
json "o['events'][0]['reason'] == 'two\\nlines'"
good log --limit 1
equal 1 "$(wc -l <out)" "lines"
grep -qF 'a\x1b[31mnn: two\nlines' out || fail "control characters are not shown escaped"
good --json --run main log --limit 1
json "o['events'][0]['run'] == 'main'"
run --run 'no/run' update --config c2.yaml
equal 2 "$CODE" "exit code"
grep -q "'no/run'" err || fail "it does not name the run"
unset CKL_ROOT CKL_RUN CKL_ACTOR

# A user without rights on the root or on a file. The superuser becomes one.
AS=
if [ "$(id -u)" -eq 0 ]; then
    command -v setpriv >/dev/null || { echo "no setpriv: cannot become another user"; exit 1; }
    AS="setpriv --reuid=65534 --regid=65534 --clear-groups"
fi
mkdir stranger
cp "$CKL" stranger/ckl
chmod 755 "$WORK" stranger stranger/ckl
good -C two update --config c.yaml --data d.json --dump
good -C two checkpoint --step 100 --weights w.bin
chmod 444 two/ledger.db*
find two -type d -exec chmod 555 {} +
printf 'a: 1\n' >secret.yaml
chmod 000 secret.yaml
state() {
    find "$1" -printf '%P %y %m %s %i\n' | sort
    [ ! -e "$1/ledger.db" ] || sha256sum <"$1/ledger.db"
}
as_stranger() { # CODE PATTERN ARGUMENTS…
    local code=$1 pattern=$2
    shift 2
    WHAT="as another user: ckl $*"
    $AS ./stranger/ckl "$@" >out 2>err </dev/null
    CODE=$?
    equal "$code" "$CODE" "exit code"
    [ "$code" -eq 0 ] || {
        [ ! -s out ] || fail "standard output is not empty"
        equal 1 "$(grep -c '^ckl: ' err)" "lines of 'ckl: …'"
        equal 0 "$(grep -vcE '^(ckl|hint): .' err)" "other lines"
        grep '^ckl: ' err | grep -qE "$pattern" || fail "the line does not say: $pattern"
    }
}
WHAT=two
BEFORE=$(state two)
for call in 'update --config c2.yaml' 'dump --force' 'ignore /lr' 'run new other' \
    'checkpoint --step 200 --weights w.bin' 'metric --step 100 a=1' 'switch @~1'; do
    # shellcheck disable=SC2086
    as_stranger 6 two -C two $call
    equal "$BEFORE" "$(state two)" "the root"
done
mkdir shut
chmod 555 shut
as_stranger 6 shut -C shut update --config c.yaml
as_stranger 6 shut -C shut/below update --config c.yaml
equal '' "$(ls -A shut)" "the closed folder"
as_stranger 6 secret.yaml hash --config secret.yaml
as_stranger 6 secret.yaml hash --data secret.yaml
# Reading needs no rights to write.
for call in status log show diff runs checkpoints state 'cat @ config' 'path --latest'; do
    # shellcheck disable=SC2086
    as_stranger 0 '' -C two $call
done
equal "$BEFORE" "$(state two)" "the root after reading"
chmod -R u+w two shut
finish
