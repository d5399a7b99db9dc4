#!/bin/sh
# The public headers alone and all records started, as C99, C11, C++11 and C++20 with gcc and
# clang; each by itself in the older standard of a language, all at once in the newer.
# Argument: a directory to work in. A compiler that is not there is left out with a notice;
# 77 where none is there at all.
set -eu

work=$1
flags="-Iinclude -Wpadded -Wall -Wextra -Wpedantic -Werror -fsyntax-only"
compiled=0

(cd include && printf '#include <%s>\n' rota.h rota/*.h) | while read -r line; do
    name=$(echo "$line" | tr -c 'a-z\n' '_')
    # Twice: a header guards itself.
    printf '%s\n%s\nint alone(void);\nint alone(void)\n{\n    return 0;\n}\n' "$line" "$line" \
        >"$work/$name.c"
done
python3 tests/tools/layout.py records >"$work/records.c"

compile() { # standard, sources
    standard=$1
    shift
    for source in "$@"; do
        # shellcheck disable=SC2086 # a list of flags
        "$compiler" -x "$language" -std="$standard" $flags "$source"
        compiled=$((compiled + 1))
    done
}

try() { # compiler, language, older standard, newer
    compiler=$1 language=$2
    if ! command -v "$compiler" >/dev/null; then
        echo "headers: skipped $compiler, which is not there"
        return
    fi
    compile "$3" "$work"/*.c
    compile "$4" "$work/_include__rota_h_.c" "$work/records.c"
}

try gcc c c99 c11
try clang c c99 c11
try g++ c++ c++11 c++20
try clang++ c++ c++11 c++20
[ "$compiled" -gt 0 ] || exit 77
echo "headers: $compiled compilations"
