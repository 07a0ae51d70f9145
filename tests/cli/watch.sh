#!/usr/bin/env bash
# watch: what others record while it runs, in order, as lines and as JSON Lines.
set -euo pipefail
fail() { echo "FAIL: $*" >&2; exit 1; }
unset CKL_ROOT CKL_RUN CKL_ACTOR RANK
export CKL
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

echo '{"lr": 1}' >config.json
"$CKL" update --config config.json >/dev/null
"$CKL" metric --step 1 loss=0.5 >/dev/null

"$CKL" watch --json --limit 4 >lines &
watcher=$!
"$CKL" watch --limit 1 >text &
reader=$!
sleep 1
echo '{"lr": 2}' >config.json
"$CKL" update --config config.json --reason 'larger steps' >/dev/null
"$CKL" metric --step 2 loss=0.25 accuracy=nan >/dev/null
"$CKL" metric --step 3 loss=0.125 >/dev/null
"$CKL" --run other update --config config.json >/dev/null
wait "$watcher" || fail "watch ended with $?"
wait "$reader" || fail "watch ended with $?"
python3 - lines <<'END' || fail "the lines are: $(cat lines)"
import json, sys
lines = [json.loads(line) for line in open(sys.argv[1])]
assert [line["schema_version"] for line in lines] == [1] * 4
assert lines[0]["type"] == "event" and lines[0]["kind"] == "update", lines[0]
assert lines[0]["reason"] == "larger steps" and lines[0]["changed"] == ["config"]
values = {(line["metric"], line["step"], line["value"]) for line in lines[1:]}
assert values == {("loss", 2, 0.25), ("loss", 3, 0.125), ("accuracy", 2, None)}, values
assert all(line["experiment"] == lines[0]["experiment"] for line in lines)
END
grep -q 'update.*larger steps' text || fail "the text is: $(cat text)"

# A reader that goes away ends it.
timeout 20 bash -c '"$CKL" watch --json | head -1 >gone' &
pipe=$!
sleep 1
"$CKL" metric --step 4 loss=1 >/dev/null
sleep 0.5
"$CKL" metric --step 5 loss=1 >/dev/null
wait "$pipe" || [ $? -ne 124 ] || fail "watch goes on without a reader"
grep -q '"step": 4' gone || fail "the first line is: $(cat gone)"

"$CKL" watch extra 2>error && fail "an argument is taken"
grep -q 'watch' error || fail "the error is: $(cat error)"
