# Asking history: sample, audit, find, names and notes, graph, times, formats.
. "$(dirname "$(realpath "$0")")/lib.sh"

# refused CODE PATTERN ARGUMENTS…: that exit code, nothing on standard output, one line.
refused() {
    local code=$1 pattern=$2
    shift 2
    run "$@"
    equal "$code" "$CODE" "exit code"
    [ ! -s out ] || fail "standard output is not empty"
    equal 1 "$(grep -c "^ckl: .*$pattern" err)" "lines that say: $pattern"
}
hint() { equal "hint: $1" "$(sed 1d err)" hint; }
# lines EXPECTED…: column values of the rows, without heading: run with --format tsv.
column() { cut -f"$1" out | sed 1d | paste -sd' '; }

export CKL_ACTOR=ann
write_inputs
echo '{"lr": 0.1, "opt": {"name": "sgd", "lr": 0.5}}' >c.json
echo '{"lr": 0.05, "opt": {"name": "adam, or so", "lr": 0.5}}' >c2.json
echo '{"uids": ["a", "b", "c", "d"], "discarded": [], "tags": {"a": ["hard"]}}' >d.json
run update --model m.json --config c.json --data d.json --reason first
FIRST=$(head -1 out)
good discard b --reason 'blurred | "x"'
good dump
SECOND=$("$CKL" status --json | grep -o '"experiment": "[^"]*"' | cut -d'"' -f4)
BETWEEN=$(date -u +%FT%T.%3NZ)
sleep 0.01
CKL_ACTOR=ben good tag odd c d
good metric --step 10 val_loss=0.5
good metric --step 20 val_loss=0.3
THIRD=$("$CKL" status --json | grep -o '"experiment": "[^"]*"' | cut -d'"' -f4)
good run new two --from "$SECOND"
good --run two restore b
good update --config c2.json
FOURTH=$(head -1 out)

# ---- the life of a sample ----
good sample b --format tsv
equal "added discarded added restored" "$(column 4)" "changes of b"
equal "false true true false" "$(column 5)" "discarded, each time"
equal "main main two two" "$(column 3)" "runs"
good --run two sample b --format tsv
equal "added restored" "$(column 4)" "changes of b in run two"
good sample a --json
json "[r['tags'] for r in o['history']] == ['hard', 'hard'] and o['history'][0]['reason'] == 'first'"
refused 1 "no sample 'nobody' was ever recorded" sample nobody
refused 2 "needs an argument" sample

# ---- audit ----
good audit --format tsv
equal "restored tagged tagged discarded" "$(column 5)" "the newest first, no beginnings"
good audit --tag odd --json
json "[(r['uid'], r['change'], r['tags_added'], r['actor']) for r in o['changes']] == \
      [('c', 'tagged', 'odd', 'ben'), ('d', 'tagged', 'odd', 'ben')]"
good audit --action discard --format csv
equal '2,main,b,discarded,"","",ann,"blurred | ""x"""' "$(sed 1d out | cut -d, -f1,3-7,9-)" "a row"
good audit --action add --format tsv
equal "added" "$(sort -u <(cut -f5 out | sed 1d))" "what came with whole states"
good audit --actor ben --until "$BETWEEN" --json
json "o['changes'] == []"
good audit --actor ben --since "$BETWEEN" --format tsv
equal "c d" "$(column 4)" "what ben did since"
good audit --uid b --action restore --run two --format md
equal '|---:|---|---|---|---|---|---|---|---|---|' "$(sed -n 2p out)" "the line under the heading"
equal 3 "$(wc -l <out)" "lines of Markdown"
refused 2 "an action is discard, restore, tag, untag, add or remove, not 'burn'" audit --action burn
refused 2 "a tag goes with the actions tag and untag" audit --tag odd --action discard
refused 1 "no tag 'none' was ever recorded" audit --tag none
refused 1 "no run 'none' was ever recorded" audit --run none
refused 2 "'yesterday' is no time" audit --since yesterday
hint 'write 2026-11-23, 2026-11-23T15:40:00Z, or how long ago: 2h, 3d'
refused 2 "prints no rows" status --format csv
refused 2 "not 'xml'" audit --format xml
run audit --format csv --json
equal 2 "$CODE" "exit code"
grep -q '"message": "--format does not go with --json"' err || fail "it does not say so"

# ---- find ----
good find --config 'lr < 0.07' --format tsv
equal "$FOURTH" "$(column 1)" "by a number"
good find --config 'opt.name = sgd' --tag odd --metric 'val_loss <= 0.3' --format tsv
equal "$THIRD" "$(column 1)" "by all of them"
good find --config '/opt/name ~ or so' --format tsv
equal "$FOURTH" "$(column 1)" "by a part of a text"
good find --changed lr --format tsv
equal "$FOURTH" "$(column 1)" "by what changed"
good find --model-module Linear_in4 --run two --format tsv
equal 2 "$(sed 1d out | wc -l)" "states of run two with the layer"
good find --metric 'val_loss < 1' --format jsonl
json "o['metrics'] == {'val_loss': 0.3} and o['experiment'] == '$THIRD' and o['dumped'] is False"
run find --metric 'val_loss < 0.1'
equal 1 "$CODE" "exit code when nothing fits"
[ ! -s err ] || fail "standard error is not empty"
refused 1 "no recorded configuration has '/name'" find --config 'name = sgd'
hint 'did you mean: /opt/name'
refused 2 "'lr <' is no condition: the value is missing" find --config 'lr <'
refused 2 "only numbers are less or more" find --config 'opt.name < sgd'
refused 2 "it compares nothing" find --metric val_loss
refused 2 "a metric is a number" find --metric 'val_loss = low'
refused 1 "state has a metric 'loss'" find --metric 'loss < 1'
refused 1 "sample has the tag 'none'" find --tag none

# ---- names and notes: no hash moves, a name stands for its state ----
good name "$SECOND" before-tags --reason 'to come back'
good name "$FIRST" start
good note @ 'labels of "x" are not trusted'
good show before-tags --json
json "o['experiment'] == '$SECOND'"
good diff start before-tags --json
json "o['from'] == '$FIRST' and o['to'] == '$SECOND'"
run switch before-tags
equal "  experiment       $SECOND" "$(grep '^  experiment' out)" "where it stands"
run switch "$FOURTH"
good name --format tsv
equal "start before-tags" "$(column 2)" "names, newest first"
refused 2 "'start' is the name of another state: $FIRST" name @ start
hint "take it off there first: ckl name start --remove"
good name start --remove
good name @ start
good name "$FIRST" --history --json
json "[(r['name'], r['current']) for r in o['names']] == [(None, True), ('start', False)]"
refused 2 "'cafe' could be a hash" name @ cafe
refused 2 "'a b' is no name" name @ 'a b'
refused 2 "is no hash" show no-such-name
refused 2 "the note is empty" note @ ''
good note --json
json "len(o['notes']) == 1 and o['notes'][0]['note'] == 'labels of \"x\" are not trusted'"
run name @ start --json
json "o['changed'] is False and o['name'] == 'start'"
good fsck
good log --all --limit 0 --json
json "sum(e['kind'] in ('name', 'note') for e in o['events']) == 5"

# ---- times ----
good state --at "$BETWEEN"
json "o['discarded'] == ['b'] and o['tags'] == {'a': ['hard']}"
good diff "@{$BETWEEN}" @ --json
json "o['from'] == '$SECOND' and o['data']['counts']['tagged'] == 2"
refused 1 "had nothing recorded by 2001-01-01T00:00:00.000Z" state --at 2001-01-01
refused 2 "'soon' is no time" show '@{soon}'

# ---- graph ----
good log --graph --all
sed 's/ *[0-9]*  20..-..-.. ..:..:..  / /; s/  *[0-9a-f]\{24\}.*//; s/  */ /g; s/ $//' out >graph
cat >expected <<'END'
* main update
| * two restore
* | main tag
|/
* main discard
* main update
END
cmp -s expected graph || fail "the graph is: $(cat graph)"

# ---- formats are exact ----
good tag 'x	y' a
good audit --limit 1 --format tsv
equal 'x\ty' "$(sed 1d out | cut -f6)" "a tab in a tag"
good audit --limit 1 --format jsonl
json "o['tags_added'] == 'x\\ty'"
good log --limit 1 --format csv
equal 'seq,at,run,kind,experiment,from,changed,step,superseded,actor,reason' "$(head -1 out)" heading

# ---- choosing weights ----
for step in 100 300; do
    good checkpoint --step $step --weights w.bin
done
for pair in 0:100 199:100 200:300 999:300; do # of two as near, the later
    good path --nearest ${pair%:*}
    equal "$(printf '%06d' "${pair#*:}")" "$(sed 's/.*_step_//; s/\.pt//' out)" \
        "the step nearest to ${pair%:*}"
done
refused 2 "needs one of --step, --nearest" path --nearest 1 --latest

# ---- export: exact, and the same bytes each time ----
good export sample_changes
cp out first
good export sample_changes
cmp -s out first || fail "the second export differs"
python3 - out "$WORK/ledger.db" <<'END' || fail "not what the view has"
import csv, sqlite3, sys
rows = list(csv.reader(open(sys.argv[1], newline="")))
ledger = sqlite3.connect("file:%s?mode=ro" % sys.argv[2], uri=True)
have = sorted([["" if v is None else str(v) for v in row]
               for row in ledger.execute("SELECT * FROM sample_changes")])
sys.exit(sorted(rows[1:]) != have)
END
run export --output all --format jsonl
equal 0 "$CODE" "exit code"
equal "$("$CKL" schema --format tsv | tail -n +2 | wc -l)" "$(ls all/*.jsonl | wc -l)" "files"
equal "$(wc -l <all/sample_changes.jsonl)" "$(($(wc -l <first) - 1))" "lines"
refused 1 "there is no view 'nothing'" export nothing
refused 2 "needs one view" export
refused 6 "could not make the folder" export tags --output /proc/none
good schema tags --format tsv
equal "run experiment tag uid discarded" "$(column 1)" "columns of the view"

# ---- a pager, on a terminal only ----
good log
if command -v script >/dev/null; then
    WHAT="ckl log on a terminal"
    CKL_PAGER='sed s/^/paged:/' script -qec "$CKL log --limit 2" /dev/null >out 2>err </dev/null
    equal 2 "$(grep -c '^paged:' out)" "lines through the pager"
    CKL_PAGER='sed s/^/paged:/' script -qec "$CKL --no-pager log --limit 2" /dev/null >out 2>err </dev/null
    equal 0 "$(grep -c '^paged:' out)" "lines through the pager with --no-pager"
    CKL_PAGER='head -1' script -qec "$CKL log --limit 0; echo code \$?" /dev/null >out 2>err </dev/null
    grep -q 'code 0' out || fail "a reader who has seen enough is a failure"
fi
finish
