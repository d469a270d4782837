#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// Reads a whole file, or anything else that ends.
///
/// - Parameter limit: more bytes than this are an error (`EFBIG`), so that a device or a mistake
///   does not fill the memory.
package func readWholeFile(_ path: String, atMost limit: Int) throws(SystemError) -> [UInt8] {
    let file = try Descriptor.open(path, O_RDONLY)
    var bytes: [UInt8] = []
    // Growing by itself it would take up to three times its size on the way.
    bytes.reserveCapacity(min(limit, Int(clamping: try FileStatus(of: file.raw).size)))
    var chunk = [UInt8](repeating: 0, count: 64 << 10)
    while true {
        var result: Result<Int, SystemError> = .success(0)
        chunk.withUnsafeMutableBytes { buffer in
            result = Result { () throws(SystemError) in try file.read(into: buffer) }
        }
        let count = try result.get()
        if count == 0 { return bytes }
        guard bytes.count + count <= limit else { throw SystemError(call: "read", code: EFBIG) }
        bytes += chunk[..<count]
    }
}

/// Writes a file anew, readable by this user alone if it was not there.
package func writeWholeFile(_ path: String, _ bytes: [UInt8]) throws(SystemError) {
    let file = try Descriptor.open(path, O_WRONLY | O_CREAT | O_TRUNC, mode: 0o600)
    try file.writeAll(bytes)
}

extension Descriptor {
    /// Writes every byte of an array.
    package func writeAll(_ bytes: [UInt8]) throws(SystemError) {
        var result: Result<Void, SystemError> = .success(())
        bytes.withUnsafeBytes { buffer in
            result = Result { () throws(SystemError) in try writeAll(buffer) }
        }
        try result.get()
    }
}
