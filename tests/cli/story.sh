# The road of one experiment: pending, dump, undo, shared files, and a kill right after an update.
. "$(dirname "$(realpath "$0")")/lib.sh"
write_inputs
mkdir root
cd root || exit 1
cp ../*.json ../*.yaml .

tree() { find checkpoints -type f -printf '%P\n' | sort; }
files_of() { # HASH: the files of a complete state
    printf '%s\n' "$1/data/$1_data_state.yaml" "$1/hp/$1_config.yaml" "$1/model/$1_architecture.pkl"
}
# same_space A B: one file by two names, or (reflink) all of B's extents are shared.
same_space() {
    [ "$(stat -c %d:%i "$1")" = "$(stat -c %d:%i "$2")" ] ||
        { cmp -s "$1" "$2" && filefrag -v "$2" 2>>/dev/null | grep -q shared; } ||
        fail "$2 takes space of its own"
}
# reads_back HASH CONFIG: what the dumped files hold is what was given.
reads_back() {
    WHAT="the files of $1"
    python3 - "checkpoints/$1" "$1" "$2" d.json <<'EOF' || fail "they do not read back"
import json, pickle, sys
import yaml

folder, name, config, data = sys.argv[1:]
given = json.load(open(data))
state = {"uids": sorted(given["uids"]), "discarded": sorted(given["discarded"]), "tags": given["tags"]}
assert yaml.safe_load(open(f"{folder}/hp/{name}_config.yaml")) == yaml.safe_load(open(config))
assert yaml.safe_load(open(f"{folder}/data/{name}_data_state.yaml")) == state
model = pickle.load(open(f"{folder}/model/{name}_architecture.pkl", "rb"))
assert model == json.load(open("m.json")), model
EOF
}

run --json update --model m.json --config c.yaml --data d.json
equal 0 "$CODE" "exit code"
cp "$WORK/out" first.out
equal 'created ./ledger.db' "$(cat "$WORK/err")" "standard error"
FIRST=$(value "o['experiment']")
json "o['changed'] == o['pending'] == ['model', 'config', 'data']"
good --json hash --model m.json --config c.yaml --data d.json
json "o['model'] + o['config'] + o['data'] == o['experiment'] == '$FIRST' == o['recorded']"
good --json status
json "o['experiment'] == '$FIRST' and o['pending'] == ['model', 'config', 'data']"
json "o['last_dumped'] is None and o['samples'] == {'total': 3, 'discarded': 1, 'tagged': 1}"
good status
grep -qE '^ *pending +model, config, data$' "$WORK/out" || fail "the three are not shown"
[ ! -e checkpoints ] || fail "there is a directory before the dump"

good --json dump
json "o['experiment'] == '$FIRST' and o['dumped'] == ['model', 'config', 'data']"
equal "$(files_of "$FIRST")" "$(tree)" "files"
equal "$FIRST data hp model" "$(find checkpoints -mindepth 1 -type d -printf '%f\n' | sort | tr '\n' ' ' |
    sed 's/ $//')" "directories"
equal '' "$(find checkpoints -type f -perm /222)" "files that can be written"
reads_back "$FIRST" c.yaml

good --json update --config c2.yaml
SECOND=$(value "o['experiment']")
json "o['is_new'] and o['changed'] == o['pending'] == ['config']"
equal "${FIRST:0:8} ${FIRST:16:8}" "${SECOND:0:8} ${SECOND:16:8}" "segments of model and data"
[ "${FIRST:8:8}" != "${SECOND:8:8}" ] || fail "the segment of config is the same"
good --json status
json "o['pending'] == ['config'] and o['last_dumped'] == '$FIRST'"
equal "$(files_of "$FIRST")" "$(tree)" "files before the dump"

good --json update --config c.yaml
json "o['experiment'] == '$FIRST' and o['pending'] == [] and o['recorded_before'] and o['is_new']"
good --json status
json "o['pending'] == []"
good --json dump
json "o['dumped'] == []"
equal "$(files_of "$FIRST")" "$(tree)" "files after a dump of nothing"
good --json log
json "[e['superseded'] for e in o['events'] if e['experiment'] == '$SECOND'] == [True]"
EVENTS=$(sqlite3 ledger.db .dump | sha256sum)
good --json update --config c.yaml
json "not o['is_new'] and o['changed'] == []"
equal "$EVENTS" "$(sqlite3 ledger.db .dump | sha256sum)" "the ledger after a change of nothing"

# A lost file comes back with --force, and only that one is named.
rm -f "checkpoints/$FIRST/data/${FIRST}_data_state.yaml"
good --json dump --force
json "o['experiment'] == '$FIRST' and o['dumped'] == ['data']"
equal "$(files_of "$FIRST")" "$(tree)" "files after a dump of a lost one"
reads_back "$FIRST" c.yaml

good --json update --config c2.yaml --dump
json "o['experiment'] == '$SECOND' and o['pending'] == []"
equal "$({ files_of "$FIRST"; files_of "$SECOND"; } | sort)" "$(tree)" "files"
for file in "model/%s_architecture.pkl" "data/%s_data_state.yaml"; do
    # shellcheck disable=SC2059
    same_space "checkpoints/$FIRST/$(printf "$file" "$FIRST")" \
        "checkpoints/$SECOND/$(printf "$file" "$SECOND")"
done
reads_back "$SECOND" c2.yaml
reads_back "$FIRST" c.yaml

# Killed right after the update returned: it stands at a warning that nobody reads, with the ledger
# still open.
printf 'lr: 0.3\nname: "given, then killed"\n' >c3.yaml
echo '{"uids": ["a", "b", "c"], "discarded": ["c", "nobody"], "tags": {"b": ["x"]}}' >d3.json
mkfifo pipe
exec 3<>pipe
head -c 65536 /dev/zero >&3
LAST="SELECT max(seq) FROM changes"
EVENT=$(sqlite3 ledger.db "$LAST")
"$CKL" update --config c3.yaml --data d3.json >"$WORK/out" 2>&3 &
CHILD=$!
WHAT="an update, then kill -9"
for _ in $(seq 300); do
    [ "$(sqlite3 ledger.db "$LAST")" = "$EVENT" ] || break
    sleep 0.05
done
sleep 0.3
kill -9 "$CHILD" 2>>/dev/null || fail "it did not live to be killed"
wait "$CHILD" 2>>/dev/null
equal 137 $? "exit code"
exec 3>&-
echo '{"uids": ["a", "b", "c"], "discarded": ["c"], "tags": {"b": ["x"]}}' >d.json
good --json status
json "o['pending'] == ['config', 'data']"
THIRD=$(value "o['experiment']")
rm c2.yaml
good --json dump
json "o['experiment'] == '$THIRD' and o['dumped'] == ['config', 'data']"
reads_back "$THIRD" c3.yaml
equal "$({ files_of "$FIRST"; files_of "$SECOND"; files_of "$THIRD"; } | sort)" "$(tree)" "files"
equal ok "$(sqlite3 ledger.db 'PRAGMA integrity_check')" "the ledger"

# What was given is frozen: the caller's file may change before the dump.
printf 'lr: 0.4\n' >c4.yaml
cp c4.yaml given.yaml
good --json update --config c4.yaml
FOURTH=$(value "o['experiment']")
printf 'lr: 9\n' >c4.yaml
good dump
reads_back "$FOURTH" given.yaml
finish
