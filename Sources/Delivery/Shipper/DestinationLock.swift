package import Posix

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// The right to deliver to a destination, as long as the value lives. The kernel takes it back
/// however its holder ends.
package struct DestinationLock: ~Copyable {
    private let file: Descriptor

    private init(_ file: consuming Descriptor) { self.file = file }

    /// Takes the lock; nil when somebody else has it.
    ///
    /// - Parameter files: those of the destination. What is missing is made.
    package static func take(_ files: DeliveryFiles) throws(SystemError) -> DestinationLock? {
        try makeDirectories(files.folder, mode: 0o700)
        // Whoever only looks holds it shared for an instant, which must not look like a holder.
        for attempt in 0..<lookers {
            if attempt > 0 { MonotonicClock.sleep(nanoseconds: 5_000_000) }
            let file = try Descriptor.open(
                files.lock, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK, mode: 0o600)
            guard try file.tryLock(.exclusive) else { continue }
            // Removed since it was opened: others would lock the new file of that name.
            guard try file.status().links > 0 else { continue }
            let lock = DestinationLock(file)
            lock.sign()
            return lock
        }
        return nil
    }

    /// So many times in a row nobody just looks.
    private static let lookers = 5

    /// For whoever asks who has it; only the lock itself counts.
    private borrowing func sign() {
        try? file.truncate(to: 0)
        try? file.writeAll(Array("\(getpid())\n".utf8))
    }
}

/// Who delivers to a destination.
package enum LockHolder: Equatable, Sendable {
    case nobody
    /// The process id, if the holder could write it down.
    case process(Int32?)

    /// Looks, without keeping anybody from taking the lock for longer than an instant.
    package static func of(_ files: DeliveryFiles) throws(SystemError) -> LockHolder {
        let file: Descriptor
        do {
            file = try Descriptor.open(files.lock, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
        } catch  where error.code == ENOENT {
            return .nobody
        }
        if try file.tryLock(.shared) {
            file.unlock()
            return .nobody
        }
        let text = (try? readWholeFile(files.lock, atMost: 64)) ?? []
        let digits = String(decoding: text.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
        return .process(Int32(digits))
    }
}
