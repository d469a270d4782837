#!/bin/sh
# Fuzzes one of the parsers of what others send, with the address sanitizer.
#
#   Tests/Fuzz/run.sh scanner|requests|frames [SECONDS [CORPUS_DIR]]
#
# scanner: any cut of the bytes, and the naive twin, give the same observations of JSON-RPC.
# requests: any cut of the bytes gives the same HTTP requests, within their limits.
# frames: a model that is put into a call changes nothing else of it.
#
# Seeds CORPUS_DIR (default .build/fuzz/TARGET-corpus) and leaves what it finds there. Fails if
# anything crashed; the input that did is in .build/fuzz.
set -eu
target=${1:?"usage: run.sh scanner|requests|frames [SECONDS [CORPUS_DIR]]"}
seconds=${2:-60}
root=$(cd "$(dirname "$0")/../.." && pwd)
build="$root/.build/fuzz"
corpus=${3:-$build/$target-corpus}
dictionary="$build/$target.dict"
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
program() {
    name=$1
    shift
    # shellcheck disable=SC2086
    swiftc $flags -module-name "$name" -I "$build" "$@" "$root/Tests/Fuzz/$name.swift" \
        -o "$build/$target-fuzz"
}

scanner() {
    longest=8192
    module Wire "$root"/Sources/Wire/*.swift
    module NaiveWire "$root"/Tests/NaiveWire/*.swift
    program WireFuzz "$build/Wire.o" "$build/NaiveWire.o"
    # The four bytes in front cut the frame or request into chunks; what follows it on the corpus's
    # line makes the line malformed and its message no worse.
    line=0
    while IFS= read -r json; do
        line=$((line + 1))
        for part in frame request; do
            printf '%s' "$json" | sed -n "s/.*\"$part\": \({.*\)/abcd\1/p" \
                >"$corpus/seed-$line-$part"
        done
    done <"$root/Tests/WireTests/Fixtures/usage_corpus.jsonl"
    grep -oh 'Row("[^"]*"' "$root/Sources/Wire/Vocabulary.swift" | sed 's/Row(//' |
        sort -u >"$dictionary"
    printf '%s\n' '"data: "' '"\\x5cn"' '"\\x5cu00"' '"\\x5cud83d"' '"\\x5c\\x22"' '"{\\x22"' \
        '"\\x22:{"' '"\\x22:["' >>"$dictionary"
}

requests() {
    # Longer than a head may be.
    longest=40000
    http="$root/Sources/Exporter/HTTP"
    module Requests "$http/Request.swift" "$http/RequestHead.swift" "$http/RequestParser.swift"
    program RequestFuzz "$build/Requests.o"
    seed() { printf "$2" >"$corpus/seed-$1"; }
    # shellcheck disable=SC2059 # the texts are formats
    {
        seed get 'abcdGET /metrics?x=1 HTTP/1.1\r\nHost: localhost:9091\r\nAccept: */*\r\n\r\n'
        seed two '\1\2\3\4GET / HTTP/1.1\r\nHost: a\r\n\r\nHEAD /%%41 HTTP/1.0\r\n\r\n\r\n'
        seed post 'abcdPOST /usage HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n{}\r\nGET '
        seed chunks '\0\0\5\6POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\nA\r\n0123456789\r\n0\r\nT: v\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n'
        seed waits 'abcdPUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nConnection: close\r\nContent-Length: 1048577\r\n\r\n'
        seed long "abcdGET / HTTP/1.1\\r\\nHost: a\\r\\nX: $(head -c 16500 /dev/zero | tr '\0' x)\\r\\n\\r\\n"
    }
    printf '%s\n' '"\\x0d\\x0a"' '"\\x0d\\x0a\\x0d\\x0a"' '"GET / HTTP/1.1\\x0d\\x0a"' \
        '"Host: a\\x0d\\x0a"' '"Content-Length: "' '"Transfer-Encoding: chunked\\x0d\\x0a"' \
        '"Connection: close\\x0d\\x0a"' '"Expect: 100-continue\\x0d\\x0a"' '"HTTP/1.0"' \
        '"0\\x0d\\x0a\\x0d\\x0a"' '"%2f"' '"ffffffff"' '": "' '" "' >"$dictionary"
}

frames() {
    longest=4096
    routing="$root/Sources/Policy/Routing"
    module Wire "$root"/Sources/Wire/*.swift
    # shellcheck disable=SC2046 # no path of the sources has a space in it
    module Records $(find "$root/Sources/Records" -name '*.swift')
    # shellcheck disable=SC2046
    module Metering $(find "$root/Sources/Metering" -name '*.swift')
    module Policy "$routing"/Content*.swift "$routing"/FrameEdit.swift "$routing"/FramePlaces.swift
    program FrameFuzz "$build/Wire.o" "$build/Records.o" "$build/Metering.o" "$build/Policy.o"
    seed() { printf '%s\n' "{\"jsonrpc\":\"2.0\",\"method\":\"tools/call\",\"id\":1,\"params\":$2}" >"$corpus/seed-$1"; }
    seed model '{"name":"ask","arguments":{"prompt":"Why?\n```c\nint x = 1;\n```","model":"old"}}'
    seed none '{"name" : "ask", "arguments" : { "files" : ["a.c"] , "prompt":"\u0061\ud83d\ude00" } }'
    seed empty '{"arguments":{}}'
    seed null '{"arguments":{"model":null,"request":{"model":"x"}}}'
    seed absent '{"name":"ask"}'
    seed math '{"arguments":{"a":["$$\\int x^2 \\frac{1}{2}$$","x^2 + 3x = 0","证明 ∀ε>0"]}}'
    printf '%s\n' '"\\x22method\\x22:\\x22tools/call\\x22"' '"\\x22params\\x22:"' \
        '"\\x22arguments\\x22:"' '"\\x22model\\x22:"' '"\\x22request\\x22:"' '"null"' '"\\x5cu006d"' \
        '"\\x5cn"' '"```"' '"\\xe8\\xaf\\x81"' '"\\xf0\\x9d\\x91\\xa5"' '"{}"' '"[]"' '","' >"$dictionary"
}

case $target in
    scanner | requests | frames) "$target" ;;
    *)
        echo "run.sh: there is no target $target: scanner, requests or frames" >&2
        exit 64
        ;;
esac

log="$build/$target.log"
status=0
SWIFT_BACKTRACE=enable=no "$build/$target-fuzz" -max_total_time="$seconds" -max_len="$longest" \
    -timeout=10 -dict="$dictionary" -print_final_stats=1 -artifact_prefix="$build/" "$corpus" \
    >"$log" 2>&1 || status=$?
if [ "$status" -ne 0 ]; then
    grep -v "^#" "$log" | head -60
    echo "run.sh: the fuzzer stopped with status $status; the input is in $build" >&2
    exit 1
fi
sed -n -e 's/^stat::number_of_executed_units: */executions: /p' \
    -e 's/^stat::average_exec_per_sec: */per second: /p' "$log"
