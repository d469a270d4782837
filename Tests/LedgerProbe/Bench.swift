import Ledger
import Posix
import Records

/// Prints how long an append takes and how fast lines are read back.
func bench(_ directory: LedgerDirectory, lines count: Int) throws {
    let clock = ContinuousClock()
    try benchAppending(directory, clock, lines: count)
    try benchReading(directory, clock)
    try benchManySegments(LedgerDirectory(state: directory.state + "/many"), clock)
}

private func benchAppending(
    _ directory: LedgerDirectory, _ clock: ContinuousClock, lines count: Int
) throws {
    let sample = sampleLine()
    var writer = LedgerWriter(directory)
    var nanoseconds: [Int] = []
    nanoseconds.reserveCapacity(count)
    for number in 0..<count {
        let line = numbered(sample, number)
        let time = now()
        let start = clock.now
        try writer.append(line, at: time)
        nanoseconds.append(Int((clock.now - start) / .nanoseconds(1)))
    }
    nanoseconds.sort()
    let percentiles = [50, 99, 999].map { part -> String in
        let index = min(count - 1, part < 100 ? count * part / 100 : count * part / 1_000)
        return "p\(part) \(Double(nanoseconds[index]) / 1_000) µs"
    }
    say("append of \(sample.count) bytes: " + percentiles.joined(separator: ", "))

}

private func benchReading(_ directory: LedgerDirectory, _ clock: ContinuousClock) throws {
    let reader = LedgerReader(directory)
    var bytes = 0
    var count = 0
    let first = try reader.forEachLine { line in
        bytes += line.count + 1
        return .goOn
    }
    count = first.lines
    report("read lines", clock, count, bytes) {
        _ = try reader.forEachLine { _ in .goOn }
    }
    report("kind and id of each", clock, count, bytes) {
        var heads = 0
        _ = try reader.forEachLine { line in
            if LineHead(line) != nil { heads += 1 }
            return .goOn
        }
        guard heads == count else { fail("\(heads) heads") }
    }
    report("record of each", clock, count, bytes) {
        let reading = try reader.forEachRecord { _ in .goOn }
        guard reading.lines == count else { fail("\(reading.lines) records") }
    }
    report("search for lost calls", clock, count, bytes) {
        let lost = try reader.lostCalls { _ in }
        guard lost.lost == 0 else { fail("\(lost.lost) lost") }
    }
    report("tail in batches of 500", clock, count, bytes) {
        var tail = LedgerTail(reader, from: [])
        var seen = 0
        while true {
            let batch = try tail.next(lines: 500) { _ in }
            if batch.lines == 0 { break }
            seen += batch.lines
        }
        guard seen == count else { fail("\(seen) lines") }
    }
}

/// Many small segments, as a year of sessions leaves them, and cursors on all of them.
private func benchManySegments(_ directory: LedgerDirectory, _ clock: ContinuousClock) throws {
    let segments = 20_000
    let perDay = 50
    let line = numbered(sampleLine(), 1)
    let start = now()
    for number in 0..<segments {
        var writer = LedgerWriter(directory)
        let microseconds = Int64(number / perDay - 400) * 86_400_000_000
        try writer.append(
            line, at: Timestamp(microseconds: start.microseconds + microseconds + Int64(number)))
    }
    let reader = LedgerReader(directory)
    report("list of segments", clock, segments, 0) { _ = try reader.segments() }
    report("read of one line in each", clock, segments, 0) {
        _ = try reader.forEachLine { _ in .goOn }
    }
    var tail = LedgerTail(reader, from: [])
    var store = try CursorStore(of: "bench", in: directory)
    var saves = 0
    let begun = clock.now
    while true {
        let batch = try tail.next(lines: 500) { _ in }
        if batch.lines == 0 { break }
        try store.save(batch.cursors)
        saves += batch.cursors.count
    }
    say("tail and save of \(saves) cursors: \((clock.now - begun) / .seconds(1)) s")
    report("look for news when there is none", clock, segments, 0) {
        guard try tail.next(lines: 500, { _ in }).lines == 0 else { fail("news") }
    }
    let cursor = Cursor(segment: try reader.segments()[0], offset: 0)
    report("save of a cursor", clock, 100, 0) {
        for number in UInt64(0)..<100 {
            try store.save([Cursor(segment: cursor.segment, offset: number)])
        }
    }
}

private func report(
    _ what: String, _ clock: ContinuousClock, _ count: Int, _ bytes: Int, _ body: () throws -> Void
) {
    // The best of three: the least disturbed by what else the machine does.
    var best = Duration.seconds(1_000_000)
    for _ in 0..<3 {
        let start = clock.now
        do { try body() } catch { fail("\(error)") }
        best = min(best, clock.now - start)
    }
    let seconds = best / .seconds(1)
    let speed = bytes == 0 ? "" : ", \(Double(bytes) / seconds / 1e9) GB/s"
    say("\(what): \(seconds) s, \(Int(Double(count) / seconds)) a second" + speed)
}

private func numbered(_ sample: [UInt8], _ number: Int) -> [UInt8] {
    var line = sample
    var rest = number
    // The last twelve digits of the id.
    for place in stride(from: idEnd - 1, through: idEnd - 12, by: -1) {
        line[place] = UInt8(ascii: "0") + UInt8(rest % 10)
        rest /= 10
    }
    return line
}

private let idEnd = #"{"v":1,"kind":"call","id":"0199a3c1-0000-7000-8000-000000000000"#.utf8.count

private func sampleLine() -> [UInt8] {
    let text =
        #"{"v":1,"kind":"call","id":"0199a3c1-0000-7000-8000-000000000000","#
        + #""time":"2026-11-21T10:00:00.123456Z","duration_ms":18342.1,"first_byte_ms":18341.9,"#
        + #""session":"0199a3c1-0000-7000-8000-0000000000aa","direction":"client_to_server","#
        + #""method":"tools/call","tool":"escalate_analysis","request_id":11,"#
        + #""server":"deep-code-reasoning-mcp","client":"claude-code","#
        + #""agent_id":"deep-code-reasoner","surface":"deep-code-reasoning-mcp","#
        + #""provider":"google","model":"gemini-2.5-pro","model_source":"response","#
        + #""usage":{"source":"reported","input_tokens":2890,"cached_input_tokens":0,"#
        + #""output_tokens":640,"reasoning_tokens":0},"#
        + #""cost":{"source":"priced","usd_nanos":10012500},"outcome":"ok","#
        + #""event_type":"analysis","trace_id":"0af7651916cd43dd8448eb211c80319c","#
        + #""span_id":"b7ad6b7169203331","request_bytes":812,"response_bytes":9120}"# + "\n"
    return Array(text.utf8)
}
