#!/bin/sh
# Fuzzes the scanner: any cut of the bytes, and the naive twin, give the same observations.
#
#   Tests/Fuzz/run.sh [SECONDS [CORPUS_DIR]]
#
# Seeds CORPUS_DIR (default .build/fuzz/corpus) with the frames of the usage corpus, and leaves
# what it finds there. Fails if anything crashed; the input that did is in .build/fuzz.
set -eu
seconds=${1:-60}
root=$(cd "$(dirname "$0")/../.." && pwd)
build="$root/.build/fuzz"
corpus=${2:-$build/corpus}
mkdir -p "$build" "$corpus"

flags="-O -sanitize=fuzzer,address -parse-as-library -swift-version 6 -package-name mcp_meter
    -enable-upcoming-feature ExistentialAny -enable-upcoming-feature InternalImportsByDefault
    -enable-upcoming-feature MemberImportVisibility"
# gold, the default on Linux, prints a warning for each of the sanitizer's local symbols.
if [ "$(uname)" = Linux ]; then flags="$flags -use-ld=lld"; fi
module() {
    name=$1
    shift
    # shellcheck disable=SC2086 # the flags are words
    swiftc $flags -whole-module-optimization -module-name "$name" -I "$build" \
        -emit-module -emit-module-path "$build/$name.swiftmodule" \
        -c -o "$build/$name.o" "$@"
}
module Wire "$root"/Sources/Wire/*.swift
module NaiveWire "$root"/Tests/NaiveWire/*.swift
# shellcheck disable=SC2086
swiftc $flags -module-name WireFuzz -I "$build" "$build/Wire.o" "$build/NaiveWire.o" \
    "$root/Tests/Fuzz/WireFuzz.swift" -o "$build/wire-fuzz"

# The four bytes in front cut the frame or request into chunks; what follows it on the corpus's
# line makes the line malformed and its message no worse.
seeds="$root/Tests/WireTests/Fixtures/usage_corpus.jsonl"
line=0
while IFS= read -r json; do
    line=$((line + 1))
    for part in frame request; do
        printf '%s' "$json" | sed -n "s/.*\"$part\": \({.*\)/abcd\1/p" >"$corpus/seed-$line-$part"
    done
done <"$seeds"

dictionary="$build/wire.dict"
grep -oh 'Row("[^"]*"' "$root/Sources/Wire/Vocabulary.swift" | sed 's/Row(//' |
    sort -u >"$dictionary"
printf '%s\n' '"data: "' '"\\x5cn"' '"\\x5cu00"' '"\\x5cud83d"' '"\\x5c\\x22"' '"{\\x22"' \
    '"\\x22:{"' '"\\x22:["' >>"$dictionary"

log="$build/log"
status=0
SWIFT_BACKTRACE=enable=no "$build/wire-fuzz" -max_total_time="$seconds" -max_len=8192 -timeout=10 \
    -dict="$dictionary" -print_final_stats=1 -artifact_prefix="$build/" "$corpus" \
    >"$log" 2>&1 || status=$?
if [ "$status" -ne 0 ]; then
    grep -v "^#" "$log" | head -60
    echo "run.sh: the fuzzer stopped with status $status; the input is in $build" >&2
    exit 1
fi
sed -n -e 's/^stat::number_of_executed_units: */executions: /p' \
    -e 's/^stat::average_exec_per_sec: */per second: /p' "$log"
