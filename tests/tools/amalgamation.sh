#!/bin/sh
# Puts SQLite's source as one file, sqlite3.c with its sqlite3.h, into a directory,
# for builds that must instrument SQLite too. Usage: amalgamation.sh DIRECTORY
#
# It is made from the source package of the libsqlite3 that is installed, so that
# what is looked at is what runs. Where the system names no source packages, a list of
# its own is derived from the system's, which stays as it is. SQLITE_AMALGAMATION=DIR
# takes the two files from there instead, where there is no apt.
set -eu

target=$1
[ -s "$target/sqlite3.c" ] && [ -s "$target/sqlite3.h" ] && exit 0

fail() {
    echo "SQLite's source cannot be had: $*." >&2
    echo "Set SQLITE_AMALGAMATION to a directory with sqlite3.c and sqlite3.h of a release" \
        "of SQLite (its download page calls that the amalgamation)." >&2
    exit 1
}

# Both or neither: a file that is half there would pass for whole in the next run.
keep() {
    mkdir -p "$target"
    cp "$1/sqlite3.h" "$target/sqlite3.h"
    cp "$1/sqlite3.c" "$target/sqlite3.c.new"
    mv "$target/sqlite3.c.new" "$target/sqlite3.c"
    sed -n 's/^#define SQLITE_VERSION  *"\(.*\)"/SQLite \1, from source/p' "$target/sqlite3.h"
}

if [ -n "${SQLITE_AMALGAMATION:-}" ]; then
    [ -s "$SQLITE_AMALGAMATION/sqlite3.c" ] || fail "there is no $SQLITE_AMALGAMATION/sqlite3.c"
    keep "$SQLITE_AMALGAMATION"
    exit 0
fi

command -v apt-get >/dev/null || fail "there is no apt-get"
sh "$(dirname "$0")/deps.sh" dpkg-dev:dpkg-source tcl:tclsh gcc:gcc make:make

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/parts" "$work/lists/partial" "$work/cache/archives/partial" "$work/source"

# The system's own sources, in either notation, asked for source packages.
sed -n 's/^deb  *\(\[[^]]*\] *\)\{0,1\}\([a-z+]*:\)/deb-src \1\2/p' \
    /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null |
    grep -v ' cdrom:' >"$work/parts/derived.list" || true
for file in /etc/apt/sources.list.d/*.sources; do
    if [ -e "$file" ]; then
        sed 's/^Types:.*/Types: deb-src/' "$file" >"$work/parts/$(basename "$file")"
    fi
done

apt() {
    apt-get -q -o Dir::Etc::SourceList=/dev/null -o Dir::Etc::SourceParts="$work/parts" \
        -o Dir::State::Lists="$work/lists" -o Dir::Cache="$work/cache" \
        -o APT::Sandbox::User="$(id -un)" -o Acquire::Retries=3 "$@"
}

# A source that has no source packages is no matter, as long as one has SQLite's.
apt update >"$work/log" 2>&1 || true
version=$(dpkg-query -W -f '${source:Version}' libsqlite3-0 2>/dev/null || true)
(cd "$work/source" && apt source "sqlite3${version:+=$version}") >>"$work/log" 2>&1 ||
    (cd "$work/source" && apt source sqlite3) >>"$work/log" 2>&1 ||
    { cat "$work/log" >&2; fail "apt has no source package for it"; }

cd_source() { cd "$work"/source/*/; }
(cd_source && ./configure && make sqlite3.c) >>"$work/log" 2>&1 ||
    { tail -n 30 "$work/log" >&2; fail "it does not build"; }
keep "$(cd_source && pwd)"
