import Posix
import Records
import Synchronization

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// A time zone over a span of years: when its clocks changed, and to which offset.
///
/// libc knows the rules, but has one zone a process, behind a lock. It is asked once, for every
/// change in the span; from there on this is a value, and arithmetic.
package struct Zone: Equatable, Sendable {
    /// As it was asked for; `local` for the process's own.
    package let name: String
    /// Offsets from UTC in seconds, each from a moment (seconds since 1970) on. The first holds
    /// for all time before, too.
    private let changes: [Change]

    struct Change: Equatable, Sendable {
        let start: Int64
        let offset: Int64
    }

    package static let utc = Zone(name: "UTC", changes: [Change(start: .min, offset: 0)])

    init(name: String, changes: [Change]) {
        self.name = name
        self.changes = changes
    }

    /// Nil for a zone this system does not know.
    ///
    /// - Parameters:
    ///   - name: of the IANA time zone database, such as `Europe/Berlin`; nil for the zone this
    ///     process runs in (`TZ`, else the system's).
    ///   - span: moments in seconds since 1970 that will be asked for. Others get the offset of
    ///     the nearest.
    package init?(_ name: String?, span: ClosedRange<Int64>) {
        if let name {
            if name == "UTC" || name == "Z" {
                self = .utc
                return
            }
            guard Self.exists(name) else { return nil }
        }
        let changes = Self.lock.withLock { _ in
            Self.with(name) { Self.changes(span) }
        }
        self.init(name: name ?? "local", changes: changes)
    }

    // MARK: Asking libc

    /// `TZ` is the process's.
    private static let lock = Mutex(())

    /// libc takes a name it does not know for UTC, and says nothing.
    private static func exists(_ name: String) -> Bool {
        let isPlain = name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "/"), UInt8(ascii: "_"),
                UInt8(ascii: "-"), UInt8(ascii: "+"):
                true
            default: false
            }
        }
        guard isPlain, let first = name.utf8.first, first != UInt8(ascii: "/") else { return false }
        var directories = ["/usr/share/zoneinfo", "/usr/lib/zoneinfo", "/var/db/timezone/zoneinfo"]
        if let own = getenv("TZDIR") { directories.insert(String(cString: own), at: 0) }
        return directories.contains { directory in
            guard let file = try? Descriptor.open("\(directory)/\(name)", O_RDONLY) else {
                return false
            }
            var magic: (UInt8, UInt8, UInt8, UInt8) = (0, 0, 0, 0)
            let count = withUnsafeMutableBytes(of: &magic) { buffer in
                (try? file.read(into: buffer)) ?? 0
            }
            return count == 4 && magic == (0x54, 0x5a, 0x69, 0x66)  // TZif
        }
    }

    private static func with<Result>(_ name: String?, _ body: () -> Result) -> Result {
        guard let name else {
            tzset()
            return body()
        }
        let before = getenv("TZ").map { String(cString: $0) }
        setenv("TZ", ":" + name, 1)
        tzset()
        defer {
            if let before { setenv("TZ", before, 1) } else { unsetenv("TZ") }
            tzset()
        }
        return body()
    }

    private static func offset(at moment: Int64) -> Int64 {
        var time = time_t(moment)
        var parts = tm()
        guard localtime_r(&time, &parts) != nil else { return 0 }
        return Int64(parts.tm_gmtoff)
    }

    /// No zone has changed its clocks and back in so short a time, in seconds.
    private static let step: Int64 = 4 * 86_400

    private static func changes(_ span: ClosedRange<Int64>) -> [Change] {
        var offset = offset(at: span.lowerBound)
        var changes = [Change(start: .min, offset: offset)]
        var moment = span.lowerBound
        while moment < span.upperBound {
            let next = min(moment + step, span.upperBound)
            let after = Self.offset(at: next)
            if after != offset {
                var (low, high) = (moment, next)
                while high - low > 1 {
                    let middle = low + (high - low) / 2
                    if Self.offset(at: middle) == offset { low = middle } else { high = middle }
                }
                changes.append(Change(start: high, offset: after))
                offset = after
            }
            moment = next
        }
        return changes
    }

    // MARK: Arithmetic

    /// Seconds that clocks are before UTC at a moment.
    package func offset(at moment: Int64) -> Int64 {
        let next = changes.partitioningIndex { $0.start > moment }
        return changes[max(0, next - 1)].offset
    }

    /// The days since 1970 and the second of the day that clocks and calendars show.
    package func local(_ moment: Int64) -> (day: Int64, second: Int64) {
        (moment + offset(at: moment)).quotientFloored(by: 86_400)
    }

    /// The first moment at which clocks show a time of a day, or, where clocks skip it, have passed
    /// it.
    package func moment(day: Int64, second: Int64 = 0) -> Int64 {
        let wanted = day * 86_400 + second
        var earliest: Int64?
        for (index, change) in changes.enumerated() {
            let end = index + 1 < changes.count ? changes[index + 1].start : .max
            let moment = wanted - change.offset
            // Before this stretch began clocks showed less, in it they show more: skipped.
            let found = moment < change.start ? change.start : moment
            if found < end, earliest == nil || found < (earliest ?? .max) {
                earliest = found
                break
            }
        }
        return earliest ?? wanted - (changes.last?.offset ?? 0)
    }

    /// `+02:00`.
    package func offsetText(at moment: Int64) -> String {
        let offset = offset(at: moment)
        let minutes = abs(offset) / 60
        return (offset < 0 ? "-" : "+") + digits(minutes / 60, 2) + ":" + digits(minutes % 60, 2)
    }
}

/// A number with zeros in front.
func digits(_ value: Int64, _ width: Int) -> String {
    let text = String(value)
    return String(repeating: "0", count: max(0, width - text.utf8.count)) + text
}

extension Int64 {
    /// The quotient rounded down, and the remainder, which is never negative.
    func quotientFloored(by divisor: Int64) -> (day: Int64, second: Int64) {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}
