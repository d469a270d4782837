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

/// What came of sending dead letters again.
package struct DeadLetterReport: Sendable, Equatable {
    /// Records the receiver took this time.
    package var delivered = 0
    /// Records it refused again.
    package var refused = 0
    /// Lines that hold no records to send: messages taken in part, damage, another version.
    package var unsendable = 0
    /// Lines that were not tried.
    package var untried = 0
    package var end = ShippingEnd.shipped

    package init() {}
}

extension SinkWorker {
    /// Sends the dead letters again, and keeps those the receiver still refuses.
    ///
    /// What is refused again is appended to the file before the lines that were tried are taken out
    /// of it: a crash may leave a letter in it twice, and never loses one.
    mutating func retryDeadLetters() throws(SystemError) -> DeadLetterReport {
        var report = DeadLetterReport()
        let before = deadLetters.count()
        // By line: those to stay.
        var kept: Set<Int> = []
        var lines: [Int] = []
        var records: [Record] = []
        var place = 0
        let refusedBefore = status.status.dead
        var tried = 0
        func isOver() -> Bool { report.end != .shipped }
        try deadLetters.forEachLine { line in
            defer { place += 1 }
            // Those refused just now.
            guard place < before else { return }
            if isOver() {
                kept.insert(place)
                report.untried += 1
                return
            }
            guard let found = DeadLetter.records(in: line) else {
                kept.insert(place)
                report.unsendable += 1
                return
            }
            lines.append(place)
            records += found
            guard records.count >= batchMax || place == before - 1 else { return }
            send(&records, &lines, &kept, &report, &tried)
        }
        if !records.isEmpty { send(&records, &lines, &kept, &report, &tried) }
        let refused = status.status.dead &- refusedBefore
        report.refused = Int(clamping: refused)
        report.delivered = max(0, tried - report.refused)
        if tried > 0 {
            try deadLetters.rewrite { $0 >= before || kept.contains($0) }
            let gone = UInt64(clamping: tried)
            status.update(at: clock.now, clock.wall) {
                $0.dead = $0.dead > gone ? $0.dead &- gone : 0
            }
        }
        status.update(at: clock.now, clock.wall) { $0.state = .stopped }
        status.flush(at: clock.now)
        return report
    }

    private mutating func send(
        _ records: inout [Record], _ lines: inout [Int], _ kept: inout Set<Int>,
        _ report: inout DeadLetterReport, _ tried: inout Int
    ) {
        switch send(records) {
        case .acknowledged:
            tried += records.count
            saveState()
        case .ended(let end):
            // Some of it may have been delivered, and is going to be again.
            report.end = end
            report.untried += lines.count
            kept.formUnion(lines)
        }
        records.removeAll()
        lines.removeAll()
    }
}

extension DeadLetters {
    /// Takes out the lines that are not to stay: whoever reads the file, or comes after a crash,
    /// meets the old lines or the new ones.
    func rewrite(keeping: (Int) -> Bool) throws(SystemError) {
        let temporary = "\(path).new"
        let file = try Descriptor.open(
            temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, mode: 0o600)
        var place = 0
        var failure: SystemError?
        try forEachLine { line in
            defer { place += 1 }
            guard failure == nil, keeping(place) else { return }
            do throws(SystemError) {
                try file.writeAll(line + [UInt8(ascii: "\n")])
            } catch {
                failure = error
            }
        }
        if let failure {
            try? removeFile(temporary)
            throw failure
        }
        try file.synchronize()
        try renameFile(temporary, to: path)
        if let directory = parentDirectory(of: path) {
            try SystemDisk().synchronizeDirectory(directory)
        }
    }
}
