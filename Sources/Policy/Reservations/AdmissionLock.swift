import Posix

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// Has relays that read files decide one after the other: together they would keep each other from
/// moving the epoch.
///
/// It is waited for, but not for long: its holder may have been stopped. Without it a decision is
/// made all the same, and the epoch tells whether somebody was faster. Only where there is no epoch
/// two relays may each not see the other's newest call: at most one call a relay is let through too
/// many, as each lets through one at a time.
struct AdmissionLock: ~Copyable {
    private static let patienceNanoseconds: UInt64 = 50_000_000
    /// After waiting in vain nobody waits again for this long.
    private static let stuckNanoseconds: UInt64 = 1_000_000_000
    /// So many times another thread is let run before this one sleeps.
    private static let yields = 64
    private static let pauseNanoseconds: UInt64 = 100_000

    private let file: Descriptor
    private let identity: FileIdentity
    private var stuckUntil: UInt64 = 0

    /// - Parameter path: of the file that is locked; made if it is missing.
    init(_ path: String) throws(SystemError) {
        let opened = try Descriptor.open(
            path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK, mode: 0o600)
        identity = try opened.status().identity
        file = opened
    }

    /// Whether this is still the file of that name, and others lock the same one.
    func isCurrent(_ path: String) -> Bool {
        (try? FileStatus(path: path))?.identity == identity
    }

    /// Takes the lock; false after waiting in vain.
    mutating func take() -> Bool {
        if (try? file.tryLock(.exclusive)) == true { return true }
        let start = MonotonicClock.now()
        if start < stuckUntil { return false }
        var attempts = 0
        while MonotonicClock.now() &- start < Self.patienceNanoseconds {
            attempts += 1
            if attempts < Self.yields {
                sched_yield()
            } else {
                MonotonicClock.sleep(nanoseconds: Self.pauseNanoseconds)
            }
            do {
                if try file.tryLock(.exclusive) { return true }
            } catch {
                // A file system without locks.
                break
            }
        }
        stuckUntil = MonotonicClock.now() &+ Self.stuckNanoseconds
        return false
    }

    func giveBack() { file.unlock() }
}
