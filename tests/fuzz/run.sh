#!/bin/sh
# Runs the fuzz targets that `make fuzz` has built, one after the other.
#
#     run.sh BUILD SECONDS TARGET...
#
# First the one with the planted bug, beside an input that leads to it: found, or what
# follows says nothing. Then the
# real one, for so many seconds, on what is kept and on what earlier runs have added
# in BUILD/corpus. A finding stays in BUILD/found-TARGET-*, its log in BUILD/TARGET.log.
set -u
build=$1
seconds=$2
shift 2

CONTROL_SECONDS=120
# The library's allocations are many and short-lived: less is kept of each.
export ASAN_OPTIONS=quarantine_size_mb=16:malloc_context_size=8:max_malloc_fill_size=256
export UBSAN_OPTIONS=print_stacktrace=1

options() {
    case $1 in
    jsonl) echo "-max_len=2048 -dict=tests/fuzz/jsonl.dict" ;;
    damaged) echo "-max_len=128" ;;
    rule) echo "-max_len=256 -dict=tests/fuzz/rule.dict" ;;
    *) echo "-max_len=1024" ;;
    esac
}

# One run; its exit code. -timeout and the memory limit are findings too.
fuzz() {
    program=$1 log=$2 limit=$3
    shift 3
    "$build/tests/$program" -max_total_time="$limit" -timeout=20 -rss_limit_mb=1024 \
        -print_final_stats=1 -artifact_prefix="$build/found-$program-" "$@" >"$log" 2>&1
}

status=0
for target in "$@"; do
    log=$build/$target.log
    # What is new goes into the first directory: never into the one that is kept.
    mkdir -p "$build/corpus/$target" "$build/corpus/$target-control"
    cp "tests/fuzz/control/$target" "$build/corpus/$target-control/kept"
    before=$(date +%s)
    # shellcheck disable=SC2046 # the options are words
    if fuzz "fuzz-$target-control" "$log" $CONTROL_SECONDS $(options "$target") \
        "$build/corpus/$target-control" "tests/fuzz/corpus/$target"; then
        echo "$target: the planted bug was not found in $CONTROL_SECONDS s: see $log"
        status=1
        continue
    fi
    if ! grep -q "^tests/fuzz/fuzz.*: " "$log"; then
        echo "$target: something else than the planted bug was found: see $log"
        status=1
        continue
    fi
    rm -f "$build/found-fuzz-$target-control-"*
    echo "$target: the planted bug was found in $(($(date +%s) - before)) s"

    # shellcheck disable=SC2046
    if fuzz "fuzz-$target" "$log" "$seconds" $(options "$target") \
        "$build/corpus/$target" "tests/fuzz/corpus/$target"; then
        echo "$target: $(sed -n 's/^Done \(.*\)/\1/p' "$log"), no finding"
    else
        grep -v '^#' "$log" | tail -n 40
        echo "$target: a finding: see $log and $build/found-fuzz-$target-*"
        status=1
    fi
done
exit $status
