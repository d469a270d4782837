import Posix
import Records

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// Appends the bodies of messages to a file: the receiver of those who have none.
///
/// A body is there as a whole, and on the disk, before it is acknowledged; what could be written
/// only in part is taken out again. Several processes may append to the same file. Its URLs are
/// `file:///absolute/path` (RFC 8089).
package struct FileTransport: Transport {
    package static let scheme = "file://"

    package init() {}

    /// Whether a message is one for this transport.
    package static func handles(_ url: String) -> Bool { url.hasPrefix(scheme) }

    /// The URL of a file by its absolute path.
    package static func url(of path: String) -> String {
        var url = scheme
        for byte in path.utf8 {
            let isPlain =
                0x30...0x39 ~= byte || 0x41...0x5A ~= byte || 0x61...0x7A ~= byte
                || [0x2D, 0x2E, 0x2F, 0x5F, 0x7E].contains(byte)
            if isPlain {
                url.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                let digits = String(byte, radix: 16, uppercase: true)
                url += (byte < 16 ? "%0" : "%") + digits
            }
        }
        return url
    }

    package mutating func send(
        _ request: HTTPRequest
    ) -> Result<HTTPResponse, TransportError> {
        let name = request.url.utf8.dropFirst(Self.scheme.utf8.count)
        let path = String(decoding: PercentEncoding.decoded(name), as: UTF8.self)
        do throws(SystemError) {
            try append(request.body, to: path)
            return .success(HTTPResponse(status: 200))
        } catch {
            let reason = "\(path): \(error)"
            switch error.code {
            // These pass when room is made, or by themselves.
            case ENOSPC, EDQUOT, EIO, EMFILE, ENFILE, EAGAIN, EINTR, ENOLCK, ESTALE:
                return .failure(.failed(reason))
            default: return .failure(.untrusted(reason))
            }
        }
    }

    private func append(_ body: [UInt8], to path: String) throws(SystemError) {
        let file = try Descriptor.open(path, O_RDWR | O_CREAT | O_APPEND)
        guard try file.tryLock(.exclusive) else { throw SystemError(call: "flock", code: EAGAIN) }
        let size = try file.status().size
        // A power cut may have torn the last line: what follows begins on one of its own.
        let bytes = try isLineOpen(file, size) ? [UInt8(ascii: "\n")] + body : body
        do throws(SystemError) {
            try file.writeAll(bytes)
            try file.synchronize()
            // The name of a new file has to last, too.
            if size == 0, let directory = parentDirectory(of: path) {
                try Descriptor.open(directory, O_RDONLY | O_DIRECTORY).synchronize()
            }
        } catch {
            try? file.truncate(to: size)
            throw error
        }
    }

    private func isLineOpen(
        _ file: borrowing Descriptor, _ size: UInt64
    ) throws(SystemError) -> Bool {
        guard size > 0 else { return false }
        var last: [UInt8] = [UInt8(ascii: "\n")]
        var result: Result<Int, SystemError> = .success(0)
        last.withUnsafeMutableBytes { buffer in
            result = Result { () throws(SystemError) in
                try file.read(into: buffer, at: size - 1)
            }
        }
        // A device or a pipe has no size, and no place to read at.
        return try result.get() == 1 && last.first != UInt8(ascii: "\n")
    }
}
