/// Calls that were begun and whose end nobody wrote down, collected line by line. Pure.
///
/// A `begin` and its `call` may come in any order: first `see` every line, then, if something is
/// left, `settle` every line once more. What is in memory is only what waits for its other half
/// in the first pass: as a rule, the calls in flight.
package struct OpenCalls: Sendable {
    private var begins: [String: (place: Int, line: [UInt8])] = [:]
    private var bytes = 0
    private var place = 0
    private let limit: Int

    /// `begin` lines there was no room for: they may be lost calls or not.
    package private(set) var overflow = 0

    /// - Parameter limit: `begin` lines kept at most.
    package init(limit: Int = LedgerLimits.openBeginsMax) { self.limit = limit }

    package var isEmpty: Bool { begins.isEmpty }

    /// The first pass: keeps a `begin`, drops it at its `call`.
    package mutating func see(_ line: Span<UInt8>) {
        guard let head = LineHead(line) else { return }
        switch head.kind {
        case .call: drop(head.id)
        case .begin:
            guard begins.count < limit,
                bytes + line.count <= LedgerLimits.openBeginBytesMax
            else {
                overflow += 1
                return
            }
            drop(head.id)
            begins[head.id] = (place, line.withUnsafeBufferPointer { Array($0) })
            bytes += line.count
            place += 1
        case .other: break
        }
    }

    /// The second pass: drops a `begin` whose `call` had come before it.
    package mutating func settle(_ line: Span<UInt8>) {
        guard let head = LineHead(line), head.kind == .call else { return }
        drop(head.id)
    }

    /// The `begin` lines that are left, in the order they came.
    package var lines: [[UInt8]] {
        begins.values.sorted { $0.place < $1.place }.map(\.line)
    }

    private mutating func drop(_ id: String) {
        if let begin = begins.removeValue(forKey: id) { bytes -= begin.line.count }
    }
}

/// What a search for lost calls met.
package struct LostCallsReading: Equatable, Sendable {
    /// Lost calls given to the caller.
    package var lost = 0
    /// `begin` lines there was no room to remember.
    package var overflow = 0
    package var unreadable: [LedgerError] = []

    package init() {}
}

extension LedgerReader {
    /// Gives the `begin` line of every lost call to `body`: no `call` has its id, and its writer is
    /// gone, so none will.
    ///
    /// - Parameters:
    ///   - days: when the calls began; their ends are looked for on all later days too.
    ///   - body: gets the line without its newline; the span is valid until it returns.
    package func lostCalls(
        days: ClosedRange<Day>? = nil, _ body: (Span<UInt8>) -> Void
    ) throws(LedgerError) -> LostCallsReading {
        var result = LostCallsReading()
        var buffer = LineBuffer()
        let days = days ?? Day.first...Day.last
        let known = try segments(days: days.lowerBound...Day.last)
        for segments in byWriter(known) where days.contains(segments.first?.day ?? Day.last) {
            do throws(LedgerError) {
                if try isAlive(segments) { continue }
                var open = OpenCalls()
                for segment in segments {
                    let begins = days.contains(segment.day)
                    _ = try forEachLine(of: segment, &buffer) { line in
                        if begins { open.see(line) } else { open.settle(line) }
                        return .goOn
                    }
                }
                result.overflow += open.overflow
                if open.isEmpty { continue }
                for segment in segments {
                    _ = try forEachLine(of: segment, &buffer) { line in
                        open.settle(line)
                        return open.isEmpty ? .stop : .goOn
                    }
                }
                // It may have gone on to a segment that was not there when we listed them.
                if open.isEmpty { continue }
                if try hasNewSegment(segments) { continue }
                for line in open.lines {
                    body(line.span)
                    result.lost += 1
                }
            } catch {
                result.unreadable.append(error)
            }
        }
        return result
    }

    /// The segments of each writer, in order; writers in the order of their first segment.
    private func byWriter(_ segments: [SegmentName]) -> [[SegmentName]] {
        Dictionary(grouping: segments, by: \.writer).values
            .sorted { $0.lexicographicallyPrecedes($1) }
    }

    private func isAlive(_ segments: [SegmentName]) throws(LedgerError) -> Bool {
        for segment in segments.reversed() {
            if try writer(of: segment) == .alive { return true }
        }
        return false
    }

    private func hasNewSegment(_ segments: [SegmentName]) throws(LedgerError) -> Bool {
        guard let last = segments.last else { return false }
        return try self.segments(days: last.day...Day.last)
            .contains { $0.writer == last.writer && $0 > last }
    }
}
