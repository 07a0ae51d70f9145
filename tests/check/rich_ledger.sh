# rich_ledger ROOT: makes a ledger in which every table has rows, and every kind of event stands.
# Needs CKL, CKL_DEMO and IRIS; works in the current folder.
rich_ledger() {
    root=$1
    "$CKL_DEMO" "$root" "$IRIS" >/dev/null 2>&1
    ledger() { "$CKL" -C "$root" "$@" >/dev/null 2>rich.err || { cat rich.err >&2; return 1; }; }

    # Two configurations whose digests begin alike; each is dumped.
    python3 - <<'PYTHON'
import hashlib

seen, seed = {}, 0
while True:
    text = '{"seed": %d}' % seed
    start = hashlib.sha256(text.encode()).hexdigest()[:8]
    if start in seen and start != "00000000":
        break
    seen[start] = seed
    seed += 1
for name, value in (("clash1.json", seen[start]), ("clash2.json", seed)):
    with open(name, "w", encoding="utf-8") as file:
        file.write('{"seed": %d}' % value)
PYTHON
    ledger --run clash update --config clash1.json --dump --reason 'first'
    ledger --run clash update --config clash2.json --dump

    # Paths that do not count, and count again; a configuration that differs in them only.
    ledger --run clash ignore /place --reason 'differs on each machine'
    echo '{"seed": 1, "place": "/a", "empty": {}, "list": [1, 2.5, null, true]}' >place.json
    ledger --run clash update --config place.json --dump
    echo '{"seed": 1, "place": "/b", "empty": {}, "list": [1, 2.5, null, true]}' >place.json
    ledger --run clash update --config place.json
    ledger --run clash ignore /other
    ledger --run clash ignore --remove /place

    # A described model whose bytes are given, later other bytes for it, and an opaque one.
    echo '{"class": "Net", "modules": [{"name": "b", "type": "Linear", "attributes": {"in": 4}},
           {"name": "a", "type": "ReLU"}]}' >model.json
    printf 'pickled bytes' >given.pkl
    printf 'other bytes' >other.pkl
    ledger --run wide update --model model.json --architecture given.pkl --config clash1.json --dump
    ledger --run wide update --model model.json --architecture other.pkl --config clash2.json
    printf 'opaque bytes' >opaque.pkl
    ledger --run wide update --architecture opaque.pkl --dump

    # Data: two roots, tags that come and go, a state that leaves samples out, one left and taken up.
    python3 -c '
import json
print(json.dumps({"uids": ["s%d" % n for n in range(40)], "discarded": ["s3", "s4"],
                  "tags": {"s5": ["hard", "a,b"], "s6": ["hard"]}}))' >data.json
    python3 -c '
import json
print(json.dumps({"uids": ["t%d" % n for n in range(30)], "discarded": [], "tags": {}}))' >data2.json
    ledger --run wide update --data data.json --dump
    ledger --run wide tag odd s1 s5
    ledger --run wide untag hard s5
    ledger --run wide discard s9 --reason 'blurred'
    python3 -c '
import json
print(json.dumps({"uids": ["s%d" % n for n in range(2, 41)], "discarded": ["s3"],
                  "tags": {"s6": ["hard"]}}))' >fewer.json
    ledger --run wide update --data fewer.json --dump
    first=$("$CKL" -C "$root" --run wide log --limit 0 --json | python3 -c '
import json, sys
print([e["experiment"] for e in json.load(sys.stdin)["events"] if e["kind"] == "dump"][1])')
    ledger --run wide switch "$first"
    ledger --run wide switch '@~1'
    ledger --run other update --data data2.json
    ledger --run other update --data data.json --dump
    ledger run new branch --from "$first"
    ledger --run branch discard s7

    # Weights: saved, saved again at the same step, under a name that another run has, taken away.
    for step in 1 2 3 3; do
        head -c 500 /dev/urandom >weights
        ledger --run wide checkpoint --step $step --weights weights --metric "loss=0.$step" \
            --note '{"a": [1]}'
    done
    ledger --run wide metric --step 2 loss=0.7 accuracy=0.5 other=nan
    ledger --run wide gc '@@1' --reason 'the disk is small'
    head=$("$CKL" -C "$root" --run wide status --json | python3 -c '
import json, sys
print(json.load(sys.stdin)["experiment"])')
    ledger run new twin --from "$head@2"
    ledger --run twin checkpoint --step 3 --weights weights
    ledger --run twin switch "$head@2"
    ledger --run wide discard s11 s12
    ledger --run wide checkpoint --step 9 --weights weights

    # Names and notes that come and go; another ledger, where the hash of a state is that of another here.
    ledger name "$first" base
    ledger name "$first" --remove
    ledger name "$head" best
    ledger note "$head" 'labels of batch 7 are not trusted'
    mkdir job
    "$CKL" -C job update --config clash2.json >/dev/null 2>&1
    "$CKL" -C job checkpoint --step 1 --weights weights >/dev/null 2>&1
    ledger merge job
}
