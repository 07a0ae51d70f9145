#!/usr/bin/env bash
# Holds the layers of CMakeLists.txt to what they promise: a file includes headers of its own layer
# and of those below it only; sqlite3, libyaml, libcrypto and the calls that change files are each
# used in one place; only auto.c has a mutable global.
set -euo pipefail
cd "$(dirname "$0")/.."

# file<TAB>layer, from the ckl_layer() calls
layers=$(awk '/^ckl_layer\(/ {inside=1; sub(/^ckl_layer\(/, ""); layer=$1; $1=""}
              inside {text=$0; gsub(/[()]/, " ", text); n=split(text, words, " ");
                      for (i=1; i<=n; i++) if (words[i] ~ /^src\//) print words[i] "\t" layer;
                      if ($0 ~ /\)/) inside=0}' CMakeLists.txt)

# A header belongs to the layer of the .c of its name; these have none of their own.
declare -A layer_of=([value.h]=1 [doc_internal.h]=1 [doc_cursor.h]=1 [state_internal.h]=1
                     [model_internal.h]=1 [schema.h]=1 [db_internal.h]=2 [ledger.h]=3
                     [storage_internal.h]=3 [manager_internal.h]=4 [check_internal.h]=4 [merge_internal.h]=4 [insight_internal.h]=4 [import_internal.h]=4
                     [auto_internal.h]=5)
while IFS=$'\t' read -r file layer; do
    name=$(basename "$file" .c)
    [ -e "src/$name.h" ] && layer_of[$name.h]=$layer
done <<<"$layers"

failed=0
complain() { echo "layers: $*" >&2; failed=1; }

while IFS=$'\t' read -r file layer; do
    [ -e "$file" ] || { complain "$file is listed but not there"; continue; }
    while read -r header; do
        above=${layer_of[$header]:-}
        [ -n "$above" ] || { complain "$file includes $header, which has no layer"; continue; }
        [ "$above" -le "$layer" ] || complain "$file (layer $layer) includes $header (layer $above)"
    done < <(sed -n 's/^#include "\(.*\)"/\1/p' "$file")
done <<<"$layers"

only() { # only PATTERN FILES…: nothing else in src matches
    pattern=$1; shift
    for file in src/*.c src/*.h; do
        case " $* " in *" $(basename "$file") "*) continue ;; esac
        grep -nE "$pattern" "$file" /dev/null && complain "$file: only $* may use this"
    done
    return 0
}
only '#include <sqlite3.h>' db_internal.h
only '#include <sqlite3ext.h>' extension.h
only '#include <yaml.h>' doc_yaml.c doc_stream.c doc_scalar.c doc_frame.c doc_internal.h emit_yaml.c
only '#include <openssl/' hash.c session.c
only '[^a-z_](unlink|rename|mkdir|rmdir|fsync|fdatasync|link)\(' fs.c fs_writer.c
only '[^a-z_]flock\(' fs_lock.c

for file in src/*.c; do
    listed=$(awk -F'\t' -v f="$file" '$1 == f' <<<"$layers")
    [ -n "$listed" ] || complain "$file is in no layer"
done
[ "$failed" -eq 0 ] && echo "layers: clean"
exit "$failed"
