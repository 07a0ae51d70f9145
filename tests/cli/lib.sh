# What the tests of the command share: a fresh folder, a root with a history, and assertions that
# look at standard output, standard error and the exit code of every call.
set -u
: "${CKL:?the path of the command}"
unset CKL_ROOT CKL_RUN CKL_ACTOR RANK
export CKL_PAGER= # a pager on a terminal would wait for a reader
CKL=$(realpath "$CKL")
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT
cd "$WORK" || exit 1
FAILURES=0
WHAT=

fail() {
    FAILURES=$((FAILURES + 1))
    printf 'FAILED: %s: %s\n' "$WHAT" "$1"
    sed 's/^/    out| /' "$WORK/out" | head -5
    sed 's/^/    err| /' "$WORK/err" | head -5
}

finish() {
    [ "$FAILURES" -eq 0 ] || { echo "$FAILURES failed"; exit 1; }
    echo "all hold"
    exit 0
}

# run ARGUMENTS…: calls the command; CODE, $WORK/out and $WORK/err are what came of it.
run() {
    WHAT="ckl $*"
    "$CKL" "$@" >"$WORK/out" 2>"$WORK/err" </dev/null
    CODE=$?
}

# good ARGUMENTS…: the call succeeds and says nothing on standard error.
good() {
    run "$@"
    [ "$CODE" -eq 0 ] || fail "exit code $CODE, not 0"
    [ ! -s "$WORK/err" ] || fail "standard error is not empty"
}

# equal EXPECTED ACTUAL NAME
equal() {
    [ "$1" = "$2" ] || fail "$3: expected '$1', got '$2'"
}

# json EXPRESSION: the Python expression over `o`, the object on standard output, is true.
json() {
    python3 -c '
import json, sys
o = json.load(open(sys.argv[1]))
sys.exit(0 if eval(sys.argv[2]) else 1)' "$WORK/out" "$1" 2>"$WORK/python" ||
        fail "not so: $1 $(tail -1 "$WORK/python")"
}

# value EXPRESSION: prints it.
value() {
    python3 -c 'import json, sys; o = json.load(open(sys.argv[1])); print(eval(sys.argv[2]))' \
        "$WORK/out" "$1"
}

write_inputs() {
    cat >m.json <<'EOF'
{"class": "Net", "modules": [{"name": "fc", "type": "Linear", "attributes": {"in": 4, "out": 3}}]}
EOF
    printf 'lr: 0.1\nepochs: 10\n' >c.yaml
    printf 'lr: 0.2\nepochs: 10\n' >c2.yaml
    echo '{"uids": ["a", "b", "c"], "discarded": ["b"], "tags": {"a": ["hard"]}}' >d.json
    printf 'weights' >w.bin
}
