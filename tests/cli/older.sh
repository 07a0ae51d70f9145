# A ledger of version 1: read as it is, without a byte changed; written, it becomes a new one.
GOLDEN=$(realpath "$(dirname "$0")/../golden/ledger_v1.sql")
. "$(dirname "$(realpath "$0")")/lib.sh"
: >out
: >err
cd "$(mktemp -d -p "$WORK")" || exit 1
sqlite3 ledger.db 'PRAGMA journal_mode=WAL; PRAGMA application_id=1129008177;
    PRAGMA user_version=1' ".read $GOLDEN" >/dev/null
rm -f ledger.db-wal ledger.db-shm
before=$(sha256sum <ledger.db)
good log --all --limit 0 --json
cp "$WORK/out" log
for words in status 'show @' diff runs 'checkpoints --all' state 'cat @ config' 'log --graph' audit \
    'find --limit 3' name note 'checkpoints --all --json' 'show @ --json'; do
    good $words # shellcheck disable=SC2086
done
equal "$before" "$(sha256sum <ledger.db)" "the ledger after reading"
good note @ 'now it is new'
good log --all --limit 0 --json
python3 - "$WORK/out" log <<'END' || fail "history changed"
import json, sys
new, old = (json.load(open(name))["events"] for name in sys.argv[1:])
sys.exit(new[1:] != old or new[0]["kind"] != "note")
END
equal 3 "$(sqlite3 ledger.db 'PRAGMA user_version')" "version"
finish
