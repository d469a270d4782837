#!/usr/bin/env bash
# reproducible.sh [DIRECTORY]
#
# Builds and packs this tree twice, the second time from a copy in another directory whose files are of
# another time. The program, with its symbols, and each package must be the same, byte for byte; where they
# are not, diffoscope says in what, if it is there. The first packages are left in DIRECTORY (.build/packages).
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
needs swift tar cmp
directory=$(output "${1:-}")

packers=(release.sh)
if command -v dpkg-deb >/dev/null; then packers+=(debian.sh); fi

copy="$scratch/a copy of it"
mkdir "$copy"
(cd "$root" && tar -cf - --exclude='./.build*' --exclude=./.git .) | tar -xf - -C "$copy"
find "$copy" -exec touch -h -t 200102030405.06 {} +

same=0 differing=0
# compare FIRST SECOND
compare() {
    if cmp "$1" "$2"; then
        echo "the same: ${1##*/}, $(sha256 "$1" | cut -c 1-64)"
        same=$((same + 1))
    else
        if command -v diffoscope >/dev/null; then diffoscope "$1" "$2" || true; fi
        differing=$((differing + 1))
    fi
}
for packer in "${packers[@]}"; do
    first=$("$root/examples/packaging/$packer" "$directory")
    second=$("$copy/examples/packaging/$packer" "$scratch/second")
    compare "$first" "$second"
done
compare "$root/.build/release/mcp-meter" "$copy/.build/release/mcp-meter"
[ "$differing" -eq 0 ] || fail "$differing of $((same + differing)) differ"
