# What people see: aligned lines, names that cannot harm a terminal, colours on a terminal only, and
# an error when the output cannot be written.
. "$(dirname "$(realpath "$0")")/lib.sh"
write_inputs
mkdir root
export CKL_ROOT=$WORK/root CKL_ACTOR=ann
python3 - <<'EOF'
import json

uids = ["a", "b", "line\nbreak", "esc\x1b[31mape", "c1\x9b2J", "del\x7f", "日本", "é"]
json.dump({"uids": uids, "discarded": ["b", "gone\x1b[2J", "lost"], "tags": {"a": ["hard"]}},
          open("d.json", "w"))
json.dump({"lr": 0.1, "name": "x\x1b[31m"}, open("c.json", "w"))
json.dump({"lr": 0.25, "name": "x\x1b[31m", "new": [1, None]}, open("c2.json", "w"))
EOF

# calm FILE: no control characters but the line's end.
calm() {
    ! LC_ALL=C grep -nP '[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]' "$1" || fail "control characters in $1"
}

run update --model m.json --config c.json --data d.json --reason 'the first'
equal 0 "$CODE" "exit code"
calm out
calm err
FIRST=$(head -1 out)
[[ $FIRST =~ ^[0-9a-f]{24}$ ]] || fail "the first line is not the hash"
equal '  changed          model, config, data' "$(sed -n 2p out)" "second line"
equal '  pending          model, config, data' "$(sed -n 3p out)" "third line"
equal "ckl: 'gone\\x1b[2J' and 1 more uids are discarded or tagged but not among the samples: not counted" \
    "$(sed 1d err)" "standard error"
good update --config c.json
equal "$(printf '%s\n  changed          nothing\n  pending          model, config, data' "$FIRST")" \
    "$(cat out)" "a change of nothing"

good dump
equal "$FIRST" "$(head -1 out)" "first line"
grep -qx "  dumped           model, config, data" out || fail "what was dumped is not shown"
grep -qx "  directory        checkpoints/$FIRST" out || fail "the directory is not shown"
printf weights >w.bin
"$CKL" checkpoint --step 100 --weights - --metric loss=0.5 <w.bin >out 2>err || fail "weights from standard input"
PLACE=checkpoints/$FIRST/model/${FIRST}_step_000100.pt
equal "$PLACE" "$(head -1 out)" "first line"
grep -qx "  sha256           $(sha256sum <w.bin | cut -d' ' -f1)" out || fail "the digest is not shown"
equal weights "$(cat "root/$PLACE")" "the weights"
good path --best loss
equal "$(realpath "root/$PLACE")" "$(cat out)" "path"
good metric --step 100 small=1e-05 tenth=0.1
equal "$(printf '  small            1e-05\n  tenth            0.1')" "$(cat out)" "metrics"

good update --config c2.json
good tag $'t\tg' a 日本 --reason $'why\e[31m\nnot'
calm out
printf 'b\n\x00' >nul.txt
run discard --from nul.txt
equal 2 "$CODE" "exit code"
grep -q 'NUL at byte 2' err || fail "it does not say where"
printf 'line\nbreak\n' >lines.txt
run discard --from lines.txt
equal 1 "$CODE" "exit code"
good discard é
good diff
calm out
cat >expected <<EOF
from  $FIRST
to    $("$CKL" --json status | sed 's/.*"experiment": "\([0-9a-f]*\)".*/\1/')

config: 3 changed
  ~ /lr     0.1 -> 0.25
  + /new/0  1
  + /new/1  null

data: 1 discarded, 2 tagged
  ~ a                         tagged     +t\\tg
  ~ é                         discarded
  ~ 日本                      tagged     +t\\tg
EOF
diff expected out >differences || fail "diff: $(cat differences)"
good diff --stat
equal "$(grep -v '^  ' expected)" "$(cat out)" "diff --stat"
good diff --limit 1
equal 1 "$(grep -c '^  ~ [aé日]' out)" "samples with --limit 1"
grep -q -- '--limit' out || fail "it does not say that there is more"
run diff --exit-code
equal 1 "$CODE" "exit code"
good diff @ @
grep -qx 'nothing differs' out || fail "equal states are not said to be equal"
good diff --exit-code @ @

good log
calm out
equal 6 "$(wc -l <out)" "lines"
equal 1 "$(cut -c1-50 out | grep -oE '  [a-z]+ +[0-9a-f]*$' | sed 's/[a-z0-9].*//' | sort -u | wc -l)" "columns"
grep -qF 'why\x1b[31m\nnot' out || fail "the reason is not shown escaped"
grep ' tag ' out | grep -q superseded || fail "the state that was left is not marked"
grep 'discard ' out | grep -q superseded && fail "the head is marked"
good --run "$(printf 'r%.0s' $(seq 64))" update --config c.json
good log --all --limit 1
grep -qE ' r{64}  update ' out || fail "a long name runs into the next column"
for call in status show runs checkpoints "show $FIRST" "checkpoints $FIRST"; do
    # shellcheck disable=SC2086
    good $call
    calm out
done
good status
equal 17 "$(grep -oE '^  [a-z]+( [a-z]+)? +' out | awk '{print length($0) - 2}' | sort -u)" "column of values"

# Since when.
good log --since 1h --json
json "len(o['events']) == 6"
good log --since 2001-01-01T10:20 --json
json "len(o['events']) == 6"
good log --since "$(date -u -d '+1 day' +%Y-%m-%dT%H:%M:%SZ)" --json
json "o['events'] == []"

# Back and forth.
run switch "$FIRST@100"
equal 0 "$CODE" "exit code"
BACK=$(sed -n 's/^to come back: ckl switch //p' err)
good --json switch "@@$(printf '%070d' 100)"
json "o['experiment'] == '$FIRST'"
run switch "$BACK"
equal 0 "$CODE" "exit code"
equal "to come back: ckl switch $FIRST" "$(cat err)" "standard error"

# Colours: on a terminal, unless NO_COLOR or a dumb one says no; escaped names in any case.
WHAT="ckl log on a terminal"
cat >terminal.py <<'EOF'
import os, pty, sys

shown = b""


def read(descriptor):
    global shown
    data = os.read(descriptor, 65536)
    shown += data
    return data


sys.stdout.flush()
code = os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:], read))
open("shown", "wb").write(shown)
sys.exit(code)
EOF
on_terminal() { # TERM NO_COLOR: what `ckl log` shows
    TERM=$1 NO_COLOR=$2 python3 terminal.py "$CKL" log >out 2>err </dev/null || fail "it did not work"
    tr -d '\r' <shown >out
}
on_terminal xterm ''
grep -q $'\e\[1m' out || fail "no colours"
sed 's/\x1b\[[0-9]*m//g' out >plain
calm plain
good log
cmp -s out plain || fail "it differs from what is piped by more than colours"
on_terminal xterm 1
calm out
on_terminal dumb ''
calm out

# Standard output that cannot be written, or is not there: also then nothing gets into our files.
[ ! -w /dev/full ] || {
    WHAT="ckl log >/dev/full"
    "$CKL" log >/dev/full 2>err
    equal 6 $? "exit code"
    equal 'ckl: could not write to standard output: No space left on device' "$(cat err)" "standard error"
    "$CKL" --help >/dev/full 2>err
    equal 6 $? "exit code"
}
WHAT="ckl update --dump >&-"
"$CKL" update --config c.yaml --dump >&- 2>err
equal 6 $? "exit code"
equal 1 "$(grep -c '^ckl: could not write to standard output' err)" "lines"
good --json status
json "o['pending'] == []"
"$CKL" status >&- 2>&- <&-
equal 6 $? "exit code"
equal ok "$(sqlite3 root/ledger.db 'PRAGMA integrity_check')" "the ledger"
grep -rlaF '  pending          ' root && fail "printed text in a file"
finish
