#!/usr/bin/env bash
# debian.sh [DIRECTORY]
#
# Builds the release and packs it for Debian and what derives from it: mcp-meter_VERSION_ARCHITECTURE.deb
# and SHA256SUMS in DIRECTORY (.build/packages). DEBFULLNAME and DEBEMAIL name the maintainer, as for
# Debian's own tools; else it is the commit's author.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
needs swift strip readelf gzip dpkg dpkg-deb md5sum
directory=$(output "${1:-}")

build
architecture=$(dpkg --print-architecture)
tree=$scratch/tree
doc=$tree/usr/share/doc/mcp-meter
stage "$tree/usr" vendor-completions

if [ -z "$DEBFULLNAME" ] || [ -z "$DEBEMAIL" ]; then
    fail 'set DEBFULLNAME and DEBEMAIL: no commit here tells a maintainer'
fi
maintainer="$DEBFULLNAME <$DEBEMAIL>"

# What Debian keeps elsewhere, or compressed, or under another name.
put 644 "$root/examples/systemd/mcp-meter.service" "$tree/usr/lib/systemd/user/mcp-meter.service"
gzip -9n "$tree/usr/share/man/man1/mcp-meter.1"
gzip -9n "$doc/README.md"
{
    cat <<'END'
Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: mcp-meter
Comment:
 The program holds the parts it needs of Swift's runtime library (Apache-2.0 with the Runtime Library
 Exception) and of GCC's libstdc++ and libgcc (GPL-3+ with the GCC Runtime Library Exception).

Files: *
END
    sed -n 's/^Copyright (c) /Copyright: /p' "$root/LICENSE"
    echo 'License: Expat'
    sed -n '/^Permission/,$s/^/ /p' "$root/LICENSE" | sed 's/^ $/ ./'
} >"$doc/copyright"
gzip -9nc >"$doc/changelog.gz" <<END
mcp-meter ($version) unstable; urgency=medium

  * Made from ${MCP_METER_COMMIT:+commit $MCP_METER_COMMIT of }mcp-meter $version.

 -- $maintainer  $(at '+%a, %d %b %Y %H:%M:%S +0000')
END

# libc is all that may be needed to start; the rest is loaded by what uses it, and only then.
dynamic=$(readelf -dW "$binary" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p')
others=$(grep -vE '^(libc|libm|libpthread|libdl|librt|ld-linux[-a-z0-9_]*)\.so\.[0-9]+$' <<<"$dynamic" || true)
[ -z "$others" ] || fail "$binary needs more than libc: $others"
libc=$(readelf -VW "$binary" | grep -o 'GLIBC_[0-9.]*' | sort -uV | tail -1)

mkdir "$tree/DEBIAN"
(cd "$tree" && find usr -type f | sort | xargs -d '\n' md5sum) >"$tree/DEBIAN/md5sums"
# In KiB, each file rounded up and each directory one, so that no file system has a say in it.
size=$(find "$tree/usr" -printf '%y %s\n' | awk '{size += $1 == "f" ? int(($2 + 1023) / 1024) : 1} END {print size}')
cat >"$tree/DEBIAN/control" <<END
Package: mcp-meter
Version: $version
Architecture: $architecture
Maintainer: $maintainer
Installed-Size: $size
Depends: libc6 (>= ${libc#GLIBC_})
Recommends: ca-certificates, libcurl4 | libcurl3-gnutls, tzdata, zlib1g
Section: devel
Priority: optional
Description: meter usage and cost of the models behind MCP servers
 A transparent proxy between a client of the Model Context Protocol (Claude
 Code, Cursor, Gemini CLI and others) and an MCP server. It relays every byte
 as it is and writes one line for each call: how long it took, which model
 answered, how many tokens that was, and what it cost. The same program
 reports on that, shows it to Prometheus and to a browser, and delivers it to
 OpenTelemetry collectors and others; delivery takes libcurl.
END

stamp "$tree"
package=$directory/mcp-meter_${version}_$architecture.deb
# Compressed by one thread: by how many it is done shows in the result.
DPKG_DEB_THREADS_MAX=1 dpkg-deb --root-owner-group -Zxz --build "$tree" "$package" >&2
sums "$directory"
echo "$package"
