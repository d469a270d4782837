package import Posix

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

extension Disk {
    /// Replaces a small file, or creates it (0600, in directories of 0700): whoever reads it meets
    /// the old bytes or the new ones, whenever this process dies. When it returns, the new ones
    /// have survived a power cut.
    package func replaceFile(_ path: String, with bytes: [UInt8]) throws(SystemError) {
        guard let directory = parentDirectory(of: path) else {
            throw SystemError(call: "rename", code: EINVAL)
        }
        let name =
            temporaryPrefix + "\(getpid())-" + padded(.random(in: .min ... .max), 16, radix: 16)
        let temporary = "\(directory)/\(name)"
        do {
            try writeNewFile(bytes, name, directory)
            try rename(temporary, to: path)
        } catch {
            try? remove(temporary)
            throw error
        }
        try synchronizeDirectory(directory)
    }

    private func writeNewFile(
        _ bytes: [UInt8], _ name: String, _ directory: String
    ) throws(SystemError) {
        try createDirectories(directory)
        let file = try createFile(name, in: directory)
        var written = 0
        while written < bytes.count {
            // `withUnsafeBytes` has no typed throw.
            let result = bytes.withUnsafeBytes { all -> Result<Int, SystemError> in
                do throws(SystemError) {
                    let rest = UnsafeRawBufferPointer(rebasing: all[written...])
                    return .success(try write(rest, to: file))
                } catch {
                    return .failure(error)
                }
            }
            let count = try result.get()
            guard count > 0 else { throw SystemError(call: "write", code: EIO) }
            written += count
        }
        try synchronize(file)
    }
}

private let temporaryPrefix = ".new-"

/// Whether `replaceFile` gave a file this name, before it had its own.
func isTemporaryFile(_ name: String) -> Bool { name.hasPrefix(temporaryPrefix) }
