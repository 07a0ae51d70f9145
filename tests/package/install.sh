#!/usr/bin/env bash
# `cmake --install` into a folder of its own, which is then moved: programs outside the tree build
# with it, by pkg-config and find_package, shared and static. SOURCE, BUILD, VERSION.
source "$(dirname "$0")/lib.sh"
trap 'rm -rf "$work"' EXIT
prefix="$work/a prefix"
cmake --install "$BUILD" --prefix "$prefix" >"$work/install" || fail "$(cat "$work/install")"

# Nothing names the tree that it came from.
! grep -rlF -e "$BUILD" "$prefix" >"$work/found" || fail "the build is named in $(cat "$work/found")"
! grep -rlF -e "$SOURCE/" "$prefix/lib/cmake" "$prefix/lib/pkgconfig" "$prefix/include" \
    >"$work/found" || fail "the tree is named in $(cat "$work/found")"
[ "$(grep -c . "$work/install")" -gt 150 ] || fail "only $(grep -c . "$work/install") files"

# find_package goes by where it lies, ckl.pc by where it was installed.
mv "$prefix" "$work/moved"
(
    export LD_LIBRARY_PATH=$work/moved/lib
    try_find_package "$work/moved" "$work/moved/bin/ckl"
)
cmake --install "$BUILD" --prefix "$work/prefix" >"$work/install"
export PKG_CONFIG_PATH=$work/prefix/lib/pkgconfig LD_LIBRARY_PATH=$work/prefix/lib
try_everything "$work/prefix"
echo "installed: all consumers run"
