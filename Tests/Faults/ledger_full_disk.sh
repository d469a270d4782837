#!/bin/sh
# A disk that is really full, and then has room again: what was acknowledged is there, the file is
# whole lines only, what was lost is counted, and appending resumes by itself.
# Needs root, for a file system of 64 KiB in a mount namespace of its own.
set -eu
if [ $# -eq 0 ]; then
    cd "$(dirname "$0")/../.."
    swift build --product ledger-probe >&2
    exec unshare -m -- "Tests/Faults/${0##*/}" "$(swift build --show-bin-path)/ledger-probe"
fi
probe=$1

disk=$(mktemp -d)
mount -t tmpfs -o size=64k tmpfs "$disk"
trap 'umount "$disk"; rmdir "$disk"' EXIT
fail() { echo "ledger_full_disk: $*" >&2; exit 1; }

head -c 16384 /dev/zero > "$disk/ballast"
mkfifo "$disk/commands" "$disk/answers"
"$probe" commands "$disk" < "$disk/commands" > "$disk/answers" &
exec 3> "$disk/commands" 4< "$disk/answers"

echo 100 >&3
read -r _ first _ lost why <&4
[ "$first" -gt 10 ] && [ "$first" -lt 100 ] || fail "$first of 100 lines on a disk for about 45"
[ "$lost" -eq $((100 - first)) ] || fail "$first written and $lost lost are not 100"
case $why in *space*) ;; *) fail "the reason was '$why'" ;; esac

segment=$(ls "$disk"/ledger/*/*.jsonl)
[ "$(tail -c 1 "$segment" | od -An -tx1 | tr -d ' ')" = 0a ] || fail "the file ends inside a line"
[ "$(wc -l < "$segment")" -eq "$first" ] || fail "$first acknowledged, another number in the file"

rm "$disk/ballast"
echo 10 >&3
read -r _ second _ lost_then _ <&4
[ "$second" -eq 10 ] && [ "$lost_then" -eq "$lost" ] || fail "no resumption: $second of 10"
exec 3>&- 4<&-
wait

said=$("$probe" read "$disk")
[ "$said" = "lines $((first + 10)) skipped 0 torn 0 alive 0 lost 0" ] || fail "$said"
echo "ledger_full_disk: $first lines fitted, $lost were counted lost, 10 more after there was room"
