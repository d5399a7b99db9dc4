#!/bin/sh
# Installs the Debian packages that are missing. Arguments: package:sign, where
# the sign that a package is there is a command, a file, or a pkg-config module (x.pc).
set -eu

present() {
    case $1 in
    /*) [ -e "$1" ] ;;
    *.pc) command -v pkg-config >/dev/null && pkg-config --exists "${1%.pc}" ;;
    *) command -v "$1" >/dev/null ;;
    esac
}

missing=
for entry in "$@"; do
    present "${entry#*:}" || missing="$missing ${entry%%:*}"
done
[ -n "$missing" ] || exit 0

as_root=
if [ "$(id -u)" -ne 0 ]; then as_root=sudo; fi
if ! command -v apt-get >/dev/null || { [ -n "$as_root" ] && ! command -v sudo >/dev/null; }; then
    echo "These Debian packages, or what your system calls them, are needed and cannot be" \
        "installed from here:$missing" >&2
    exit 1
fi

echo "Installing:$missing"
$as_root apt-get -q update
# shellcheck disable=SC2086 # a list of words
$as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y install --no-install-recommends $missing
