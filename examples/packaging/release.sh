#!/usr/bin/env bash
# release.sh [DIRECTORY]
#
# Builds the release and packs it: mcp-meter-VERSION-OS-ARCHITECTURE.tar.gz and SHA256SUMS in
# DIRECTORY (.build/packages). It unpacks into ~/.local or /usr/local as it is:
#     tar -xzf mcp-meter-….tar.gz -C ~/.local --strip-components=1
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
needs swift strip tar gzip
directory=$(output "${1:-}")

build
system=$(uname -s | tr '[:upper:]' '[:lower:]' | sed 's/^darwin$/macos/')
name=mcp-meter-$version-$system-$(uname -m)
stage "$scratch/$name" site-functions
put 644 "$root/LICENSE" "$scratch/$name/share/doc/mcp-meter/LICENSE"
pack "$scratch/$name" "$directory/$name.tar.gz"
sums "$directory"
echo "$directory/$name.tar.gz"
