#!/usr/bin/env bash
# The shared library exports what the headers declare, nothing else; each header compiles alone, as C
# and as C++.
set -euo pipefail
fail() { echo "FAIL: $*" >&2; exit 1; }

declared=$(cat "$INCLUDE"/ckl/*.h | tr '\n' ' ' |
           grep -oE 'CKL_API(_VOID)? [^;(]*ckl_[a-z_0-9]+\(' | grep -oE 'ckl_[a-z_0-9]+\($' |
           tr -d '(' | sort -u)
exported=$(nm -D --defined-only "$LIBRARY" | awk '$2 ~ /[TDBR]/ {print $3}' | sort -u)
difference=$(diff <(echo "$declared") <(echo "$exported") || true)
[ -z "$difference" ] || fail "headers (<) and library (>) differ:
$difference"
[ "$(wc -l <<<"$declared")" -gt 50 ] || fail "only $(wc -l <<<"$declared") functions were found"

for header in "$INCLUDE"/ckl/*.h; do
    name=ckl/$(basename "$header")
    for compiler in 'gcc -std=c11 -x c' 'clang -std=c11 -x c' 'g++ -x c++'; do
        printf '#include <%s>\n#include <%s>\n' "$name" "$name" |
            $compiler -I "$INCLUDE" -Wall -Wextra -Wpedantic -Werror -fsyntax-only - ||
            fail "$name does not compile alone with $compiler"
    done
done
