import Ledger
import Posix
import Records

/// Gives every line of the ledger's last days to somebody once, as they come: first what is there,
/// then at each asking what has come since.
///
/// Segments that may grow are kept open, so that asking costs an `fstat` for each. What is known of
/// the others is only that they were read.
final class LedgerFollower {
    /// What takes the lines.
    typealias Taker = (_ line: Span<UInt8>, _ segment: SegmentName) -> Void

    private let directory: LedgerDirectory
    /// Lines are in the segment of the day they were written on; earlier days are not read.
    let firstDay: Day
    private let root: WatchedDirectory
    private var days: [Day: DayListing] = [:]
    private var growing: [Growing] = []
    private var buffer = LineBuffer()
    private var settledAt: UInt64 = 0
    private var sweptAt: UInt64 = 0

    /// Somebody cut or replaced what was read: all must be read anew.
    private(set) var isBroken = false
    /// What could not be read, the first of it.
    private(set) var failure: LedgerError?

    /// Segments with nothing new are asked this often whether their writer lives.
    private static let settleNanoseconds: UInt64 = 5_000_000_000
    /// A segment that changed in this time may yet grow, whatever its writer looks like.
    private static let freshSeconds: Int64 = 60
    /// How long yesterday is looked at, too, in microseconds.
    private static let midnight: Int64 = 600_000_000
    /// Other days are looked at this often: somebody's clock may be another.
    private static let sweepNanoseconds: UInt64 = 60_000_000_000

    private final class DayListing {
        let directory: WatchedDirectory
        var read: Set<SegmentName> = []
        init(_ path: String) { directory = WatchedDirectory(path) }
    }

    private final class Growing {
        let name: SegmentName
        let file: SegmentFile
        var offset: UInt64
        init(_ name: SegmentName, _ file: consuming SegmentFile, offset: UInt64) {
            self.name = name
            self.file = file
            self.offset = offset
        }
    }

    init(_ directory: LedgerDirectory, firstDay: Day) {
        self.directory = directory
        self.firstDay = firstDay
        root = WatchedDirectory(directory.ledger)
    }

    /// Gives what was not given before to `take`.
    ///
    /// - Parameter time: by the clock that writers go by, in microseconds since 1970.
    func catchUp(at time: Int64, _ take: Taker) throws(LedgerError) {
        let now = MonotonicClock.now()
        let today = Day(of: Timestamp(microseconds: time))
        for place in growing.indices { grow(growing[place], take) }
        if now &- settledAt > Self.settleNanoseconds {
            settledAt = now
            settle(take)
        }
        if now &- sweptAt > Self.sweepNanoseconds {
            sweptAt = now
            try listDays()
            for (day, listing) in days.sorted(by: { $0.key < $1.key }) {
                try look(day, listing, take)
            }
            return
        }
        if days[today] == nil { try listDays() }
        if let listing = days[today] { try look(today, listing, take) }
        // Somebody may have chosen a name before midnight, and made the file after it.
        let yesterday = today.adding(-1)
        if time - Int64(clamping: today.daysSince1970) * 86_400_000_000 < Self.midnight,
            let listing = days[yesterday]
        {
            try look(yesterday, listing, take)
        }
    }

    private func listDays() throws(LedgerError) {
        for name in try changedNames(root) ?? [] {
            guard let day = Day(name), day >= firstDay, days[day] == nil else { continue }
            days[day] = DayListing(directory.path(of: day))
        }
    }

    private func changedNames(_ directory: WatchedDirectory) throws(LedgerError) -> [String]? {
        do throws(SystemError) {
            return try directory.changedNames()
        } catch {
            throw LedgerError(action: .list, path: directory.path, cause: error)
        }
    }

    /// Reads the segments of a day that are new.
    private func look(
        _ day: Day, _ listing: DayListing, _ take: Taker
    ) throws(LedgerError) {
        guard let names = try changedNames(listing.directory) else { return }
        var new: [SegmentName] = []
        for name in names {
            if let name = SegmentName(day: day, file: name), !listing.read.contains(name) {
                new.append(name)
            }
        }
        for name in new.sorted() {
            listing.read.insert(name)
            begin(name, take)
        }
    }

    private func begin(_ name: SegmentName, _ take: Taker) {
        do throws(LedgerError) {
            guard let file = try SegmentFile(name, in: directory) else { return }
            do throws(SystemError) {
                let reading = try file.forEachLine(from: 0, &buffer) { line in
                    take(line, name)
                    return .goOn
                }
                let isFresh = try isFresh(file)
                if reading.writer == .alive || isFresh {
                    growing.append(Growing(name, file, offset: reading.nextOffset))
                }
            } catch {
                failed(name, error)
            }
        } catch {
            failure = failure ?? error
        }
    }

    private func failed(_ name: SegmentName, _ error: SystemError) {
        let path = directory.path(of: name)
        failure = failure ?? LedgerError(action: .read, path: path, cause: error)
    }

    /// Reads what was added to a segment.
    private func grow(_ segment: Growing, _ take: Taker) {
        do throws(SystemError) {
            let size = try segment.file.status().size
            if size == segment.offset { return }
            if size < segment.offset {
                isBroken = true
                return
            }
            try segment.file.forEachNewLine(after: &segment.offset, &buffer) { line in
                take(line, segment.name)
            }
        } catch {
            failed(segment.name, error)
        }
    }

    /// A writer whose lock was kept from it by a reader looks gone until its next line.
    private func isFresh(_ file: borrowing SegmentFile) throws(SystemError) -> Bool {
        let age = WallClock.now() / 1_000_000 &- (try file.status().modified)
        return age < Self.freshSeconds
    }

    /// Lets go of the segments whose writers are gone.
    private func settle(_ take: Taker) {
        growing.removeAll { segment in
            guard segment.file.writer() == .gone, (try? isFresh(segment.file)) != true else {
                return false
            }
            // What it wrote until then.
            grow(segment, take)
            return true
        }
    }
}
