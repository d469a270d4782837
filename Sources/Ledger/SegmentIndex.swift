import Posix

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// The segments there are, for somebody who asks ten times a second.
///
/// A directory whose time of change is the same has the same names, so it is not read again. Of
/// days gone by even that is asked only now and then: a segment appears there when a clock was set
/// back, and not otherwise.
struct SegmentIndex {
    private struct Listing {
        var names: [SegmentName] = []
        /// The directory's time of change when it was read, in seconds.
        var modified: Int64 = .min
        /// When it was read, in seconds.
        var readAt: Int64 = .min

        /// Times of change are whole seconds here, and a tick apart on the disk: one that is a
        /// moment old may still cover a name that was added after the directory was read.
        func isCurrent(_ modified: Int64) -> Bool {
            modified == self.modified && readAt > modified + 1
        }
    }

    /// Days whose directories are asked every time.
    private static let watchedDays = 2
    /// All others are asked this often, in seconds.
    private static let allDaysSeconds: Int64 = 5
    /// Everything is read again this often, whatever the times of change say: not every file
    /// system keeps them as it should.
    private static let rereadSeconds: Int64 = 60

    private let reader: LedgerReader
    private var days: [Day] = []
    private var daysListing = Listing()
    private var listings: [Day: Listing] = [:]
    private var allAskedAt: Int64 = .min
    private var rereadAt: Int64 = .min

    init(_ reader: LedgerReader) { self.reader = reader }

    /// Looks at every directory the next time.
    mutating func forget() { rereadAt = .min }

    /// Brings the listing up to date.
    ///
    /// - Returns: the days whose segments may be others than before.
    mutating func refresh() throws(LedgerError) -> [Day] {
        let now = Int64(time(nil))
        if isDue(rereadAt, now, Self.rereadSeconds) {
            daysListing = Listing()
            listings.removeAll()
            allAskedAt = .min
            rereadAt = now
        }
        try refreshDays(now)
        let asksAll = isDue(allAskedAt, now, Self.allDaysSeconds)
        if asksAll { allAskedAt = now }
        let watched = days.suffix(Self.watchedDays).first ?? Day.last
        var changed: [Day] = []
        for day in days where asksAll || day >= watched || listings[day] == nil {
            if try refresh(day, now) { changed.append(day) }
        }
        return changed
    }

    func segments(of day: Day) -> [SegmentName] { listings[day]?.names ?? [] }

    private mutating func refreshDays(_ now: Int64) throws(LedgerError) {
        let modified = try modified(reader.directory.ledger)
        if daysListing.isCurrent(modified) { return }
        days = try reader.days()
        daysListing = Listing(modified: modified, readAt: now)
    }

    private mutating func refresh(_ day: Day, _ now: Int64) throws(LedgerError) -> Bool {
        // Asked before the directory is read: a name added in between makes it be read again.
        let modified = try modified(reader.directory.path(of: day))
        if let listing = listings[day], listing.isCurrent(modified) { return false }
        let names = try reader.segments(days: day...day, known: [day])
        let isSame = listings[day]?.names == names
        listings[day] = Listing(names: names, modified: modified, readAt: now)
        return !isSame
    }

    /// When a directory changed; before all times if it is not there.
    private func modified(_ path: String) throws(LedgerError) -> Int64 {
        do {
            return try FileStatus(path: path).modified
        } catch  where error.code == ENOENT || error.code == ENOTDIR {
            return .min
        } catch {
            throw LedgerError(action: .list, path: path, cause: error)
        }
    }

    /// Also when the clock was set back.
    private func isDue(_ last: Int64, _ now: Int64, _ seconds: Int64) -> Bool {
        let (age, overflow) = now.subtractingReportingOverflow(last)
        return overflow || age < 0 || age >= seconds
    }
}
