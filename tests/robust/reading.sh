#!/usr/bin/env bash
# Reading while somebody writes: with the command sqlite3, with Python's sqlite3, and as a user who
# may not write. No error, and never half of a change: what one transaction writes is there together.
. "$(dirname "$0")/../cli/lib.sh"
write_inputs
chmod 755 "$WORK"
python3 -c '
import json
print(json.dumps({"uids": [f"s{n}" for n in range(300)]}))' >d.json
good_start() { "$CKL" -C root update --model m.json --config c.yaml --data d.json --dump >/dev/null 2>&1; }
good_start || fail "no root to read"
"$CKL" -C root checkpoint --step 1 --weights w.bin --metric loss=1 >/dev/null || fail "no checkpoint"

# Writers: each edit moves the head, the samples and the history at once; the checkpoints and metrics.
writer() {
    local number=0
    while [ ! -e stop ]; do
        number=$((number + 1))
        "$CKL" -C root discard s$((number % 300)) --reason "$number" >/dev/null || exit 1
        "$CKL" -C root tag "t$((number % 5))" s$(((number * 7) % 300)) >/dev/null || exit 1
        "$CKL" -C root restore s$((number % 300)) >/dev/null || exit 1
        [ $((number % 10)) -ne 0 ] ||
            "$CKL" -C root checkpoint --step $number --weights w.bin --metric loss=$number >/dev/null || exit 1
    done
}
writer & writers=$!

# In one query what must agree: how many samples are discarded, by the current state and by the counts
# of the head; that the last event is the head's; that each checkpoint has its metric.
cat >agree.sql <<'END'
SELECT (SELECT count(*) FROM samples WHERE run = 'main' AND discarded)
     - (SELECT state.discarded FROM _run AS run JOIN _experiment AS head ON head.id = run.head
          JOIN _data_state AS state ON state.component = head.data WHERE run.name = 'main'),
       (SELECT count(*) FROM checkpoints WHERE step % 10 = 0)
     - (SELECT count(*) FROM metrics WHERE step % 10 = 0),
       (SELECT experiment FROM events ORDER BY seq DESC LIMIT 1)
    <> (SELECT experiment FROM runs WHERE run = 'main'),
       (SELECT max(seq) - count(*) FROM events);
END

read_by_command() { # PREFIX…: sqlite3 with nothing but the file's name
    local count=0 answer
    while [ $count -lt 60 ]; do
        count=$((count + 1))
        answer=$("$@" sqlite3 -readonly -cmd '.timeout 5000' root/ledger.db <agree.sql 2>&1) ||
            { echo "fails: $answer"; return 1; }
        [ "$answer" = '0|0|0|0' ] || { echo "half a change: $answer"; return 1; }
    done
}
WHAT="sqlite3 beside a writer"
read_by_command env >"$WORK/out" 2>"$WORK/err" || fail "$(cat "$WORK/out")"

# Python, one connection that stays; and two questions in one transaction.
WHAT="Python beside a writer"
cat >read.py <<'END'
import sqlite3, sys, time
ledger = sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True, isolation_level=None, timeout=5)
question = open("agree.sql").read()
seen, end = set(), time.monotonic() + 4
while time.monotonic() < end:
    ledger.execute("BEGIN")
    answer = ledger.execute(question).fetchone()
    assert answer == (0, 0, 0, 0), f"half a change: {answer}"
    first, = ledger.execute("SELECT max(seq) FROM events").fetchone()
    time.sleep(0.005)
    again, = ledger.execute("SELECT max(seq) FROM events").fetchone()
    assert first == again, f"it moved within a transaction: {first}, {again}"
    ledger.execute("COMMIT")
    seen.add(first)
assert len(seen) > 3, f"nobody wrote meanwhile: {sorted(seen)}"
END
python3 read.py root/ledger.db >"$WORK/out" 2>"$WORK/err" || fail "Python's sqlite3"

# Who may not write: neither the files nor the folder.
as_nobody=()
if [ "$(id -u)" -eq 0 ] && command -v setpriv >/dev/null; then
    as_nobody=(setpriv --reuid=65534 --regid=65534 --clear-groups)
fi
if [ ${#as_nobody[@]} -eq 0 ]; then
    echo "not root, or no setpriv: nobody else to read as" >&2
elif ! "${as_nobody[@]}" test -r root/ledger.db; then
    echo "another user does not get to $WORK: not read as one" >&2
else
    WHAT="another user beside a writer"
    "${as_nobody[@]}" test -w root/ledger.db && fail "the other user may write"
    read_by_command "${as_nobody[@]}" >"$WORK/out" 2>"$WORK/err" || fail "$(cat "$WORK/out")"
    for python in python3 /usr/bin/python3; do
        "${as_nobody[@]}" "$python" -c 'import sqlite3' 2>/dev/null || continue
        "${as_nobody[@]}" "$python" read.py root/ledger.db >"$WORK/out" 2>"$WORK/err" || fail "Python"
        break
    done
    for command in status log checkpoints "show @"; do
        "${as_nobody[@]}" test -x "$CKL" || break
        "${as_nobody[@]}" "$CKL" -C root $command >"$WORK/out" 2>"$WORK/err" || fail "ckl $command"
    done
fi
touch stop
WHAT="the writer"
wait $writers || fail "it was disturbed"

good -C root fsck
finish
