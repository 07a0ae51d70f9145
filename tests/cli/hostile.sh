#!/usr/bin/env bash
# Files from elsewhere: a hostile ledger, links planted in the tree, names that would change a terminal,
# input without end; and who may read what is made.
set -euo pipefail
fail() { echo "FAIL: $*" >&2; exit 1; }
unset CKL_ROOT CKL_RUN CKL_ACTOR RANK
work=$(mktemp -d)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
cd "$work"
limit=4000000 # KB of memory; a sanitizer needs more for itself
{ (ulimit -v $limit; exec "$CKL" --version) || limit=unlimited; } >/dev/null 2>&1
exits() { # CODE WORD COMMAND…: the exit code, and a word of the one line that says why
    local code=$1 word=$2 status=0
    shift 2
    ( ulimit -v $limit; timeout 20 "$@" ) >out 2>error </dev/null || status=$?
    [ "$status" -eq "$code" ] || fail "'$*' exits $status: $(head -c 300 error)"
    [ -z "$word" ] || grep -q -- "$word" error || fail "'$*' says: $(head -c 300 error)"
    ! grep -qE 'AddressSanitizer|runtime error' error || fail "$(cat error)"
}
fresh() {
    rm -rf root
    echo '{"lr": 1}' >config.json
    echo '{"uids": ["a", "b"]}' >data.json
    "$CKL" -C root update --config config.json --data data.json --dump >/dev/null 2>&1
    head=$("$CKL" -C root status --json | grep -o '"experiment": "[^"]*"' | cut -d'"' -f4)
}
sql() { sqlite3 root/ledger.db "$1"; }

# Whose file is it?
fresh
sql 'PRAGMA application_id = 7' >/dev/null
before=$(sha256sum root/ledger.db)
exits 5 'another program' "$CKL" -C root status
exits 5 'another program' "$CKL" -C root tag x a
[ "$before" = "$(sha256sum root/ledger.db)" ] || fail "a foreign file was touched"
fresh
sql 'PRAGMA user_version = 99' >/dev/null
exits 5 'newer' "$CKL" -C root status
exits 5 'newer' "$CKL" -C root tag x a
echo 'this is no database, but it is long enough to look at' >root/ledger.db
exits 5 'not a ledger' "$CKL" -C root status
rm root/ledger.db*
ln -s /etc/passwd root/ledger.db
exits 6 '' "$CKL" -C root status
exits 6 '' "$CKL" -C root update --config config.json

# Triggers do not run, whoever planted them.
fresh
sql 'CREATE TRIGGER planted AFTER INSERT ON _event BEGIN UPDATE _sample SET uid = uid || "!"; END'
exits 0 '' "$CKL" -C root tag x a
[ "$(sql 'SELECT group_concat(uid) FROM _sample')" = a,b ] || fail "a trigger ran"

# A link in the place of a folder or file of the tree leads nowhere: it is named, nothing is made or
# changed where it leads, and without it everything goes on.
mkdir elsewhere
echo precious >elsewhere/precious
plant() { # LINK COMMAND…: in the place of what is there, kept aside
    local link=$1 target=$PWD/elsewhere before after status=0
    shift
    if [ -e "root/$link" ]; then mv "root/$link" aside; fi
    [ -d aside ] || [ ! -e aside ] || target=$PWD/elsewhere/precious
    ln -s "$target" "root/$link"
    before=$(find elsewhere -printf '%p %s %m %T@\n' | sort; cat elsewhere/precious)
    "$CKL" -C root "$@" >out 2>error </dev/null || status=$?
    after=$(find elsewhere -printf '%p %s %m %T@\n' | sort; cat elsewhere/precious)
    [ "$before" = "$after" ] || fail "the link at $link was followed by $*: $after"
    [ "$status" -ge 3 ] || fail "with a link at $link, $* exits $status: $(cat error)"
    cat out error | grep -q "$(basename "$link")" || fail "the link at $link is not named: $(cat error)"
    [ -L "root/$link" ] || fail "$* took the link at $link away"
    rm "root/$link"
    if [ -e aside ]; then mv aside "root/$link"; fi
}
echo weights >weights
for number in 2 3 4 5 6 7 8 9; do
    echo "{\"lr\": $number}" >config$number.json
done
fresh
plant checkpoints update --config config2.json --dump
plant checkpoints checkpoint --step 1 --weights weights
"$CKL" -C root update --config config3.json >/dev/null
next=$("$CKL" -C root status --json | grep -o '"experiment": "[^"]*"' | cut -d'"' -f4)
plant "checkpoints/$next" dump
plant "checkpoints/$next" checkpoint --step 1 --weights weights
plant "checkpoints/$head" fsck
"$CKL" -C root dump >/dev/null
plant "checkpoints/$next/model" checkpoint --step 1 --weights weights
plant "checkpoints/$next/hp" fsck
plant "checkpoints/$next/hp/${next}_config.yaml" fsck
plant .ckl update --config config4.json --dump
plant .ckl/tmp update --config config5.json --dump
plant .ckl/tmp checkpoint --step 2 --weights weights
plant ledger.db status
plant ledger.db update --config config6.json
plant .ckl/writer.lock update --config config7.json
plant .ckl/writer.lock.queue update --config config8.json
plant .ckl/staging.lock dump --force
"$CKL" -C root update --config config9.json --dump >/dev/null
"$CKL" -C root fsck >/dev/null || fail "not clean after the links: $("$CKL" -C root fsck)"

# An intent that names a place outside the tree does nothing there.
fresh
echo precious >precious
sql "INSERT INTO _intent VALUES ('00000000000000000000000000000000', 0,
     '{\"remove\": [\"../precious\"]}')"
exits 3 'not a place' "$CKL" -C root tag x a
[ -e precious ] || fail "an intent removed a file outside of the tree"

# Names that would change a terminal, or break a line, are shown escaped.
fresh
python3 -c 'import json; print(json.dumps({"uids": ["a\u001b[31mred", "b\nnew line"],
    "tags": {"a\u001b[31mred": ["\u0007bell", "\u202eright"]}}))' >data.json
exits 0 '' "$CKL" -C root update --data data.json --reason $'why\e]0;title\a'
for command in "diff" "log" "show" "status" "state"; do
    "$CKL" -C root $command >out
    ! grep -q $'[\x01-\x09\x0b-\x1f\x7f]' out || fail "$command shows control characters"
done

# Input without end, deep, or with a billion laughs: refused within limits of time and memory.
python3 -c 'print("[" * 2000000)' >deep.json
exits 2 '' "$CKL" -C root update --config deep.json
cp deep.json deep.yaml
exits 2 '' "$CKL" -C root update --config deep.yaml
python3 - >laughs.yaml <<'END'
print("a0: &a0 [x, x, x, x, x, x, x, x, x, x]")
for level in range(1, 30):
    print(f"a{level}: &a{level} [" + ", ".join([f"*a{level - 1}"] * 10) + "]")
END
exits 2 '' "$CKL" -C root update --config laughs.yaml
head -c 300000000 /dev/zero | tr '\0' 'x' >huge.json
exits 2 '' "$CKL" -C root update --config huge.json
rm huge.json
printf '{"a": "%s"}' "$(printf '\\u0000')" >nul.json
exits 2 '' "$CKL" -C root update --config nul.json
exits 2 '' "$CKL" -C root --run ../../x status
exits 2 '' "$CKL" -C root path --step -1
exits 2 '' "$CKL" -C root show ../../etc/passwd

# Who may read: what the umask says, or with --private the owner alone.
(umask 027; fresh)
[ "$(stat -c %a root/ledger.db root/.ckl root/checkpoints | tr '\n' ' ')" = '640 750 750 ' ] ||
    fail "modes: $(stat -c '%a %n' root/ledger.db root/.ckl root/checkpoints)"
[ "$(find root/checkpoints -type f -printf '%m ' | tr -s ' ')" = '440 440 ' ] || fail "modes of files"
rm -rf root
"$CKL" -C root --private update --config config.json --dump >/dev/null 2>&1
[ "$(stat -c %a root root/ledger.db root/.ckl root/checkpoints | tr '\n' ' ')" = '700 600 700 700 ' ] ||
    fail "private modes: $(stat -c '%a %n' root root/ledger.db root/.ckl root/checkpoints)"
[ "$(find root/checkpoints -type f -printf '%m ')" = '400 ' ] || fail "private modes of files"
