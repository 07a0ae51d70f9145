#!/usr/bin/env bash
# Both libraries show what the headers declare, nothing else; each header compiles alone, as C11 and
# as C++17. INCLUDE, LIBRARY, ARCHIVE.
set -euo pipefail
fail() { echo "FAIL: $*" >&2; exit 1; }

declared=$(cat "$INCLUDE"/ckl/*.h | tr '\n' ' ' |
           grep -oE 'CKL_API(_VOID)? [^;(]*ckl_[a-z_0-9]+\(' | grep -oE 'ckl_[a-z_0-9]+\($' |
           tr -d '(' | sort -u)
same() {
    local difference
    difference=$(diff <(echo "$declared") <(echo "$2") || true)
    [ -z "$difference" ] || fail "headers (<) and $1 (>) differ:
$difference"
}
same "$LIBRARY" "$(nm -D --defined-only "$LIBRARY" | awk '$2 ~ /[TDBRVW]/ {print $3}' |
                   sed 's/@@CKL_[0-9]*$//' | sort -u)"
# The sanitizers have names of their own in each object.
same "$ARCHIVE" "$(nm -g --defined-only "$ARCHIVE" | awk 'NF == 3 {print $3}' |
                   grep -v '^__\(odr_\)\?\(asan\|ubsan\|tsan\)' | sort -u)"
[ "$(wc -l <<<"$declared")" -gt 50 ] || fail "only $(wc -l <<<"$declared") functions were found"

for header in "$INCLUDE"/ckl/*.h; do
    name=ckl/$(basename "$header")
    for compiler in 'gcc -std=c11 -x c' 'clang -std=c11 -x c' 'g++ -std=c++17 -x c++' \
                    'clang++ -std=c++17 -x c++'; do
        printf '#include <%s>\n#include <%s>\n' "$name" "$name" |
            $compiler -I "$INCLUDE" -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror \
                -fsyntax-only - ||
            fail "$name does not compile alone with $compiler"
    done
done
