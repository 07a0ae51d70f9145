# ckl sql: what it answers, in which forms; that nothing can be written, nothing else opened, and
# nothing goes on for ever; that it leaves the ledger as it was, to the byte.
. "$(dirname "$(realpath "$0")")/../cli/lib.sh"

# refused WORDS STATEMENT: exit 2, and one line that says that only reading is allowed, and what was.
refused() {
    run sql "$2"
    equal 2 "$CODE" "exit code"
    [ ! -s out ] || fail "standard output is not empty"
    equal 1 "$(grep -c "^ckl: SQL: only reading is allowed, not $1\$" err)" "lines that say so"
    equal 'hint: the ledger is written by its own commands and calls' "$(sed 1d err)" "hint"
}

wrong() { # CODE PATTERN ARGUMENTS…
    local code=$1 pattern=$2
    shift 2
    run "$@"
    equal "$code" "$CODE" "exit code"
    [ ! -s out ] || fail "standard output is not empty"
    grep -q "^ckl: .*$pattern" err || fail "it does not say: $pattern"
}

write_inputs
run update --model m.json --config c.yaml --data d.json
good dump
good discard a --reason 'blurred,
"twice"'
cp ledger.db before.db
cp ledger.db-wal before.wal

# ---- answers -------------------------------------------------------------------------------------

good sql "SELECT uid, discarded FROM samples ORDER BY uid"
equal 'uid  discarded
a            1
b            1
c            0' "$(cat out)" "text"
good sql --json "SELECT 1 AS a, 'x' AS a, NULL AS n, 0.5 AS r, x'00fF' AS b, 9e999 AS i, '' AS t"
json "o == {'schema_version': 1, 'rows': [{'a': 1, 'a_2': 'x', 'n': None, 'r': 0.5, 'b': '00ff',
    'i': 'Infinity', 't': ''}]}"
good sql --format csv "SELECT reason, NULL AS none, 1 AS a, 1 AS a FROM changes WHERE kind = 'discard'"
equal 'reason,none,a,a
"blurred,
""twice""",,1,1' "$(cat out)" "CSV"
good sql --format jsonl "SELECT uid FROM ckl_diff('PENDING') JOIN ckl_state_at('@') ON uid = item"
equal '{"uid": "a"}' "$(cat out)" "JSON Lines"
good sql --json "SELECT uid FROM samples WHERE 0"
json "o['rows'] == []"
good sql "SELECT uid FROM samples WHERE 0;; -- no more"
good sql "/* asked of a file */ PRAGMA table_info(_run)"
good sql "SELECT count(*) FROM pragma_table_info('_run')"
good sql "PRAGMA integrity_check"
good sql "EXPLAIN QUERY PLAN SELECT * FROM changes"
good sql "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 9) SELECT sum(x) FROM n"
good sql "SELECT 1 FROM json_each('[1]')"
echo "SELECT ckl_changed('PENDING') AS it" >ask.sql
good sql --json --file ask.sql
json "o['rows'] == [{'it': 'data'}]"
WHAT="a statement on standard input"
equal '{"it": "data"}' "$("$CKL" sql --format jsonl <ask.sql)" "rows"
equal '{"it": "data"}' "$("$CKL" sql --format jsonl --file - <ask.sql)" "rows"

# @ and PENDING are about the run of the command.
good run new wide --from @
good --run wide restore a b
good --run wide --json sql "SELECT uid FROM ckl_sample_diff('PENDING') ORDER BY uid"
json "[r['uid'] for r in o['rows']] == ['b']"
good --json sql "SELECT uid FROM ckl_sample_diff('PENDING', '@', 'wide') ORDER BY uid"
json "[r['uid'] for r in o['rows']] == []"
cp ledger.db before.db
cp ledger.db-wal before.wal

# ---- what it refuses -----------------------------------------------------------------------------

refused ATTACH "ATTACH 'other.db' AS other"
refused ATTACH "ATTACH ':memory:' AS other"
refused DETACH "DETACH main"
refused DELETE "DELETE FROM _event"
refused DELETE "EXPLAIN DELETE FROM _event"
refused DELETE "WITH all_of AS (SELECT seq FROM _event) DELETE FROM _event WHERE seq IN all_of"
refused UPDATE "UPDATE _run SET name = 'x'"
refused INSERT "INSERT INTO _meta VALUES ('a', 'b')"
refused INSERT "REPLACE INTO _meta VALUES ('ledger', 'b')"
refused 'a change of the schema' "CREATE TABLE x (a)"
refused 'a change of the schema' "CREATE TEMP TABLE x (a)"
refused 'a change of the schema' "CREATE TEMP VIEW x AS SELECT 1"
refused 'a change of the schema' "CREATE TRIGGER x AFTER INSERT ON _run BEGIN SELECT 1; END"
refused 'a change of the schema' "CREATE VIRTUAL TABLE x USING ckl_diff"
refused 'a change of the schema' "DROP VIEW runs"
refused 'a change of the schema' "ANALYZE"
refused 'ALTER TABLE' "ALTER TABLE _run RENAME TO runs_of_old"
refused 'a change of the schema' "REINDEX"
refused VACUUM "VACUUM"
refused VACUUM "VACUUM INTO 'other.db'"
refused 'a transaction' "BEGIN"
refused 'a transaction' "COMMIT"
refused SAVEPOINT "SAVEPOINT x"
refused 'load_extension()' "SELECT load_extension('/tmp/x')"
refused 'load_extension()' "SELECT 1 FROM samples WHERE load_extension('/tmp/x', 'y')"
for pragma in 'journal_mode = DELETE' 'user_version = 9' 'query_only = OFF' 'wal_checkpoint' \
    'writable_schema = ON' 'optimize' 'temp_store_directory = "/tmp"' 'mmap_size = 1' \
    'trusted_schema = ON' 'locking_mode = EXCLUSIVE' 'incremental_vacuum' 'application_id = 0'; do
    refused "PRAGMA ${pragma%% *}" "PRAGMA $pragma"
done
wrong 2 'sqlite_master may not be modified' sql "UPDATE sqlite_master SET sql = ''"
wrong 2 'one statement' sql "SELECT 1; SELECT 2"
wrong 2 'one statement' sql "SELECT 1; DELETE FROM _event"
wrong 2 'one statement' sql ""
wrong 2 'one statement' sql -- "-- nothing"
wrong 2 'no such column: nope' sql "SELECT nope"
wrong 2 'syntax error' sql "SELEC 1"
wrong 2 "parameter ':x'" sql "SELECT :x"
wrong 2 "no recorded experiment is 'abcdef'" sql "SELECT * FROM ckl_diff('abcdef')"
wrong 2 "NUL in a text of column 'n'" sql "SELECT char(65, 0) AS n"
wrong 2 'too big' sql "SELECT length(zeroblob(1000000000))"
wrong 2 'not both' sql --file ask.sql "SELECT 1"
wrong 1 'none.sql' sql --file none.sql
wrong 2 'limit-time' sql --limit-time soon "SELECT 1"
wrong 1 'no ledger' -C nowhere sql "SELECT 1"
run sql "SELECT nope" --json
cp err out
json "o['error']['code'] == 'invalid' and 'nope' in o['error']['message']"

# ---- what would go on for ever -------------------------------------------------------------------

ENDLESS="WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT max(x) FROM n"
began=$(date +%s%N)
wrong 4 'SQL: stopped after 1 s$' sql --limit-time 1s "$ENDLESS"
took=$((($(date +%s%N) - began) / 1000000))
[ "$took" -ge 950 ] && [ "$took" -lt 5000 ] || fail "it took $took ms"
wrong 4 'SQL: stopped after 200 ms$' sql --limit-time 200ms "$ENDLESS"
wrong 4 'SQL: stopped after 300 ms$' sql --limit-time 0.3 "SELECT count(*) FROM
    changes a, changes b, about c, about d, about e, ckl_state_at('@') f, ckl_state_at('@') g"
# Rows that came before are printed; a reader that goes away ends it, too.
WHAT="a reader that goes away"
timeout 20 "$CKL" sql --format csv --limit-time 1h "WITH RECURSIVE n(x) AS
    (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT x FROM n" 2>err | head -3 >out
equal 'x 1 2' "$(xargs <out)" "rows"

# ---- it leaves everything as it was --------------------------------------------------------------

WHAT="ledger.db after all that"
cmp -s ledger.db before.db || fail "it changed"
cmp -s ledger.db-wal before.wal || fail "its log changed"
[ ! -e other.db ] || fail "another file was made"
for reading in "status" "log" "show" "diff" "state" "runs" "checkpoints" "receipt" "schema" "audit" \
    "find" "sample a" "cat @ config" "sql SELECT*FROM(ckl_diff)" "snapshot copy.db"; do
    "$CKL" help ${reading%% *} >/dev/null 2>&1 || continue # a command of later
    run ${reading}
    equal 0 "$CODE" "exit code"
    cmp -s ledger.db before.db || fail "it changed the ledger"
done
good fsck
chmod a-w . ledger.db*
good --json sql "SELECT count(*) AS n FROM changes"
chmod u+w . ledger.db*
json "o['rows'][0]['n'] == 4"
finish
