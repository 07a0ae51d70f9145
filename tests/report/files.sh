# ckl report: what is written where, and what happens when that cannot be.
. "$(dirname "$(realpath "$0")")/../cli/lib.sh"

write_inputs
mkdir root
"$CKL" -C root update --config c2.yaml >/dev/null 2>&1
good -C root update --model m.json --config c.yaml --data d.json
good -C root metric --step 1 loss=0.5
good -C root update --config c2.yaml
good -C root run new side --from @
good -C root --run side tag odd a

run -C root report
equal 2 "$CODE" "exit code without -o"
run -C root report -o page.html extra
equal 2 "$CODE" "exit code with a word too many"
run -C root report -o page.html --limit-points 1
equal 2 "$CODE" "exit code with too few points"
[ ! -e page.html ] || fail "a refused call wrote a page"

good -C root report -o page.html
equal 1 "$(wc -l <out)" "lines of output"
grep -q '^page.html  [0-9]* KB: 3 states, 1 run, 1 metric values$' out || fail "what it says"
good -C root report -o page.html --all --json
json "o['schema_version'] == 1 and o['path'] == 'page.html' and o['runs'] == 2"
json "o['experiments'] == 4 and o['metric_values'] == 1 and not any(o['left_out'].values())"
equal "$(stat -c %s page.html)" "$(value "o['bytes']")" "bytes"
equal 644 "$(umask 022; "$CKL" -C root report -o mode.html >/dev/null; stat -c %a mode.html)" "mode"
good -C root report -o private.html --private
equal 600 "$(stat -c %a private.html)" "mode with --private"
ls ./*.part >/dev/null 2>&1 && fail "a temporary file stayed"

# What cannot be written leaves the old page as it was, and nothing beside it.
cp page.html before.html
mkdir folder.html
run -C root report -o folder.html
equal 6 "$CODE" "exit code where a folder is in the way"
run -C root report -o nowhere/page.html
equal 6 "$CODE" "exit code where there is no folder"
grep -q "nowhere/page.html" err || fail "it does not name the file"
(ulimit -f 8; "$CKL" -C root report -o page.html >out 2>err)
equal 6 "$?" "exit code when the file grows too large"
cmp -s page.html before.html || fail "the old page is damaged"
ls -A | grep -q '\.part$' && fail "a temporary file stayed"

# Reading never creates, and writes nothing into the ledger.
run -C none report -o none.html
equal 1 "$CODE" "exit code without a ledger"
[ ! -e none ] && [ ! -e none.html ] || fail "something was made"
cp root/ledger.db ledger.before
good -C root report -o page.html --all
cmp -s root/ledger.db ledger.before || fail "the ledger changed"

# A run that has nothing, and metrics that are drawn thinner.
good -C root report -o empty.html --run side2
for step in $(seq 2 60); do printf 'loss=%s.%s\n' "$((step % 7))" "$step"; done >values
step=1
while read -r value; do
    step=$((step + 1))
    "$CKL" -C root metric --step "$step" "$value" >/dev/null
done <values
good -C root report -o page.html --limit-points 10 --json
json "o['metric_values'] == 60 and 5 <= o['metric_points'] <= 10"
python3 - page.html <<'EOP' || fail "the extremes are not drawn"
import json, re, sys
page = open(sys.argv[1], encoding="utf-8").read()
data = json.loads(re.search(r'id="history">(.*?)</script>', page, re.S).group(1))
values = data["metrics"][0]["points"][1::3]
sys.exit(0 if min(values) == 0.14 and max(values) == 6.6 else 1)
EOP
finish
