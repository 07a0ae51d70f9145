# What the tests of what is installed share: a folder, and `try_everything`, which builds programs
# outside the tree with an installed libckl and runs them. SOURCE is the tree, for their texts only.
set -euo pipefail
: "${SOURCE:?the source tree}"
fail() { echo "FAIL: $*" >&2; exit 1; }
unset CKL_ROOT CKL_RUN CKL_ACTOR CKL_LEDGER RANK CKL_LIBRARY
work=$(mktemp -d)
export CKL_PAGER=
STRICT='-Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror'

# Waits for others that install something; everything else that fails, fails.
with_dpkg() {
    local try
    for try in 1 2 3 4 5 6; do
        "$@" >"$work/dpkg" 2>&1 && return
        grep -q 'lock' "$work/dpkg" || break
        sleep 10
    done
    cat "$work/dpkg" >&2
    return 1
}

# try_program PROGRAM shared|static: it does what it should, with the library that is meant.
try_program() {
    local needed
    needed=$(readelf -d "$1" | sed -n 's/.*(NEEDED).*\[\(libckl[^]]*\)\]/\1/p')
    case $2 in
    shared) [ "$needed" = libckl.so.0 ] || fail "$1 needs '$needed'" ;;
    static) [ -z "$needed" ] || fail "$1 needs '$needed'" ;;
    esac
    rm -rf "$work/root"
    [ "$("$1" "$work/root")" = '/lr 0.1 0.01' ] || fail "$1 does not say what differs"
}

# try_trainer PROGRAM CKL: trains, follows what somebody discarded, and goes on.
try_trainer() {
    rm -rf "$work/training"
    "$1" "$work/training" 120 >"$work/out" || fail "$1 does not train"
    "$2" -C "$work/training" discard moon_007 --reason blurred >/dev/null
    "$1" "$work/training" 60 >"$work/out" || fail "$1 does not go on"
    grep -q '^goes on after step 100$' "$work/out" || fail "$1 said: $(cat "$work/out")"
    "$2" -C "$work/training" state >"$work/out"
    grep -A1 'discarded' "$work/out" | grep -q moon_007 || fail "moon_007 is not discarded"
    [ "$("$2" -C "$work/training" checkpoints | wc -l)" = 3 ] || fail "not three checkpoints"
    "$2" -C "$work/training" log >"$work/out"
    grep -q ' resume .*step 100' "$work/out" || fail "history does not say where it went on"
    "$2" -C "$work/training" fsck >/dev/null || fail "the ledger of $1 is not sound"
}

try_pkg_config() {
    local flags
    pkg-config --validate ckl
    [ "$(pkg-config --modversion ckl)" = "$VERSION" ] || fail "ckl.pc is of another version"
    flags=$(pkg-config --cflags --libs ckl)
    [[ $flags != *sqlite3* ]] || fail "who links the shared library need not name SQLite: $flags"
    cp "$SOURCE/tests/package/consumer/consumer.c" "$work"
    for compiler in gcc clang; do
        $compiler -std=c11 $STRICT "$work/consumer.c" $flags -o "$work/shared"
        try_program "$work/shared" shared
    done
    # The library alone, with its own needs shared; then all of it, the C library too, which warns
    # of what it can not do without shared libraries.
    gcc -std=c11 $STRICT "$work/consumer.c" $(pkg-config --cflags ckl) -Wl,-Bstatic \
        $(pkg-config --libs ckl) -Wl,-Bdynamic $(pkg-config --static --libs ckl | sed 's/-lckl//') \
        -o "$work/static"
    try_program "$work/static" static
    gcc -std=c11 $STRICT -static "$work/consumer.c" $(pkg-config --static --cflags --libs ckl) \
        -o "$work/whole" 2>"$work/warnings" || fail "$(cat "$work/warnings")"
    try_program "$work/whole" static
    g++ -std=c++17 $STRICT "$SOURCE/tools/examples/trainer.cpp" $flags -o "$work/trainer"
    try_trainer "$work/trainer" "$1"
}

# try_find_package CMAKE_PREFIX_PATH CKL
try_find_package() {
    for component in shared static; do
        cmake -S "$SOURCE/tests/package/consumer" -B "$work/$component-build" -G Ninja \
            "-DCKL_COMPONENT=$component" "-DEXAMPLES=$SOURCE/tools/examples" \
            "-DCMAKE_PREFIX_PATH=$1" -DCMAKE_BUILD_TYPE=Debug >"$work/cmake" 2>&1 &&
            cmake --build "$work/$component-build" >>"$work/cmake" 2>&1 || fail "$(cat "$work/cmake")"
        try_program "$work/$component-build/consumer" "$component"
        try_trainer "$work/$component-build/trainer" "$2"
    done
    # A version that this one does not promise to be like is refused.
    for version in 0.0 0.2 1.0; do
        mkdir -p "$work/other"
        printf '%s\n' 'cmake_minimum_required(VERSION 3.16)' 'project(other LANGUAGES C)' \
            "find_package(ckl $version REQUIRED)" >"$work/other/CMakeLists.txt"
        ! cmake -S "$work/other" -B "$work/other/build" "-DCMAKE_PREFIX_PATH=$1" \
            >"$work/cmake" 2>&1 || fail "find_package(ckl $version) takes $VERSION"
        grep -q 'but not accepted' "$work/cmake" || fail "$(cat "$work/cmake")"
    done
}

# try_everything PREFIX [CMAKE_PREFIX_PATH]: with what pkg-config and the loader find by now.
try_everything() {
    local prefix=$1 ckl=$1/bin/ckl library extension
    [ "$("$ckl" --version)" = "ckl $VERSION" ] || fail "ckl says $("$ckl" --version)"
    library=$(find "$prefix/lib" -name libckl.so -not -path '*/python*')
    INCLUDE=$prefix/include LIBRARY=$library ARCHIVE=$(dirname "$library")/libckl.a \
        bash "$SOURCE/tests/package/exports.sh"
    try_pkg_config "$ckl"
    try_find_package "${2:-$prefix}" "$ckl"
    extension=$(dirname "$library")/ckl/ckl_sqlite.so
    [ "$(sqlite3 "$work/root/ledger.db" ".load $extension" \
         "SELECT path FROM ckl_config_diff('@~1', '@')")" = /lr ] || fail "$extension does not answer"
    bash -n "$prefix/share/bash-completion/completions/ckl"
    local pages=$prefix/share/man
    for page in man1/ckl.1 man1/ckl-diff.1 man3/ckl_manager_open.3 man3/ckl_manager_run.3 \
                man3/libckl.3 man5/ckl-ledger.5; do
        [ -f "$pages/$page" ] || [ -f "$pages/$page.gz" ] || fail "no $page"
    done
    if command -v man >/dev/null; then # ckl_manager_run(3) is in the page of another function
        MANPATH=$pages man ckl_manager_run 2>/dev/null | grep -q 'absolute path' ||
            fail "man ckl_manager_run"
    fi
}
