import Ledger
import Posix
import Records

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// The status file of one destination: written at every change of state, and about once a second
/// while only figures change. A disk that refuses it holds up nothing.
struct StatusFile {
    private let path: String
    private let folder: String
    private(set) var status: DeliveryStatus
    private var writtenAt: UInt64?
    private var isStale = true

    private static let milliseconds: UInt64 = 1_000
    /// A status file larger than this is none.
    private static let bytesMax = 1 << 20

    /// Goes on with the figures of the shipper before.
    init(_ files: DeliveryFiles, _ destination: Destination, since: Timestamp) {
        path = files.status
        folder = files.folder
        status = DeliveryStatus(pid: getpid(), destination: destination, since: since)
        guard let before = Self.read(files) else { return }
        status.delivered = before.delivered
        status.dead = before.dead
        status.unreadable = before.unreadable
        status.lastSuccess = before.lastSuccess
        status.lastError = before.lastError
        status.lastErrorAt = before.lastErrorAt
    }

    static func read(_ files: DeliveryFiles) -> DeliveryStatus? {
        (try? readWholeFile(files.status, atMost: bytesMax)).flatMap { DeliveryStatus($0) }
    }

    /// - Parameters:
    ///   - now: monotonic milliseconds.
    ///   - wall: the same moment of the day.
    mutating func update(
        at now: UInt64, _ wall: Timestamp, _ change: (inout DeliveryStatus) -> Void
    ) {
        let before = status
        change(&status)
        if status.state != before.state { status.since = wall }
        if status.lastError != before.lastError { status.lastErrorAt = wall }
        if status != before { isStale = true }
        let isChange = status.state != before.state || status.nextTry != before.nextTry
        let isDue = writtenAt.map { now >= $0 &+ Self.milliseconds } ?? true
        if isStale, isChange || isDue { write(at: now) }
    }

    /// Writes what was held back.
    mutating func flush(at now: UInt64) { if isStale { write(at: now) } }

    private mutating func write(at now: UInt64) {
        writtenAt = now
        isStale = false
        let temporary = "\(folder)/.new-status-\(getpid())-\(UInt32.random(in: .min ... .max))"
        do throws(SystemError) {
            try writeWholeFile(temporary, status.bytes)
            try renameFile(temporary, to: path)
        } catch {
            try? removeFile(temporary)
        }
    }
}
