#!/bin/sh
# Counts instructions: callgrind.sh PROGRAM DIR. A line for people, and a JSON line in
# $BENCH_JSON for machines.
set -eu
program=$1 dir=$2 times=1024
for part in check list booking bulk; do
    out=$dir/callgrind.$part
    log=$(valgrind --tool=callgrind --collect-atstart=no --toggle-collect=counted_$part \
        --callgrind-out-file="$out" "$program" --only $part --json /dev/null 2>&1 >/dev/null) || {
        printf '%s\n' "$log" >&2
        exit 1
    }
    all=$(printf '%s\n' "$log" | sed -n 's/^.*Collected : \([0-9]*\).*/\1/p')
    [ -n "$all" ] && [ "$all" -gt 0 ] || { printf 'nothing was counted:\n%s\n' "$log" >&2; exit 1; }
    printf '  %-10s %10d instructions   (callgrind_annotate %s)\n' $part $((all / times)) "$out"
    [ -z "${BENCH_JSON:-}" ] || printf '{"job":"callgrind","measure":"%s","who":"rota","value":%d,"unit":"instructions"}\n' \
        $part $((all / times)) >> "$BENCH_JSON"
done
