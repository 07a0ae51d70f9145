#!/usr/bin/env bash
# Manual pages: one for each command and one for the ledger, that groff reads without a warning and
# that say every option, view and column. Completions: shells read them, and bash completes with them.
set -uo pipefail
: "${CKL:?the path of the command}" "${PAGES:?the folder of the pages}"
fail() { echo "FAIL: $*" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

names=$("$CKL" --help | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p')
[ "$(wc -w <<<"$names")" -gt 30 ] || fail "the help names $(wc -w <<<"$names") commands"
for page in "$PAGES"/*.[15]; do
    groff -Kutf8 -man -Tutf8 -ww -rF0 "$page" >"$work/text" 2>"$work/warnings" || fail "groff: $page"
    [ ! -s "$work/warnings" ] || fail "$page: $(head -3 "$work/warnings")"
done
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
