package import Ledger
import Posix
package import Records

/// How far an import is.
package struct ImportProgress: Sendable {
    package var files = 0
    package var filesTotal = 0
    package var bytes: UInt64 = 0
    package var bytesTotal: UInt64 = 0
}

/// Reads session logs into the ledger. One process at a time: see `ImportLock`.
package struct LogImporter: ~Copyable {
    /// What is wanted of it.
    package struct Options: Sendable {
        /// Calls before this moment are left alone, and are there for a later import.
        package var since: Timestamp?
        /// Read everything, write nothing.
        package var isDryRun = false
        /// A message that may still be written waits until its file is that many seconds old. Nil
        /// takes the end of the file for the end of its messages.
        package var quietSeconds: Int64?

        package init() {}
    }

    private let files: ImportFiles
    private let options: Options
    private var feed: LedgerFeed
    private var book = FileBook()
    private var isBookLoaded = false
    private var isBookChanged = false
    private var lines = LineReader()
    /// When what is known was saved, by the monotonic clock.
    private var savedAt: UInt64 = 0

    /// How long a process that polls goes without saving: what it has not saved is read again after
    /// a crash, and known.
    private static let saveNanoseconds: UInt64 = 60_000_000_000

    package init(
        _ directory: LedgerDirectory, prices: PriceTable, project: ProjectMode,
        options: Options
    ) {
        files = ImportFiles(directory: directory)
        self.options = options
        feed = LedgerFeed(
            directory, UsageRecorder(prices: prices, project: project), isDryRun: options.isDryRun)
    }

    /// Imports what is new in `found`.
    ///
    /// - Throws: when the ledger or the importer's own files cannot be read or written. What is in
    ///   the ledger by then stays and is known; the rest is read again the next time.
    package mutating func run(
        _ found: LogFinder, progress report: (ImportProgress) -> Void
    ) throws(LedgerError) -> ImportSummary {
        do throws(LedgerError) {
            return try readChanged(found, report)
        } catch {
            // It may say of logs that they were read whose records did not reach the ledger.
            isBookLoaded = false
            isBookChanged = false
            throw error
        }
    }

    private mutating func readChanged(
        _ found: LogFinder, _ report: (ImportProgress) -> Void
    ) throws(LedgerError) -> ImportSummary {
        var summary = ImportSummary()
        summary.problems = found.problems
        if !isBookLoaded {
            book = try files.read(files.book).flatMap { FileBook($0) } ?? FileBook()
            isBookLoaded = true
        }
        var changed = sort(found.files, &summary)
        if !changed.isEmpty {
            try feed.prepare()
            if let since = feed.estimatedSince { readAgain(found.files, since, &changed, &summary) }
            try read(changed, &summary, report)
        }
        forget(found)
        let isDue = MonotonicClock.now() &- savedAt >= Self.saveNanoseconds
        if options.quietSeconds == nil || isDue { try commit() } else { try feed.flush() }
        return summary
    }

    private mutating func read(
        _ changed: [LogFile], _ summary: inout ImportSummary,
        _ report: (ImportProgress) -> Void
    ) throws(LedgerError) {
        var progress = ImportProgress()
        progress.filesTotal = changed.count
        progress.bytesTotal = changed.reduce(0) { saturatingSum($0, $1.status.size) }
        for file in changed {
            try read(file, &summary, &progress, report)
            progress.files += 1
            report(progress)
            if feed.unsavedBytes >= LogLimits.commitBytes { try commit() }
        }
    }

    /// Those that changed since they were read.
    private func sort(_ found: [LogFile], _ summary: inout ImportSummary) -> [LogFile] {
        found.filter { file in
            summary.clients[file.client, default: .init()].files += 1
            let isCurrent = book.pages[file.path]?.isCurrent(file.status) ?? false
            let isOld = options.since.map { $0 > file.status.modifiedTime } ?? false
            guard isCurrent || isOld else { return true }
            summary.clients[file.client, default: .init()].filesUnchanged += 1
            return false
        }
    }

    /// Has the logs read from their beginning that may hold what a relay had to estimate: the
    /// message may be behind the place they were read to. It was written before the call.
    private mutating func readAgain(
        _ found: [LogFile], _ since: Timestamp, _ changed: inout [LogFile],
        _ summary: inout ImportSummary
    ) {
        let known = Set(changed.map(\.path))
        let (since, overflow) = since.microseconds.subtractingReportingOverflow(
            LogLimits.behindMicroseconds)
        for file in found where file.client == .claudeCode {
            guard overflow || file.status.modifiedTime.microseconds >= since else { continue }
            guard book.pages.removeValue(forKey: file.path) != nil else { continue }
            if known.contains(file.path) { continue }
            changed.append(file)
            summary.clients[file.client, default: .init()].filesUnchanged -= 1
        }
    }

    /// Saves what is known and how far the logs were read, if anything is new.
    package mutating func commit() throws(LedgerError) {
        guard isBookChanged || feed.hasNews else { return }
        try feed.commit(book)
        isBookChanged = false
        savedAt = MonotonicClock.now()
    }

    /// Forgets files that are gone, though not those a reading of the directory did not get to.
    private mutating func forget(_ found: LogFinder) {
        guard found.problems.isEmpty, options.since == nil else { return }
        let present = Set(found.files.map(\.path))
        let gone = book.pages.keys.filter { path in
            !present.contains(path) && found.covers(path)
        }
        for path in gone { book.pages[path] = nil }
        isBookChanged = isBookChanged || !gone.isEmpty
    }

    // MARK: One file

    private func open(_ file: LogFile, _ summary: inout ImportSummary) -> OpenLog? {
        do throws(LogProblem) {
            return try OpenLog.open(file, page: book.pages[file.path])
        } catch {
            summary.problems.append(error)
            return nil
        }
    }

    private mutating func read(
        _ file: LogFile, _ summary: inout ImportSummary, _ progress: inout ImportProgress,
        _ report: (ImportProgress) -> Void
    ) throws(LedgerError) {
        guard let opened = open(file, &summary) else { return }
        let isQuiet = options.quietSeconds.map { opened.isQuiet(for: $0) } ?? true
        let isAbandoned =
            options.quietSeconds.map {
                opened.isQuiet(for: max($0, LogLimits.toolSecondsMax))
            } ?? true
        var pass = FilePass(
            options: options, isFinal: isQuiet, isAbandoned: isAbandoned, client: file.client)
        var result: Result<UInt64, SystemError> = .success(0)
        // The feed's errors are kept aside: the callbacks cannot throw.
        do throws(SystemError) {
            result = .success(
                try opened.read(&lines, &pass, &feed) { count in
                    progress.bytes = saturatingSum(progress.bytes, UInt64(clamping: count))
                    report(progress)
                })
        } catch {
            result = .failure(error)
        }
        summary.clients[file.client, default: .init()].add(pass.counts)
        if let failure = pass.failure { throw failure }
        switch result {
        case .success(let offset):
            summary.problems += pass.problems(of: file.path)
            // What was left out for its age, or is not settled, must be met again.
            if pass.counts.skipped[.old] != nil { return }
            book.pages[file.path] = opened.page(
                readTo: min(offset, pass.firstHeld ?? .max), isSettled: pass.firstHeld == nil)
            isBookChanged = true
        case .failure(let error):
            summary.problems.append(LogProblem(path: file.path, reason: error.reason))
        }
    }
}

extension FileStatus {
    /// When the content last changed.
    var modifiedTime: Timestamp { Timestamp(microseconds: modifiedInNanoseconds / 1000) }
}
