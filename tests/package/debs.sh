#!/usr/bin/env bash
# The Debian packages, built from nothing: as root they are installed, used, and removed again, and
# nothing of them is left; else they are unpacked into a folder, and used there. SOURCE, FOLDER (to
# build in), VERSION.
source "$(dirname "$0")/lib.sh"
command -v dpkg-shlibdeps >/dev/null || { echo "SKIP: without dpkg-dev"; exit 77; }
names=(libckl0 libckl-dev ckl)
installed=
clean_up() {
    [ -z "$installed" ] || dpkg --purge ckl libckl-dev libckl0 >/dev/null 2>&1 || true
    rm -rf "$work"
}
trap clean_up EXIT

export SOURCE_DATE_EPOCH=1700000000
bash "$SOURCE/tools/package.sh" "$FOLDER" >"$work/out" || fail "tools/package.sh"
mkdir "$work/debs"
for name in "${names[@]}"; do
    cp "$FOLDER"/debs/"${name}"_"$VERSION"_*.deb "$work/debs/$name.deb" || fail "no package $name"
done
# The same sources, at another time, give the same packages.
bash "$SOURCE/tools/package.sh" "$FOLDER" >"$work/out" || fail "tools/package.sh, again"
for name in "${names[@]}"; do
    cmp "$work/debs/$name.deb" "$FOLDER"/debs/"${name}"_"$VERSION"_*.deb
done

# ---- what they say of themselves ----
field() { dpkg-deb -f "$work/debs/$1.deb" "$2"; }
for name in libckl0 ckl; do
    for needed in libc6 libsqlite3-0 libssl3 libjansson4 libyaml-0-2; do
        [[ $(field $name Depends) == *"$needed"* ]] || fail "$name does not depend on $needed"
    done
done
[[ $(field libckl-dev Depends) == *"libckl0 (= $VERSION)"* ]] || fail "libckl-dev without libckl0"
dpkg-deb --info "$work/debs/libckl0.deb" shlibs | grep -q '^libckl 0 libckl0' || fail "no shlibs"
if command -v lintian >/dev/null; then
    lintian --fail-on error "$work"/debs/*.deb >"$work/lintian" 2>&1 || fail "$(cat "$work/lintian")"
else
    echo "lintian is not installed: not asked"
fi

# ---- used ----
files() { for name in "${names[@]}"; do dpkg-deb -c "$work/debs/$name.deb"; done; }
files | awk '{print $6}' | sed 's,^\.,,; s,/$,,' | grep . | sort -u >"$work/paths"
there() { while read -r path; do [ ! -e "$path" ] && [ ! -L "$path" ] || echo "$path"; done; }
there <"$work/paths" >"$work/before"
known() { # to dpkg, as more than a name
    dpkg-query -W -f '${Package} ${db:Status-Status}\n' "${names[@]}" 2>/dev/null |
        grep -v ' not-installed$'
}
if [ "$(id -u)" = 0 ] && ! known >/dev/null &&
        ! grep -q 'ckl' "$work/before" && [ "$(which -a ckl | wc -l)" = 0 ]; then
    installed=1
    with_dpkg dpkg -i "$work"/debs/*.deb
    ldconfig -p | grep -q 'libckl.so.0 ' || fail "the loader does not know libckl.so.0"
    try_everything /usr ''
    with_dpkg dpkg --purge ckl libckl-dev libckl0
    installed=
    there <"$work/paths" | diff "$work/before" - || fail "that is left (>)"
    ! ldconfig -p | grep -q libckl || fail "the loader still knows libckl"
    ! known || fail "dpkg still knows the packages"
    echo "packages: installed, used, removed; nothing is left of $(wc -l <"$work/paths") paths"
else
    for name in "${names[@]}"; do dpkg-deb -x "$work/debs/$name.deb" "$work/system"; done
    libraries=$(dirname "$(find "$work/system" -name libckl.so)")
    export PKG_CONFIG_SYSROOT_DIR=$work/system PKG_CONFIG_PATH=$libraries/pkgconfig
    export LD_LIBRARY_PATH=$libraries
    try_everything "$work/system/usr"
    echo "packages: unpacked and used (only root installs them)"
fi
