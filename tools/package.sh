#!/usr/bin/env bash
# Installs what is needed, builds libckl and the command as Debian wants them, and makes the packages
# libckl0, libckl-dev and ckl, in build/package/debs (or FOLDER/debs). For the Debian of this machine.
set -euo pipefail
cd "$(dirname "$0")/.."
folder=${1:-build/package}
tools/install-packages.sh dpkg-dev file
mkdir -p "$folder"
log=$folder/package.log
say_why() { tail -n 40 "$log" >&2; exit 1; }

# The same sources give the same packages, byte for byte.
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || date +%s)}
export SOURCE_DATE_EPOCH
umask 022
CFLAGS=$(dpkg-buildflags --get CFLAGS | sed 's/-g //')
CFLAGS="$CFLAGS $(dpkg-buildflags --get CPPFLAGS)" LDFLAGS="$(dpkg-buildflags --get LDFLAGS) -Wl,-z,now" \
    cmake -S . -B "$folder" -G Ninja -DCMAKE_BUILD_TYPE=Release -DCMAKE_INSTALL_PREFIX=/usr \
    -DCKL_DEBIAN=ON "-DCKL_DATE=$(LC_ALL=C date -u -R -d "@$SOURCE_DATE_EPOCH")" >"$log" 2>&1 || say_why
cmake --build "$folder" --target ckl ckl_shared ckl_archive ckl_sqlite pages >>"$log" 2>&1 || say_why
rm -rf "$folder/debs" "$folder/_CPack_Packages"
(cd "$folder" && cpack) >>"$log" 2>&1 || say_why
rm -rf "$folder/_CPack_Packages"
ls "$folder"/debs/*.deb
