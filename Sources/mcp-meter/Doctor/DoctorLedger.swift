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

/// Checks of the ledger: whether it can be written to, and what is in it.
extension DoctorReport {
    /// Less room than this is said; less than the second is not enough to go on.
    private static let lowBytes: UInt64 = 256 << 20
    private static let leastBytes: UInt64 = 16 << 20

    mutating func checkLedger(_ directory: LedgerDirectory, now: Timestamp) {
        let area = "ledger"
        let place = existing(directory.ledger)
        let isThere = place == directory.ledger
        checkWritable(place, isThere: isThere, directory)
        checkRoom(place)
        guard isThere else { return }
        checkPrivacy(directory)
        do throws(LedgerError) {
            try checkContent(LedgerReader(directory), now: now)
        } catch {
            fail(area, "content", "\(error)", remedy: "mend the permissions or the disk")
        }
    }

    /// The path, or the nearest directory above it that is there.
    private func existing(_ path: String) -> String {
        var path = path
        while access(path, F_OK) != 0 {
            guard let parent = parentDirectory(of: path) else { return "/" }
            path = parent
        }
        return path
    }

    private mutating func checkWritable(
        _ place: String, isThere: Bool, _ directory: LedgerDirectory
    ) {
        // What is asked of the kernel is what a writer does: the first thing it makes is a
        // directory of the day. Readers pass over any other name.
        let trial = "\(place)/.mcp-meter-doctor-\(getpid())"
        do throws(SystemError) {
            try makeDirectory(trial, mode: 0o700)
            try removeDirectory(trial)
            if isThere {
                ok("ledger", "directory", place)
            } else {
                ok("ledger", "directory", "\(directory.ledger), made at the first call")
            }
        } catch {
            fail(
                "ledger", "directory", "\(place) cannot be written to: \(error)",
                remedy:
                    "make it writable for you, or set MCP_METER_STATE_DIR to a directory that is"
            )
        }
    }

    private mutating func checkRoom(_ place: String) {
        var raw = statvfs()
        guard statvfs(place, &raw) == 0 else { return }
        let (free, overflow) = UInt64(raw.f_bavail).multipliedReportingOverflow(
            by: UInt64(raw.f_frsize))
        let text = overflow ? "plenty" : "\(Self.bytes(free)) free"
        if overflow || free >= Self.lowBytes {
            ok("ledger", "room", text)
        } else if free >= Self.leastBytes {
            warn("ledger", "room", text, remedy: "make room on the disk of \(place)")
        } else {
            fail(
                "ledger", "room", "\(text): calls will soon be lost",
                remedy: "make room on the disk of \(place)")
        }
    }

    /// Tool names and escalation reasons are nobody else's business.
    private mutating func checkPrivacy(_ directory: LedgerDirectory) {
        guard let status = try? FileStatus(path: directory.ledger),
            status.permissions & 0o077 != 0
        else { return }
        let mode = String(status.permissions, radix: 8)
        warn(
            "ledger", "privacy", "others may look into it (mode \(mode))",
            remedy: "chmod 700 \(directory.ledger)")
    }

    private mutating func checkContent(_ reader: LedgerReader, now: Timestamp) throws(LedgerError) {
        let area = "ledger"
        let segments = try reader.segments()
        var size: UInt64 = 0
        for segment in segments { size &+= try reader.status(of: segment)?.size ?? 0 }
        guard let first = segments.first, let last = segments.last else {
            ok(area, "content", "empty")
            return
        }
        let reading = try reader.forEachLine { _ in .goOn }
        ok(
            area, "content",
            "\(Self.count(reading.lines, "line")), \(Self.bytes(size)) in "
                + "\(Self.count(reading.segments, "file")) since \(first.day)")
        ok(area, "writers", "\(Self.count(reading.alive, "relay")) writing now")
        if let error = reading.unreadable.first {
            fail(
                area, "files",
                "\(Self.count(reading.unreadable.count, "file")) cannot be read: "
                    + "\(error)",
                remedy: "mend the permissions or the disk")
        }
        if reading.skipped > 0 {
            warn(
                area, "lines", "\(Self.count(reading.skipped, "line")) are no records",
                remedy: "nothing; they are passed over. A failing disk may be why")
        }
        if reading.torn > 0 {
            warn(
                area, "torn", "\(Self.count(reading.torn, "file")) end in half a line",
                remedy: "nothing; a power cut or a full disk did it, and readers pass it over")
        }
        let lost = try reader.lostCalls { _ in }
        if lost.lost > 0 {
            warn(
                area, "lost calls",
                "\(Self.count(lost.lost, "call")) had no end: their relay was killed",
                remedy: "nothing; reports count them as lost. See what killed it")
        } else {
            ok(area, "lost calls", "none")
        }
        if last.day > Day(of: now).adding(1) {
            warn(
                area, "future", "it has calls of \(last.day), which is still to come",
                remedy: "set the clock; it was ahead then, or is behind now")
        }
    }
}
