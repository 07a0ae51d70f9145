#!/usr/bin/env bash
# Lives the demo's story twice in one root: history grows, every stored checkpoint gives the accuracy
# recorded with it, and training restarted from it gives the recorded later loss, bit for bit.
set -euo pipefail
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT

fail() { echo "FAIL: $*" >&2; exit 1; }
count() { sqlite3 "$root/ledger.db" "$1"; }

"$CKL_DEMO" "$root" "$IRIS" >/dev/null
events=$(count 'SELECT count(*) FROM _event')
[ "$(count "SELECT count(*) FROM changes WHERE superseded")" -ge 1 ] || fail "no state superseded"
[ "$(count "SELECT count(*) FROM checkpoints")" -eq 6 ] || fail "not six checkpoints"
[ "$(count "SELECT count(*) FROM samples WHERE discarded")" -eq 3 ] || fail "not three discarded"
[ "$(count "SELECT count(*) FROM pending")" -eq 0 ] || fail "something is pending"

"$CKL_DEMO" "$root" "$IRIS" >/dev/null
[ "$(count 'SELECT count(*) FROM _event')" -gt "$events" ] || fail "the second run added nothing"

"$CKL_DEMO" --verify "$root" "$IRIS" || fail "a checkpoint is not what was recorded"

# A changed weights file must be noticed, or the check above means nothing.
weights=$root/$(count 'SELECT path FROM checkpoints WHERE step = 100')
chmod u+w "$weights"
printf 'x' | dd of="$weights" bs=1 seek=206 conv=notrunc status=none
if "$CKL_DEMO" --verify "$root" "$IRIS" >/dev/null; then fail "a changed file was not noticed"; fi

first=$("$CKL" -C "$root" log --limit 0 --json |
        python3 -c 'import json, sys; print(json.load(sys.stdin)["events"][-1]["experiment"])')
changed=$("$CKL" -C "$root" diff "$first" @ --json |
          python3 -c 'import json, sys; print(json.load(sys.stdin)["changed"])')
[ "$changed" = "['model', 'config', 'data']" ] || [ "$changed" = "['config', 'data']" ] ||
    fail "the diff of first and last says $changed"
