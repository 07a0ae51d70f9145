#!/usr/bin/env bash
# Manual pages: one for each command, one for the ledger, one for each function, that groff reads
# without a warning and that say every option, view, column and prototype. Completions: shells read them, and bash completes with them.
set -uo pipefail
: "${CKL:?the path of the command}" "${PAGES:?the folder of the pages}" "${INCLUDE:?the headers}"
fail() { echo "FAIL: $*" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

names=$("$CKL" --help | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p')
[ "$(wc -w <<<"$names")" -gt 30 ] || fail "the help names $(wc -w <<<"$names") commands"
pages=()
for page in "$PAGES"/*.[135]; do
    if grep -q '^\.so ' "$page"; then # a function that another one's page explains
        [ -f "$PAGES/$(sed -n 's,^\.so man3/,,p' "$page")" ] || fail "$page leads nowhere"
    else
        pages+=("$page")
    fi
done
groff -Kutf8 -man -Tutf8 -ww -rF0 "${pages[@]}" >"$work/text" 2>"$work/warnings" || fail "groff"
[ ! -s "$work/warnings" ] || fail "$(head -3 "$work/warnings")"
plain() { groff -Kutf8 -man -Tascii -P-cbou -rLL=200n "$1" 2>/dev/null; }
for name in $names; do
    [ -f "$PAGES/ckl-$name.1" ] || fail "no page for $name"
    plain "$PAGES/ckl-$name.1" >"$work/page"
    for option in $("$CKL" help "$name" | sed -n 's/^  \(--[a-z-]*\) .*/\1/p'); do
        grep -q -- "^ *$option" "$work/page" || fail "ckl-$name(1) lacks $option"
    done
    plain "$PAGES/ckl.1" | grep -q "ckl-$name(1)" || fail "ckl(1) does not name $name"
done
mkdir "$work/root"
echo '{"lr": 1}' >"$work/config.json"
"$CKL" -C "$work/root" update --config "$work/config.json" >/dev/null 2>&1
plain "$PAGES/ckl-ledger.5" >"$work/page"
sqlite3 -separator ' ' "$work/root/ledger.db" \
    'SELECT "view", ifnull("column", '"''"') FROM about' >"$work/about"
while read -r view column; do
    grep -q "^ *${column:-$view}\( \|\$\)" "$work/page" || fail "ckl-ledger(5) lacks $view $column"
done <"$work/about"

# ---- the interface in C ----
functions=$(cat "$INCLUDE"/ckl/*.h | tr '\n' ' ' |
            grep -oE 'CKL_API(_VOID)? [^;(]*ckl_[a-z_0-9]+\(' | grep -oE 'ckl_[a-z_0-9]+\($' | tr -d '(')
[ "$(wc -w <<<"$functions")" -gt 100 ] || fail "the headers name $(wc -w <<<"$functions") functions"
for function in $functions; do
    page=$PAGES/$function.3
    [ -f "$page" ] || fail "no page for $function"
    ! grep -q '^\.so ' "$page" || page=$PAGES/$(sed -n 's,^\.so man3/,,p' "$page")
    # Its name, then what it is for; not what can fail, and not nothing.
    sed -n '/^\.SH NAME/{n;p}' "$page" | grep -qE "^(.*, )?$function(, .*)? \\\\- .{6,}" ||
        fail "$page does not say what $function is for"
    ! sed -n '/^\.SH NAME/{n;p}' "$page" | grep -q 'Errors' || fail "$page begins with errors"
    sed -n '/^\.SH SYNOPSIS/,/^\.SH DESC/p' "$page" | grep -q "[ *]$function(" || fail "$page does not show how to call $function"
done
for header in "$INCLUDE"/ckl/*.h; do
    name=libckl-$(basename "$header" .h)
    [ "$name" != libckl-ckl ] || name=libckl
    plain "$PAGES/$name.3" >"$work/page"
    for function in $(grep -oE '^CKL_API(_VOID)? [^(]*\(' "$header" | grep -oE 'ckl_[a-z_0-9]+'); do
        grep -q "^ *$function(3)" "$work/page" || [ ! -f "$PAGES/$function.3" ] ||
            fail "$name(3) does not name $function"
    done
done
# A page in full: prototype, what can fail, the types that are meant.
plain "$PAGES/ckl_manager_open.3" >"$work/page"
for words in 'ckl_status ckl_manager_open(ckl_manager \*\*out' '^ *CKL_DAMAGED' \
             'not readable as a ledger' 'const char \*run; ' 'libckl-manager(3)'; do
    grep -q "$words" "$work/page" || fail "ckl_manager_open(3) lacks '$words'"
done

# ---- completions ----
bash -n "$PAGES/ckl.bash" || fail "bash cannot read its completion"
complete_words() { # completions of the words given, the last one unfinished
    PATH="$(dirname "$CKL"):$PATH" CKL_ROOT=$work/root bash -c '
        source "$1"; shift
        COMP_WORDS=(ckl "$@"); COMP_CWORD=$#; COMPREPLY=()
        _ckl; printf "%s\n" "${COMPREPLY[@]}"' complete "$PAGES/ckl.bash" "$@" | sort | paste -sd' '
}
equal() { [ "$1" = "$2" ] || fail "completion of $3: '$2', not '$1'"; }
equal "checkpoint checkpoints" "$(complete_words check)" check
equal "--limit" "$(complete_words log --li)" "log --li"
equal "--json" "$(complete_words -C x log --js)" "log --js"
equal "jsonl" "$(complete_words log --format js)" "--format js"
"$CKL" -C "$work/root" name @ my-best >/dev/null
equal "main" "$(complete_words --run ma)" "--run ma"
equal "my-best" "$(cd "$work" && complete_words show my-)" "show my-"
if command -v zsh >/dev/null; then
    zsh -n "$PAGES/_ckl" || fail "zsh cannot read its completion"
else
    echo "zsh is not installed: _ckl not tried"
fi
if command -v fish >/dev/null; then
    fish --no-execute "$PAGES/ckl.fish" || fail "fish cannot read its completion"
    [ "$(fish -c "source $PAGES/ckl.fish; complete -C 'ckl recei'" | cut -f1)" = receipt ] ||
        fail "fish does not complete"
else
    echo "fish is not installed: ckl.fish not tried"
fi
echo "all pages and completions hold"
