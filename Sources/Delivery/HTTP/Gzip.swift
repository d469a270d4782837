import CPlatform
import Posix

/// Compresses with gzip, through the zlib of this machine.
///
/// A stream is a quarter of a megabyte and is used again for each text, so keep one. One thread at
/// a time.
package final class Gzip {
    /// The stream, ours until `deinit`.
    private let stream: OpaquePointer

    /// Level 1: three times as fast as the usual 6, for batches that become a tenth longer.
    package static let level: CInt = 1

    /// Nil when this machine has no zlib: what would be compressed is sent as it is.
    package convenience init?() { self.init(libraries: Self.libraries + CurlLibrary.names) }

    /// - Parameter libraries: the first that is zlib, or was linked with it, is taken.
    init?(libraries: [String], level: CInt = level) {
        guard let stream = withCStrings(libraries, { cplatform_gzip_create($0, level) }) else {
            return nil
        }
        self.stream = stream
    }

    deinit { cplatform_gzip_destroy(stream) }

    /// The bytes in gzip's format (RFC 1952); nil when there is no memory, or 4 GiB of them.
    package func compress(_ bytes: [UInt8]) -> [UInt8]? {
        let bound = cplatform_gzip_bound(stream, bytes.count)
        let output = [UInt8](unsafeUninitializedCapacity: bound) { buffer, count in
            count = bytes.withUnsafeBytes {
                cplatform_gzip_compress(
                    stream, $0.baseAddress, $0.count, buffer.baseAddress, buffer.count)
            }
        }
        return output.isEmpty ? nil : output
    }

    /// For a single text. Nil also where this machine has no zlib.
    package static func compress(_ bytes: [UInt8]) -> [UInt8]? { Gzip()?.compress(bytes) }

    #if canImport(Darwin)
        private static let libraries = ["/usr/lib/libz.1.dylib", "libz.dylib"]
    #else
        private static let libraries = ["libz.so.1", "libz.so"]
    #endif
}
