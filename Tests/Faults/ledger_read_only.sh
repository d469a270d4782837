#!/bin/sh
# A state directory on a file system that is read-only, then not: a clear reason, nothing worse.
# Needs root, for a mount namespace of its own.
set -eu
if [ $# -eq 0 ]; then
    cd "$(dirname "$0")/../.."
    swift build --product ledger-probe >&2
    exec unshare -m -- "Tests/Faults/${0##*/}" "$(swift build --show-bin-path)/ledger-probe"
fi
probe=$1

disk=$(mktemp -d)
pipes=$(mktemp -d)
mount -t tmpfs -o ro tmpfs "$disk"
trap 'umount "$disk"; rmdir "$disk"; rm -r "$pipes"' EXIT
fail() { echo "ledger_read_only: $*" >&2; exit 1; }

mkfifo "$pipes/commands" "$pipes/answers"
"$probe" commands "$disk/state" < "$pipes/commands" > "$pipes/answers" &
exec 3> "$pipes/commands" 4< "$pipes/answers"

echo 3 >&3
read -r answer <&4
[ "$answer" = "acknowledged 0 lost 3 Read-only file system" ] || fail "$answer"
mount -o remount,rw "$disk"
echo 3 >&3
read -r answer <&4
case $answer in "acknowledged 3 lost 3"*) ;; *) fail "$answer" ;; esac
exec 3>&- 4<&-
wait
[ "$("$probe" read "$disk/state")" = "lines 3 skipped 0 torn 0 alive 0 lost 0" ] || fail "not read"
echo "ledger_read_only: 3 lines refused with the reason, 3 written once the disk was writable"
