#!/usr/bin/env bash
# ledger.db opened in sqlite3: every view answers without an extension, every view and column has its
# sentence in `about`, tables are private by name, and a reader sees what the command sees.
set -euo pipefail
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
fail() { echo "FAIL: $*" >&2; exit 1; }
ask() { sqlite3 "$root/ledger.db" "$1"; }

"$CKL_DEMO" "$root" "$IRIS" >/dev/null

for view in about experiments changes config_changes model_changes sample_changes samples \
            sample_history discards_by_day config_values model_modules checkpoints pending runs \
            metrics metric_series lineage events sessions; do
    rows=$(ask "SELECT count(*) FROM $view") || fail "$view does not answer"
    case $view in pending) [ "$rows" -eq 0 ] ;; *) [ "$rows" -gt 0 ] ;; esac ||
        fail "$view has $rows rows"
done

unsaid=$(ask "SELECT v.name || '.' || c.name FROM sqlite_master AS v, pragma_table_info(v.name) AS c
              WHERE v.type = 'view' AND substr(v.name, 1, 1) <> '_' EXCEPT SELECT \"view\" || '.' || \"column\" FROM about
              WHERE \"column\" IS NOT NULL")
[ -z "$unsaid" ] || fail "about does not say what these are: $unsaid"
gone=$(ask "SELECT \"view\" || '.' || \"column\" FROM about WHERE \"column\" IS NOT NULL
            EXCEPT SELECT v.name || '.' || c.name FROM sqlite_master AS v,
            pragma_table_info(v.name) AS c WHERE v.type = 'view'")
[ -z "$gone" ] || fail "about speaks of what is not there: $gone"
wordless=$(ask "SELECT name FROM sqlite_master WHERE type = 'view' AND substr(name, 1, 1) <> '_'
                EXCEPT SELECT \"view\" FROM about WHERE \"column\" IS NULL AND meaning <> ''")
[ -z "$wordless" ] || fail "views without a sentence: $wordless"
public=$(ask "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\_%' ESCAPE '\'")
[ -z "$public" ] || fail "tables that do not begin with _: $public"

columns=$(ask "SELECT group_concat(name) FROM pragma_table_info('sample_changes')")
for column in seq at run from_experiment to_experiment uid discarded_from discarded_to tags_added \
              tags_removed actor reason; do
    case ",$columns," in *",$column,"*) ;; *) fail "sample_changes has no $column" ;; esac
done

[ "$(ask 'SELECT count(*) FROM samples WHERE discarded')" = 3 ] || fail "samples: not 3 discarded"
head=$(ask "SELECT experiment FROM runs WHERE run = 'main'")
"$CKL" -C "$root" status --json | grep -q "\"experiment\": \"$head\"" || fail "runs and status differ"

LEDGER=$root/ledger.db python3 "$(dirname "$0")/plans.py" || fail "a view reads what grows"

# A reader who may not write the folder reads it as well.
if [ "$(id -u)" -eq 0 ]; then
    chmod -R a+rX "$root"
    seen=$(cd "$root" && setpriv --reuid=65534 --regid=65534 --clear-groups \
           sqlite3 "file:$root/ledger.db?mode=ro" 'SELECT count(*) FROM changes')
    [ "$seen" = "$(ask 'SELECT count(*) FROM changes')" ] || fail "another user sees '$seen' changes"
fi
