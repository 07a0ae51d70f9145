#!/usr/bin/env bash
# Every table and column of a ledger in which every table has rows: a changed value is found. CKL_EVERY=n
# tries each column and table once, and of all that is more each n-th.
set -euo pipefail
here=$(dirname "$(realpath "$0")")
unset CKL_ROOT CKL_RUN CKL_ACTOR RANK
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
. "$here/rich_ledger.sh"
rich_ledger root
python3 "$here/every_column.py" root
