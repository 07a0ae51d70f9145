# Help opens with an example that works; a mistake on the command line gets one line and a hint.
. "$(dirname "$(realpath "$0")")/lib.sh"

# refuses PATTERN HINT ARGUMENTS…: exit code 2, one line that matches, and that hint.
refuses() {
    local pattern=$1 hint=$2
    shift 2
    run "$@"
    equal 2 "$CODE" "exit code"
    [ ! -s out ] || fail "standard output is not empty"
    equal 1 "$(grep -c "^ckl: .*$pattern" err)" "lines that say: $pattern"
    equal "hint: $hint" "$(sed 1d err)" "hint"
}

good --help
cp out overview
good help
cmp -s out overview || fail "help and --help differ"
good -h
cmp -s out overview || fail "-h and --help differ"
NAMES=$(sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p' overview)
[ "$(wc -w <<<"$NAMES")" -ge 22 ] || fail "the overview names $(wc -w <<<"$NAMES") commands"

wide() { # the lines of a file that take more than 80 columns
    LC_ALL=C.UTF-8 grep -E '^.{81,}' "$1"
}
equal '' "$(wide overview)" "wide lines"
: >examples
for name in $NAMES; do
    good help "$name"
    cp out help
    equal '' "$(wide help)" "wide lines"
    head -1 help | grep -q "^    ckl $name" || fail "it does not open with an example"
    head -1 help | sed 's/^ *//' >>examples
    for option in $(sed -n 's/^  \(--[a-z-]*\) .*/\1/p' help); do
        sed -n '/^Usage:/,/^$/p' help | grep -q -- "$option" || fail "usage lacks $option"
    done
    good "$name" --help
    cmp -s out help || fail "ckl help $name and ckl $name --help differ"
    good --json -h "$name"
    cmp -s out help || fail "ckl help $name and ckl -h $name differ"
done

good --version
grep -qE '^ckl [0-9]+\.[0-9]+\.[0-9]+$' out || fail "no version"
good log --version
grep -qE '^ckl [0-9]' out || fail "no version behind a command"

# The examples, one after the other in one root, are commands that work.
write_inputs
mkdir root
mv c.yaml root/config.yaml
mv m.json root/model.json
mv w.bin root/model.pt
echo '{"uids": ["sample_001", "sample_002", "sample_003"]}' >root/data.json
for name in job_1 job_2; do
    mkdir root/$name
    echo "{\"job\": \"$name\"}" >job.json
    "$CKL" -C root/$name update --config job.json >/dev/null 2>&1
done
OLD=root/old_experiments/checkpoints/a1b2c3d40000000000000000/hp
mkdir -p $OLD
echo 'lr: 0.5' >$OLD/a1b2c3d40000000000000000_config.yaml
cd root || exit 1
for name in hash update tag untag discard restore dump checkpoint metric status log show diff state \
    cat path switch runs run checkpoints ignore gc receipt fsck sample audit find pairs exposure seen blame churn report name note merge import sql \
    schema export snapshot report compare; do
    LINE=$(grep -E "^ckl $name( |\$)" "$WORK/examples" | head -1)
    WHAT=$LINE
    printf '%s "$@"\n' "${LINE/#ckl/\"$CKL\"}" >"$WORK/line.sh"
    bash "$WORK/line.sh" >"$WORK/out" 2>"$WORK/err" || fail "the example does not work"
    [ "$name" = untag ] || equal '' "$(grep '^ckl: ' "$WORK/err")" "standard error"
    NAMES=$(grep -vx "$name" <<<"$NAMES")
done
# watch follows until it is interrupted: here by a time limit.
timeout -s INT 1 "$CKL" watch >"$WORK/out" 2>"$WORK/err"
equal 124 "$?" "exit code of timeout on watch"
NAMES=$(grep -vx watch <<<"$NAMES")
equal '' "$NAMES" "commands whose example was not tried"
cd .. || exit 1

refuses "no command was given" 'see: ckl --help'
refuses "no command 'stats'" 'did you mean: ckl status' stats
refuses "no command 'udpate'" 'did you mean: ckl update' udpate
refuses "no command 'colours'" 'see: ckl --help' colours
refuses "no command 'colours'" 'see: ckl --help' help colours
refuses "no option '--limt'" 'did you mean: --limit' log --limt 5
refuses "no option '--jsn'" 'did you mean: --json' log --jsn
refuses "no option '-n'" 'usage: ckl log [--limit N] [--all] [--component C] [--since T] [--graph]' log -n 5
refuses "no option '-x'" 'see: ckl --help' -x log
refuses '--limit needs a value' 'usage: ckl log [--limit N] [--all] [--component C] [--since T] [--graph]' \
    log --limit
refuses '--all takes no value' 'usage: ckl log [--limit N] [--all] [--component C] [--since T] [--graph]' \
    log --all=yes
refuses "'sideways'" 'usage: ckl status' -C root status sideways
refuses 'one file' 'usage: ckl hash [--model F] [--config F] [--data F] [--explain C [--lines]]' \
    hash --model - --config -
run -C
equal 2 "$CODE" "exit code"
grep -q '^ckl: -C needs a value' err || fail "it does not say what is missing"

# Also where the command line is what is wrong, --json means JSON, wherever it stands.
run stats --json
equal 2 "$CODE" "exit code"
cp err out
json "o['error'] == {'code': 'invalid', 'exit': 2, 'message': \"there is no command 'stats'\",
    'hint': 'did you mean: ckl status'}"
run show $'\xff\xfe' --json -C root
equal 2 "$CODE" "exit code"
cp err out
json "o['error']['message'].startswith(\"'\\ufffd\\ufffd' is no hash\")"

# Options stand anywhere, with = or a space; behind -- there are none.
good -C root log --limit=1 --json
json "len(o['events']) == 1"
good log --limit 1 --json -C root
json "len(o['events']) == 1"
good --run=main -C root status
good status -C root --run main
run -C root discard -- --json
equal 1 "$CODE" "exit code"
grep -q "'--json'" err || fail "it does not name the uid"
finish
