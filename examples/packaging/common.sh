# shellcheck shell=bash
# What the scripts beside this file share: one commit's time and name, one build, one tree of files.
# The same commit gives the same bytes, whoever packs it, where and when.
set -euo pipefail
umask 022
export LC_ALL=C TZ=UTC COPYFILE_DISABLE=1

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

fail() {
    echo "${0##*/}: $*" >&2
    exit 1
}

needs() {
    local tool
    for tool; do command -v "$tool" >/dev/null || fail "needs $tool, which is not on PATH"; done
}

# Whether this tree is a checkout, and not an unpacked archive that lies in somebody else's.
checked_out() { [ "$(git -C "$root" rev-parse --show-toplevel 2>/dev/null)" = "$root" ]; }

# The time that everything bears: the commit's. `git archive` gives it to each file.
if [ -z "${SOURCE_DATE_EPOCH:-}" ]; then
    if checked_out; then
        SOURCE_DATE_EPOCH=$(git -C "$root" log -1 --format=%ct)
    else
        SOURCE_DATE_EPOCH=$(date -r "$root/LICENSE" +%s)
    fi
fi
export SOURCE_DATE_EPOCH

# The commit that `mcp-meter --version` names. Of a fixed length: git's own choice grows with the clone.
if [ -z "${MCP_METER_COMMIT+set}" ] && checked_out; then
    MCP_METER_COMMIT=$(git -C "$root" rev-parse --short=12 HEAD)
    [ -z "$(git -C "$root" status --porcelain)" ] || MCP_METER_COMMIT+=-modified
fi
export MCP_METER_COMMIT=${MCP_METER_COMMIT:-}

# Who answers for a Debian package, by the variables that Debian's tools read: else the commit's author.
if checked_out; then
    DEBFULLNAME=${DEBFULLNAME:-$(git -C "$root" log -1 --format=%an)}
    DEBEMAIL=${DEBEMAIL:-$(git -C "$root" log -1 --format=%ae)}
fi
export DEBFULLNAME=${DEBFULLNAME:-} DEBEMAIL=${DEBEMAIL:-}

version=$(sed -n 's/.*static let text = "\(.*\)"/\1/p' "$root/Sources/Records/Version.swift")
[ -n "$version" ] || fail "no version in $root/Sources/Records/Version.swift"

# at FORMAT: the commit's time, by GNU's date or by BSD's.
at() { date -u -d "@$SOURCE_DATE_EPOCH" "$1" 2>/dev/null || date -u -r "$SOURCE_DATE_EPOCH" "$1"; }

# output [DIRECTORY]: where the packages go, made and absolute.
output() {
    mkdir -p "${1:-$root/.build/packages}"
    (cd "${1:-$root/.build/packages}" && pwd -P)
}

# Builds mcp-meter as it is released; does next to nothing where that was done.
build() {
    (
        cd "$root" || exit
        if [ "$(uname -s)" = Linux ]; then
            swift build -c release --static-swift-stdlib --disable-local-rpath --product mcp-meter
        else
            swift build -c release --product mcp-meter
        fi
    ) >&2 || fail "swift build failed"
    binary=$root/.build/release/mcp-meter
}

# put MODE SOURCE TARGET: a copy that depends on the source's content alone.
put() {
    mkdir -p "$(dirname "$3")"
    cp "$2" "$3"
    chmod "$1" "$3"
}

# stage PREFIX ZSH: all that is installed, under PREFIX; zsh looks for completions in share/zsh/ZSH.
# Without symbols the program is two fifths as long, and keeps its build id: whoever needs them
# builds the same commit again.
stage() {
    local prefix=$1 share=$1/share file
    mkdir -p "$prefix/bin" "$share/man/man1" "$share/bash-completion/completions" "$share/zsh/$2" \
        "$share/fish/vendor_completions.d" "$share/mcp-meter/wrappers"
    strip -o "$prefix/bin/mcp-meter" "$binary"
    if [ "$(uname -s)" = Darwin ]; then codesign --force --sign - "$prefix/bin/mcp-meter"; fi
    chmod 755 "$prefix/bin/mcp-meter"
    "$binary" man >"$share/man/man1/mcp-meter.1"
    "$binary" completions bash >"$share/bash-completion/completions/mcp-meter"
    "$binary" completions zsh >"$share/zsh/$2/_mcp-meter"
    "$binary" completions fish >"$share/fish/vendor_completions.d/mcp-meter.fish"
    for file in gemini-mcp grok-mcp mcp-meter-wrap; do
        put 755 "$root/wrappers/$file" "$share/mcp-meter/wrappers/$file"
    done
    # Where the wrappers look first: a client's PATH need not hold mcp-meter.
    ln -s ../../../bin/mcp-meter "$share/mcp-meter/wrappers/mcp-meter"
    put 644 "$root/README.md" "$share/doc/mcp-meter/README.md"
    while IFS= read -r file; do
        put 644 "$root/$file" "$share/doc/mcp-meter/$file"
    done < <(cd "$root" && find examples -path examples/packaging -prune -o -type f ! -name .DS_Store -print)
}

# stamp DIRECTORY: the commit's time for everything in it.
stamp() { find "$1" -exec touch -h -t "$(at +%Y%m%d%H%M.%S)" {} +; }

# pack DIRECTORY ARCHIVE: a tar.gz of it in which nothing is left to chance, by GNU's tar or by BSD's.
pack() {
    local owner=(--owner=0 --group=0)
    if ! tar --version | grep -q GNU; then owner=(--uid 0 --gid 0); fi
    stamp "$1"
    (cd "$(dirname "$1")" && find "$(basename "$1")" | sort |
        tar -cf - --format=ustar --numeric-owner "${owner[@]}" --no-recursion -T -) | gzip -9n >"$2"
}

sha256() {
    if command -v sha256sum >/dev/null; then sha256sum "$@"; else shasum -a 256 "$@"; fi
}

# sums DIRECTORY: SHA256SUMS of the packages in it.
sums() { (cd "$1" && find . -name 'mcp-meter[-_]*' -type f | sed 's|^\./||' | sort | while IFS= read -r file; do
    sha256 "$file"
done >SHA256SUMS); }
