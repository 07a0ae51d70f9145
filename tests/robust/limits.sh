#!/usr/bin/env bash
# File systems without RENAME_NOREPLACE, with as many links as can be, without links, without
# reflinks, without space that can be taken before: dumps and checkpoints are whole all the same. And
# without locks: refused, for that cannot be made up for.
. "$(dirname "$0")/../cli/lib.sh"
: "${LIMITS_LIBRARY:?the library that takes calls away}"
if [ "$(uname -m)" != x86_64 ]; then
    echo "the library that takes calls away is for x86_64 only: not tried here" >&2
    exit 77
fi
write_inputs

limited() { # LIMITS ARGUMENTS…
    local limits=$1
    shift
    WHAT="$limits: ckl $*"
    rm -f "$WORK/log"
    LD_PRELOAD=$LIMITS_LIBRARY LIMITS=$limits LIMITS_LOG=$WORK/log \
        ASAN_OPTIONS="${ASAN_OPTIONS:-}:verify_asan_link_order=0" \
        "$CKL" "$@" >"$WORK/out" 2>"$WORK/err" </dev/null
    CODE=$?
}
works() { limited "$@"; [ "$CODE" -eq 0 ] || fail "exit code $CODE"; }
refused() { grep -q "$1" "$WORK/log" || fail "$1 was not asked for"; }

# The whole of a story under each: two states that share files, the same step saved twice, a move.
story() {
    local limits=$1 hash
    rm -rf root
    works "$limits" -C root update --model m.json --config c.yaml --data d.json --dump
    works "$limits" -C root checkpoint --step 1 --weights w.bin
    works "$limits" -C root update --config c2.yaml --dump
    [ -z "${2:-}" ] || refused "$2"
    works "$limits" -C root checkpoint --step 2 --weights w.bin
    works "$limits" -C root checkpoint --step 2 --weights m.json
    cp m.json moved
    works "$limits" -C root checkpoint --step 3 --weights moved --move
    [ ! -e moved ] || fail "the original stays"
    works "$limits" -C root --run other update --config c2.yaml
    works "$limits" -C root gc --keep-last 1
    good -C root fsck
    equal 6 "$(find root/checkpoints -type f -name '*_*' ! -name '*.pt' | wc -l)" "$limits: dumped files"
    equal 1 "$(find root/checkpoints -name '*.pt' | wc -l)" "$limits: weights"
    equal '' "$(ls root/.ckl/tmp)" "$limits: left over"
    cmp -s root/checkpoints/*/model/*_step_000003.pt m.json || fail "$limits: other weights"
}
story none clone
for number in EINVAL ENOSYS; do
    story "noreplace=$number" renameat2
done
for number in EMLINK EPERM EOPNOTSUPP; do
    story "links=$number" link
    story "links=$number noreplace=EINVAL" renameat2
done
head -c 3000000 /dev/zero >large
story "nofallocate=EOPNOTSUPP"
works "nofallocate=EOPNOTSUPP" -C root checkpoint --step 9 --weights large
refused fallocate
good -C root fsck

# Too little room shows before anything is copied, and leaves nothing.
limited "fill=1000000" -C root checkpoint --step 10 --weights large
equal 6 "$CODE" "exit code"
grep -q 'no room' "$WORK/err" || fail "it does not say why"
equal '' "$(ls root/.ckl/tmp)" "left over"
limited "fill=1000000" -C root checkpoint --step 10 --weights - # of no known size: simply tried
equal 0 "$CODE" "exit code"
good -C root fsck

# Without locks nothing is written, and nothing is read as if it were whole.
before=$(cd root && find . -type f ! -name '*-shm' | sort | xargs sha256sum)
for number in ENOLCK ENOSYS EOPNOTSUPP; do
    for command in "update --config c.yaml" "tag hard a" "dump --force" "checkpoint --step 4 --weights w.bin" \
                   "gc" "status"; do
        limited "nolocks=$number" -C root $command
        equal 6 "$CODE" "exit code"
        grep -q 'without locks' "$WORK/err" || fail "it does not say why"
        equal 2 "$(wc -l <"$WORK/err")" "lines of the message"
    done
    limited "nolocks=$number" -C new update --config c.yaml
    equal 6 "$CODE" "exit code"
    [ ! -s new/ledger.db ] || fail "a ledger was made"
done
equal "$before" "$(cd root && find . -type f ! -name '*-shm' | sort | xargs sha256sum)" "what is in the root"
good -C root fsck
finish
