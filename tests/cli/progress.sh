#!/usr/bin/env bash
# What takes more than a second says so, on standard error, and only when that is a terminal.
. "$(dirname "$0")/lib.sh"

# slowly ARGUMENTS…: the command gets its input after a moment; standard error is a terminal, whose
# output goes to $WORK/terminal.
slowly() {
    WHAT="ckl $* on a terminal"
    python3 - "$WORK/terminal" "$WORK/out" "$CKL" "$@" <<'PYTHON'
import os, pty, subprocess, sys, time
terminal, out, command = sys.argv[1], sys.argv[2], sys.argv[3:]
ours, theirs = pty.openpty()
with open(out, "wb") as output:
    child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=output, stderr=theirs)
os.close(theirs)
child.stdin.write(b"uid,discarded,tags\n")
child.stdin.flush()
time.sleep(float(os.environ["WAIT"]))
child.stdin.write(b"a,0,\n")
child.stdin.close()
said = b""
try:
    while piece := os.read(ours, 4096):
        said += piece
except OSError:
    pass
open(terminal, "wb").write(said)
sys.exit(child.wait())
PYTHON
    CODE=$?
    [ "$CODE" -eq 0 ] || fail "exit code $CODE, not 0"
}

WAIT=1.6 slowly -C root update --data -
grep -q 'ckl: reading the data state: [1-9] s' "$WORK/terminal" || fail "no progress is told"
LAST=$(tail -c 3 "$WORK/terminal" | od -An -c | tr -d ' ')
[ "$LAST" = '033[K' ] || case $(cat "$WORK/terminal") in
*created*) ;; # said after the line was cleared
*) fail "the line of progress stays: $LAST" ;;
esac
WAIT=0.1 slowly -C root update --data -
[ ! -s "$WORK/terminal" ] || fail "a quick command tells its progress"
(
    printf 'uid,discarded,tags\n'
    sleep 1.3
    printf 'b,0,\n'
) | "$CKL" -C root update --data - >"$WORK/out" 2>"$WORK/err"
WHAT="ckl update, not on a terminal"
[ ! -s "$WORK/err" ] || fail "standard error is not empty"
finish
