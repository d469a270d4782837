import Posix

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// A directory that is asked at every call whether it has other names than before: one `fstat`,
/// and a reading only when it may have.
final class WatchedDirectory {
    let path: String
    private var file: Held?
    private var seen: Change?
    /// Whether a name that is added later is sure to change the time that was seen.
    private var isSettled = false

    /// A time of change is one of a clock that ticks every few milliseconds, or every two seconds
    /// where a file system keeps no fractions: within a tick, a second change shows no other time.
    private static let tickMicroseconds: Int64 = 20_000
    private static let coarseTickMicroseconds: Int64 = 2_100_000

    private struct Change: Equatable {
        var seconds: Int64
        var nanoseconds: Int64
    }

    private final class Held {
        let descriptor: Descriptor
        init(_ descriptor: consuming Descriptor) { self.descriptor = descriptor }
    }

    init(_ path: String) { self.path = path }

    /// The names in it, if they may be others than at the last asking; nil if they are the same.
    /// None for a directory that is not there.
    func changedNames() throws(SystemError) -> [String]? {
        var status: FileStatus?
        if let file { status = try file.descriptor.status() }
        if status.map({ $0.links == 0 }) ?? true {
            forget()
            do {
                let descriptor = try Descriptor.open(path, O_RDONLY | O_DIRECTORY)
                status = try descriptor.status()
                file = Held(descriptor)
            } catch  where error.code == ENOENT {
                return []
            }
        }
        guard let status else { return [] }
        let change = Change(seconds: status.modified, nanoseconds: status.modifiedNanoseconds)
        if change == seen, isSettled { return nil }
        // Before the names: one that is added after them must not look old.
        let now = WallClock.now()
        do {
            let names = try directoryEntries(path)
            seen = change
            let tick =
                change.nanoseconds == 0 ? Self.coarseTickMicroseconds : Self.tickMicroseconds
            let time = change.seconds &* 1_000_000 &+ change.nanoseconds / 1_000
            let (age, overflow) = now.subtractingReportingOverflow(time)
            isSettled = !overflow && age > tick
            return names
        } catch  where error.code == ENOENT {
            forget()
            return []
        }
    }

    /// Reads the names the next time, whatever the time of change.
    func forget() {
        file = nil
        seen = nil
        isSettled = false
    }
}
