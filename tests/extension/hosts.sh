# ckl_sqlite.so in other programs: what it links and shows; answers as the command gives them; views,
# indexes and databases in which it must work, or say why not. CKL_EXTENSION names it; CKL_PRELOAD,
# where it was built with a sanitizer, what its hosts must load first.
. "$(dirname "$(realpath "$0")")/../cli/lib.sh"
: "${CKL_EXTENSION:?the path of ckl_sqlite.so}"

# host DATABASE STATEMENT…: what Debian's sqlite3 prints; CODE, $WORK/out and $WORK/err as for run.
host() {
    local database=$1
    shift
    WHAT="sqlite3 $database $*"
    env ${CKL_PRELOAD:+LD_PRELOAD=$CKL_PRELOAD ASAN_OPTIONS=detect_leaks=0} \
        sqlite3 -batch -bail "$database" ".load $CKL_EXTENSION" "$@" >"$WORK/out" 2>"$WORK/err"
    CODE=$?
}

answers() { # EXPECTED DATABASE STATEMENT…
    local expected=$1
    shift
    host "$@"
    equal 0 "$CODE" "exit code"
    equal "$expected" "$(cat "$WORK/out")" "rows"
    equal '' "$(cat "$WORK/err")" "standard error"
}

fails() { # PATTERN DATABASE STATEMENT…
    local pattern=$1
    shift
    host "$@"
    [ "$CODE" -ne 0 ] || fail "it does not fail"
    grep -q -- "$pattern" "$WORK/err" || fail "the error does not say: $pattern"
}

# ---- the file ------------------------------------------------------------------------------------

WHAT="nm and readelf"
: >out
: >err
SHOWN=$(nm -D --defined-only "$CKL_EXTENSION" | awk '{print $3}' | grep -v '^__[au][a-z]*san\|^__odr' | sort | xargs)
equal "sqlite3_ckl_sqlite_init sqlite3_cklsqlite_init" "$SHOWN" "symbols that it shows"
equal '' "$(nm -D -u "$CKL_EXTENSION" | grep -i 'sqlite' || true)" "functions of SQLite that it links"
equal '' "$(readelf -d "$CKL_EXTENSION" | grep -E 'NEEDED.*(sqlite|libckl)' || true)" "libraries"

# ---- answers -------------------------------------------------------------------------------------

write_inputs
run update --model m.json --config c.yaml --data d.json
equal 0 "$CODE" "exit code"
FIRST=$(head -1 out)
good dump
good discard a --reason blurred
good tag hard c
good update --config c2.yaml
HEAD_HASH=$("$CKL" status --json | python3 -c 'import json,sys; print(json.load(sys.stdin)["experiment"])')
answers 'config|/lr|changed|0.1|0.2
data|a|discarded|d0:thard|d1:thard
data|c|tagged|d0:t|d0:thard' ledger.db "SELECT * FROM ckl_diff('PENDING') ORDER BY 1, 2"
answers "$FIRST|$HEAD_HASH|config,data" ledger.db \
    "SELECT from_experiment, to_experiment, changed FROM ckl_diff_stat"
answers 'a|discarded|0|1|||hard|hard' ledger.db "SELECT * FROM ckl_sample_diff('$FIRST') LIMIT 1"
answers 'a|1|hard
b|1|
c|0|hard' ledger.db "SELECT * FROM ckl_state_at('@') ORDER BY uid"
answers 'update|added|
discard|discarded|blurred' ledger.db "SELECT kind, change, reason FROM ckl_sample_history('a')"
answers 'config,data|' ledger.db "SELECT ckl_changed('PENDING'), ckl_changed('@', 'PENDING')"
answers "${HEAD_HASH:16}" ledger.db "SELECT ckl_segment('@', 'data')"
good hash --config c2.yaml --json
answers "$(value 'o["config"]')" ledger.db "SELECT ckl_hash_config('{\"epochs\": 10, \"lr\": 0.2}')"
answers "1|a
2|b" ledger.db "SELECT d.key + 1, s.uid FROM json_each('[0, 1]') AS d
    JOIN (SELECT uid FROM ckl_state_at('@') ORDER BY uid) AS s ON s.uid = char(97 + d.key)"
answers '3' ledger.db "SELECT count(*) FROM ckl_diff('PENDING')" "SELECT 'x' WHERE 0"
answers '0|0' ledger.db "SELECT (SELECT count(*) FROM ckl_diff('@', '@')),
    (SELECT count(*) FROM ckl_state_at(NULL))"
answers '6' ledger.db "SELECT count(*) FROM ckl_diff_stat(NULL, '@') AS one
    JOIN ckl_state_at('@') AS two JOIN ckl_diff_stat AS three
    JOIN ckl_sample_diff('PENDING') AS four" # each with cursors of its own

answers '3' ledger.db "SELECT count(*) FROM (SELECT * FROM ckl_state_at('PENDING')
    INTERSECT SELECT * FROM ckl_state_at('@'))"

# Names, and times behind @.
good name "$FIRST" golden
answers "$FIRST" ledger.db "SELECT from_experiment FROM ckl_diff_stat('golden')"
good name "$FIRST" --remove
fails "golden" ledger.db "SELECT * FROM ckl_diff('golden')"
answers "$HEAD_HASH" ledger.db "SELECT to_experiment FROM ckl_diff_stat(NULL, '@{2999-01-01}')"
fails "1999.*nothing was recorded" ledger.db "SELECT * FROM ckl_diff('@{1999-01-01}')"

# A value that is ignored on both sides does not count; one component has several contents then.
good ignore /note
echo '{"lr": 0.2, "epochs": 10, "note": "one"}' >c3.json
good update --config c3.json
echo '{"lr": 0.2, "epochs": 10, "note": "two"}' >c3.json
good update --config c3.json
echo '{"lr": 0.3, "epochs": 10, "note": "three"}' >c3.json
good update --config c3.json
answers '/lr|changed|0.2|0.3' ledger.db "SELECT * FROM ckl_config_diff('@~1')"
good ignore --remove /note
good diff '@~1' --json
json "[e['path'] for e in o['config']] == ['/lr']"

# Of several contents the last one recorded counts: here it differs in the hash alone.
echo '{"lr": 0.4, "note": "one"}' >c3.json
good ignore /note
good update --config c3.json
echo '{"lr": 0.4, "note": "two"}' >c3.json
good update --config c3.json
good ignore --remove /note
good update --config c3.json
answers 'config|0' ledger.db "SELECT changed, (SELECT count(*) FROM ckl_config_diff('@~1')) FROM ckl_diff_stat('@~1')"
good diff '@~1' --json
json "o['changed'] == ['config'] and o['config'] == []"

# What is done to the weights of another state does not move the head of a time.
good checkpoint --step 100 --weights w.bin
good update --config c.yaml
good checkpoint --step 200 --weights w.bin
good gc @~1@100 --reason old
answers '0' ledger.db "SELECT count(*) FROM ckl_state_at('2999-01-01') AS at
    JOIN ckl_state_at('@') AS head USING (uid) WHERE at.tags <> head.tags OR at.discarded <> head.discarded"
answers '1' ledger.db "SELECT ckl_segment('@{2999-01-01}', 'config') = ckl_segment('@', 'config')"

# ---- where it may stand --------------------------------------------------------------------------

sqlite3 ledger.db ".backup copy.db"
answers '3
done' copy.db "PRAGMA trusted_schema=OFF" \
    "CREATE VIEW mine AS SELECT ckl_hash_config('{}') AS hash, uid FROM ckl_state_at('@')" \
    "SELECT count(*) FROM mine WHERE length(hash) = 8" \
    "CREATE TABLE configs (json)" "CREATE INDEX by_hash ON configs (ckl_hash_config(json))" \
    "INSERT INTO configs VALUES ('{}'), (NULL)" "SELECT 'done'"
fails 'non-deterministic' copy.db "CREATE TABLE pairs (a, b)" \
    "CREATE INDEX by_change ON pairs (ckl_changed(a, b))"
fails 'no ledger' :memory: "SELECT * FROM ckl_diff"
fails 'no ledger' :memory: "SELECT ckl_changed('@')"
sqlite3 other.db "CREATE TABLE _run (name); PRAGMA user_version = 3"
fails 'no ledger' other.db "SELECT * FROM ckl_state_at('@')"
answers 'model' :memory: "SELECT ckl_changed('aaaaaaaabbbbbbbbcccccccc', 'xaaaaaaabbbbbbbbcccccccc')"
sqlite3 copy.db "PRAGMA user_version = 99"
fails 'newer ckl (version 99' copy.db "SELECT * FROM ckl_diff"

# A damaged ledger ends with an error, not never.
sqlite3 ledger.db ".backup broken.db"
sqlite3 broken.db "UPDATE _data_state SET base = component WHERE base IS NOT NULL"
fails 'damaged at data state' broken.db "SELECT * FROM ckl_state_at('@')"
fails 'damaged at data state' broken.db "SELECT * FROM ckl_sample_diff(NULL, '@') WHERE uid = 'b'"
sqlite3 broken.db "DELETE FROM _data_state"
fails 'damaged at data state' broken.db "SELECT * FROM ckl_state_at('@')"
sqlite3 broken.db "DELETE FROM _experiment WHERE id = (SELECT head FROM _run)"
fails 'damaged: state' broken.db "SELECT * FROM ckl_diff('@', '@')"

# A history that never began has nothing to differ in.
mkdir empty
run -C empty ignore /x
equal 0 "$CODE" "exit code"
answers '0|||' empty/ledger.db "SELECT count(*), ckl_changed(NULL, NULL), ckl_segment(NULL, 'data'),
    (SELECT changed FROM ckl_diff_stat) FROM ckl_diff"
fails 'nothing is recorded' empty/ledger.db "SELECT * FROM ckl_diff('@')"
finish
