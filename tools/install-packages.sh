#!/usr/bin/env bash
# Installs what building and testing needs, and the packages that are named, from Debian. Asks the
# network only for what is missing. Works as root, or with sudo.
set -euo pipefail

packages=(gcc clang clang-format cmake ninja-build pkg-config git libsqlite3-dev libssl-dev
          libjansson-dev libyaml-dev check sqlite3 python3 python3-yaml libc6-dev g++ groff "$@")

missing=()
for package in "${packages[@]}"; do
    status=$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null || true)
    [ "$status" = installed ] || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

as_root=()
if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || { echo "installing packages needs root or sudo" >&2; exit 1; }
    as_root=(sudo)
fi
echo "installing: ${missing[*]}"
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
