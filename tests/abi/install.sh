#!/bin/sh
# Installs below a DESTDIR, builds a host against that through pkg-config, shared and static,
# runs both, and uninstalls again. Argument: an empty directory to work in.
set -eu

root=$PWD work=$(cd "$1" && pwd) build=${ROTA_BUILD:-build} prefix=/opt/rota
command -v pkg-config >/dev/null || exit 77
unset MAKEFLAGS MFLAGS MAKELEVEL || true
make="make --no-print-directory BUILD=$build PREFIX=$prefix DESTDIR=$work/dest"

$make install >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }

export PKG_CONFIG_PATH="$work/dest$prefix/lib/pkgconfig" PKG_CONFIG_SYSROOT_DIR="$work/dest"
version=$(sed -n 's/^#define ROTA_VERSION "\(.*\)"/\1/p' include/rota.h)
[ "$(pkg-config --modversion rota)" = "$version" ]

cd "$work"
cat >host.c <<'C'
#include <rota.h>
#include <string.h>
int main(void)
{
    rota *r;
    int rc = rota_open(":memory:", NULL, &r);
    rota_close(r);
    return rc != ROTA_OK || strcmp(rota_version(), ROTA_VERSION) != 0;
}
C
cc=${CC:-cc}
# shellcheck disable=SC2046,SC2086 # lists of flags
$cc host.c -o shared $(pkg-config --cflags --libs rota)
LD_LIBRARY_PATH="$work/dest$prefix/lib" ./shared
readelf -d shared | grep -q "librota.so.${version%%.*}\]"
# shellcheck disable=SC2046,SC2086
$cc host.c -o static $(pkg-config --cflags rota) "$work/dest$prefix/lib/librota.a" \
    $(PKG_CONFIG_SYSROOT_DIR='' pkg-config --libs sqlite3) -lm -lpthread
./static

cd "$root"
$make uninstall >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
left=$(find "$work/dest" ! -type d; find "$work/dest" -type d -name rota ! -path "*$prefix")
[ -z "$left" ] || { echo "left behind: $left"; exit 1; }
