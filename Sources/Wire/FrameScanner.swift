/// Gets each message when its last byte was scanned.
package protocol FrameSink {
    /// Takes a message over.
    ///
    /// - Returns: an observation to fill with the next one, freshly made or after `reset()`.
    mutating func finished(_ observation: Observation) -> Observation
}

/// Scans the bytes of one direction: finds the messages, keeps of each what the rules ask for.
///
/// A message is a line (MCP stdio transport: one JSON-RPC message a line); an array on a line is a
/// batch (MCP 2025-03-26). A line that is neither, or breaks off, or is no JSON where it was looked
/// at, is counted and passed over up to the next newline. Memory is bounded by `Limits`, whatever
/// the length of a line; any split of the bytes gives the same observations.
package struct FrameScanner<Sink: FrameSink>: ~Copyable {
    private enum Place: UInt8 {
        case lineStart, message, afterMessage, malformed
        case batchFirst, batchValue, batchOther, batchComma
    }

    /// Lines (and batch elements) that were not understood.
    package private(set) var malformedLines: UInt64 = 0
    /// Where observations go; the scanner owns it.
    package var sink: Sink

    private var place = Place.lineStart
    private var machine: Machine
    private var text: TextReader
    private var draft = Draft()
    private var observation = Observation()
    private var byteCount: UInt64 = 0
    private var firstStamp: UInt64 = 0
    private var isInBatch = false

    /// - Parameters:
    ///   - vocabulary: the keys to look for.
    ///   - sink: where finished observations go.
    package init(vocabulary: Vocabulary, sink: Sink) {
        machine = Machine(vocabulary: vocabulary)
        text = TextReader(vocabulary: vocabulary)
        self.sink = sink
    }

    /// Scans the next bytes of the stream.
    ///
    /// - Parameters:
    ///   - bytes: any number of them, cut anywhere.
    ///   - stamp: the time to give to a message whose first or last byte is among them, in the
    ///     caller's unit.
    package mutating func feed(_ bytes: UnsafeRawBufferPointer, stamp: UInt64) {
        guard let base = bytes.baseAddress else { return }
        let p = base.assumingMemoryBound(to: UInt8.self)
        var i = 0
        while i < bytes.count {
            let end = ByteSearch.first(ByteSearch.newline, p, i, bytes.count)
            scan(p, i, end, stamp)
            if end < bytes.count { endLine() }
            i = end &+ 1
        }
    }

    /// Ends the stream: a message that is still open was cut off.
    package mutating func finish() { endLine() }

    private mutating func endLine() {
        switch place {
        case .lineStart, .afterMessage, .malformed: break
        case .message:
            abandon()
            malformedLines &+= 1
        case .batchFirst, .batchValue, .batchOther, .batchComma: malformedLines &+= 1
        }
        place = .lineStart
    }

    private mutating func scan(
        _ p: UnsafePointer<UInt8>, _ start: Int, _ end: Int, _ stamp: UInt64
    ) {
        var i = start
        while i < end {
            switch place {
            case .malformed: return
            case .message, .batchOther:
                let stop = machine.feed(p, i, end, &draft, &text)
                byteCount &+= UInt64(truncatingIfNeeded: stop &- i)
                i = stop
                if machine.state == .done {
                    if place == .message { finishMessage(stamp) }
                    place = isInBatch ? .batchComma : .afterMessage
                } else if machine.state == .invalid {
                    abandon()
                    malformed()
                }
            default:
                while i < end, Machine.isBlank(p[i]) { i &+= 1 }
                if i == end { return }
                i &+= next(p[i], stamp)
            }
        }
    }

    /// Goes on at a byte between messages; returns how many bytes that takes, 0 or 1.
    private mutating func next(_ byte: UInt8, _ stamp: UInt64) -> Int {
        switch (place, byte) {
        case (.lineStart, UInt8(ascii: "{")):
            isInBatch = false
            beginMessage(stamp)
            return 0
        case (.lineStart, UInt8(ascii: "[")):
            isInBatch = true
            place = .batchFirst
        case (.batchFirst, UInt8(ascii: "]")), (.batchComma, UInt8(ascii: "]")):
            place = .afterMessage
        case (.batchFirst, UInt8(ascii: "{")), (.batchValue, UInt8(ascii: "{")):
            beginMessage(stamp)
            return 0
        case (.batchFirst, _), (.batchValue, _):
            // JSON-RPC 2.0 §6: an invalid element spoils itself, not the batch.
            malformedLines &+= 1
            machine.start(.skip, key: .root)
            place = .batchOther
            return 0
        case (.batchComma, UInt8(ascii: ",")): place = .batchValue
        default: malformed()
        }
        return 1
    }

    private mutating func malformed() {
        malformedLines &+= 1
        place = .malformed
    }

    private mutating func beginMessage(_ stamp: UInt64) {
        place = .message
        byteCount = 0
        firstStamp = stamp
        draft.reset()
        machine.root = 0
        machine.resetMeasures()
        machine.start(.enter(.message), key: .root)
    }

    private mutating func abandon() { draft.reset() }

    private mutating func finishMessage(_ stamp: UInt64) {
        swap(&observation.sketch, &draft.sketch)
        swap(&observation.texts, &draft.texts)
        observation.uncountedTextSize = draft.uncountedTextSize
        observation.argumentSize = machine.argumentSize
        observation.promptSize = machine.promptSize
        observation.structuredSize = machine.answerSize
        observation.hasPromptArgument = machine.hasPromptArgument
        observation.byteCount = byteCount
        observation.firstStamp = firstStamp
        observation.lastStamp = stamp
        observation.isInBatch = isInBatch
        observation = sink.finished(observation)
    }
}
