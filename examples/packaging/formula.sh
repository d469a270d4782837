#!/usr/bin/env bash
# formula.sh URL [DIRECTORY]
#
# Packs the source of the checked-out commit, mcp-meter-VERSION.tar.gz, and writes mcp-meter.rb, a
# Homebrew formula that builds it from URL/mcp-meter-VERSION.tar.gz, where you then put it. Both are
# in DIRECTORY (.build/packages), the archive in its SHA256SUMS too. HOMEPAGE is the formula's home page (URL).
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
needs git gzip sed
[ $# -ge 1 ] || fail 'usage: formula.sh URL [DIRECTORY]'
url=${1%/}
# Also what would end a string in Ruby, or mean something to sed.
if [[ ! $url =~ ^(https?|file)://[A-Za-z0-9._~:/@%+-]+$ ]]; then fail "$1 is no URL of a directory"; fi
homepage=${HOMEPAGE:-$url}
if [[ ! $homepage =~ ^https?://[A-Za-z0-9._~:/@%+-]+$ ]]; then
    fail "set HOMEPAGE to a page's address: $homepage is none"
fi
checked_out || fail "$root is no git checkout"
case $MCP_METER_COMMIT in *-modified) fail 'commit first: the archive would be of another source' ;; esac
directory=$(output "${2:-}")

name=mcp-meter-$version
git -C "$root" archive --format=tar --prefix="$name/" HEAD | gzip -9n >"$directory/$name.tar.gz"
sum=$(sha256 "$directory/$name.tar.gz")
sed -e '1,/^class/{/^#/d;}' \
    -e "s|^  homepage \".*\"|  homepage \"$homepage\"|" \
    -e "s|^  url \".*\"|  url \"$url/$name.tar.gz\"|" \
    -e "s|^  sha256 \".*\"|  sha256 \"${sum%% *}\"|" \
    -e "s|\"unreleased\"|\"$MCP_METER_COMMIT\"|" \
    "$root/examples/packaging/mcp-meter.rb" >"$directory/mcp-meter.rb"
sums "$directory"
echo "$directory/mcp-meter.rb"
