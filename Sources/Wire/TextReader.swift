/// Reads a text of an answer as it streams by: measures it, finds the JSON documents it is made
/// of, and keeps its beginning, its end and whether its code fences balance.
struct TextReader: TextSink {
    /// What the text looks like so far.
    private enum Mode: UInt8 {
        /// Only blanks so far.
        case blank
        /// It began like an event stream's field name; not yet decided.
        case fieldName
        /// In a JSON document, or between two.
        case document, between
        /// In an event stream: at the start of a line, in a line to be passed over, after `data:`,
        /// in a document, after one.
        case lineStart, line, data, eventDocument, afterEventDocument
        case prose
    }

    private var mode = Mode.prose
    private var inner: Machine
    private var counter = TextCounter()
    private var fences = FenceCounter()
    private var ends = TextEnds()
    private var window: [UInt8] = []
    private var fieldName: [UInt8] = []

    private var node = 0
    private var start = Draft.Mark(node: 0, arena: 0)
    private var documentStart = Draft.Mark(node: 0, arena: 0)
    private var roll = Roll()
    private var documents = 0
    private var sawNewline = false
    private var isEvents = false

    /// Decoded bytes are gathered up to this many, so that a text full of escapes is not handed on
    /// in crumbs.
    private static let windowBytesMax = 8192
    /// A run this long is handed on as it lies.
    private static let runBytesMin = 1024

    init(vocabulary: Vocabulary) {
        inner = Machine(vocabulary: vocabulary)
        window.reserveCapacity(Self.windowBytesMax)
    }

    mutating func begin(node: Int, in draft: inout Draft) {
        self.node = node
        mode = .blank
        counter.reset()
        fences = FenceCounter()
        ends.reset()
        inner.resetMeasures()
        start = draft.mark
        roll = Roll()
        documents = 0
        isEvents = false
        inner.root = node
        window.removeAll(keepingCapacity: true)
        fieldName.removeAll(keepingCapacity: true)
    }

    @inline(__always)
    mutating func feed(_ p: UnsafePointer<UInt8>, _ count: Int, in draft: inout Draft) {
        if count < Self.runBytesMin, window.count &+ count <= Self.windowBytesMax {
            window.append(contentsOf: UnsafeBufferPointer(start: p, count: count))
            return
        }
        feedSlowly(p, count, in: &draft)
    }

    private mutating func feedSlowly(
        _ p: UnsafePointer<UInt8>, _ count: Int, in draft: inout Draft
    ) {
        flush(&draft)
        if count < Self.runBytesMin {
            window.append(contentsOf: UnsafeBufferPointer(start: p, count: count))
        } else {
            read(p, count, &draft)
        }
    }

    private mutating func flush(_ draft: inout Draft) {
        guard !window.isEmpty else { return }
        // Lent out, so that reading from it and writing to `self` do not overlap.
        var lent: [UInt8] = []
        swap(&lent, &window)
        lent.withUnsafeBufferPointer { bytes in
            if let base = bytes.baseAddress { read(base, bytes.count, &draft) }
        }
        lent.removeAll(keepingCapacity: true)
        swap(&lent, &window)
    }

    mutating func end(in draft: inout Draft) {
        flush(&draft)
        let isDocument = finishDocuments(&draft)
        let size = counter.finish()
        var text = Text(
            node: Int32(truncatingIfNeeded: node), shape: .prose, size: size,
            answerSize: TextSize(), hasAnswer: false, hasOpenFence: fences.isOpen, tail: -1,
            isLongerThanTail: ends.isLongerThanTail)
        if isDocument {
            text.shape = isEvents ? .events : documents > 1 ? .jsonLines : .json
            text.answerSize = inner.answerSize
            text.hasAnswer = inner.hasAnswer
        } else {
            draft.truncate(to: start)
            if let tail = draft.add(.text, .string, parent: node) {
                draft.setValue(tail, ends.tail)
                text.tail = Int32(truncatingIfNeeded: tail)
            }
        }
        draft.setValue(node, ends.head)
        draft.sketch.nodes[node].isTruncated = ends.isLongerThanHead
        draft.texts.append(text)
    }

    /// Whether the whole text turned out to be documents.
    private mutating func finishDocuments(_ draft: inout Draft) -> Bool {
        switch mode {
        case .between: return true
        case .document where inner.state == .done:
            endDocument(&draft)
            return true
        case .eventDocument where inner.state != .done: draft.truncate(to: documentStart)
        case .eventDocument: endDocument(&draft)
        default: break
        }
        return isEvents && documents > 0 && mode != .prose
    }

    // MARK: Reading

    private mutating func read(_ p: UnsafePointer<UInt8>, _ count: Int, _ draft: inout Draft) {
        counter.feed(p, count)
        fences.feed(p, count)
        ends.feed(p, count)
        var i = 0
        while i < count {
            switch mode {
            case .prose: return
            case .blank:
                while i < count, Machine.isBlank(p[i]) { i &+= 1 }
                guard i < count else { return }
                if Self.opens(p[i]) {
                    beginDocument(.document, &draft)
                } else {
                    mode = .fieldName
                }
            case .fieldName:
                fieldName.append(p[i])
                i &+= 1
                decideField()
            case .document:
                i = readDocument(p, i, count, &draft)
                if inner.state == .done {
                    endDocument(&draft)
                    mode = .between
                    sawNewline = false
                } else if inner.state == .invalid {
                    return giveUp(&draft)
                }
            case .between:
                while i < count, Machine.isBlank(p[i]) {
                    if p[i] == ByteSearch.newline { sawNewline = true }
                    i &+= 1
                }
                guard i < count else { return }
                guard sawNewline, Self.opens(p[i]) else { return giveUp(&draft) }
                beginDocument(.document, &draft)
            case .lineStart:
                if p[i] == ByteSearch.newline || p[i] == UInt8(ascii: "\r") {
                    fieldName.removeAll(keepingCapacity: true)
                    i &+= 1
                } else {
                    fieldName.append(p[i])
                    i &+= 1
                    if !Self.dataField.starts(with: fieldName) {
                        mode = .line
                    } else if fieldName.count == Self.dataField.count {
                        mode = .data
                    }
                }
            case .line:
                i = ByteSearch.first(ByteSearch.newline, p, i, count)
                if i < count { endLine() }
            case .data:
                if p[i] == UInt8(ascii: " ") {
                    i &+= 1
                } else if Self.opens(p[i]) {
                    beginDocument(.eventDocument, &draft)
                } else {
                    mode = .line
                }
            case .eventDocument:
                let end = ByteSearch.first(ByteSearch.newline, p, i, count)
                let stop = readDocument(p, i, end, &draft)
                if inner.state == .done {
                    mode = .afterEventDocument
                    i = stop
                } else if inner.state == .invalid || end < count {
                    draft.truncate(to: documentStart)
                    mode = .line
                    i = end
                } else {
                    i = end
                }
            case .afterEventDocument:
                while i < count, p[i] != ByteSearch.newline, Machine.isBlank(p[i]) { i &+= 1 }
                guard i < count else { return }
                if p[i] == ByteSearch.newline {
                    endDocument(&draft)
                } else {
                    draft.truncate(to: documentStart)
                }
                mode = .line
            }
        }
    }

    private mutating func readDocument(
        _ p: UnsafePointer<UInt8>, _ i: Int, _ count: Int, _ draft: inout Draft
    ) -> Int {
        var none = NoText()
        return inner.feed(p, i, count, &draft, &none)
    }

    private mutating func beginDocument(_ mode: Mode, _ draft: inout Draft) {
        self.mode = mode
        documentStart = draft.mark
        inner.start(.enter(.document), key: .document)
    }

    private mutating func endDocument(_ draft: inout Draft) {
        documents &+= 1
        if draft.mark.node > documentStart.node { roll.kept(documentStart, in: &draft) }
    }

    private mutating func giveUp(_ draft: inout Draft) {
        mode = .prose
        draft.truncate(to: start)
    }

    private mutating func endLine() {
        mode = .lineStart
        fieldName.removeAll(keepingCapacity: true)
    }

    /// Whether the text is an event stream, by its first bytes: WHATWG HTML §9.2.
    private mutating func decideField() {
        if fieldName.elementsEqual(Self.dataField) {
            isEvents = true
            mode = .data
        } else if Self.otherFields.contains(where: { fieldName.elementsEqual($0) }) {
            isEvents = true
            mode = .line
        } else if !Self.dataField.starts(with: fieldName),
            !Self.otherFields.contains(where: { $0.starts(with: fieldName) })
        {
            mode = .prose
        }
    }

    private static let dataField = Array("data:".utf8)
    private static let otherFields = ["event:", "id:", ":"].map { Array($0.utf8) }

    private static func opens(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "{") || byte == UInt8(ascii: "[")
    }
}

/// Texts inside texts: there are none.
private struct NoText: TextSink {
    mutating func begin(node: Int, in draft: inout Draft) {}
    mutating func feed(_ p: UnsafePointer<UInt8>, _ count: Int, in draft: inout Draft) {}
    mutating func end(in draft: inout Draft) {}
}

/// Counts the lines that open or close a fenced code block: up to three spaces, then three
/// backticks (CommonMark §4.5).
struct FenceCounter {
    /// Such a line was seen an odd number of times.
    private(set) var isOpen = false
    /// At the beginning of a line: the spaces and backticks of it so far; -1 when further on.
    private var spaces = 0
    private var ticks = 0

    private static let tick = UInt8(ascii: "`")
    private static let space = UInt8(ascii: " ")

    mutating func feed(_ p: UnsafePointer<UInt8>, _ count: Int) {
        var i = continueLine(p, 0, count)
        while i < count {
            let hit = ByteSearch.first(Self.tick, p, i, count)
            if hit == count { break }
            var begin = hit
            while begin > i, hit &- begin < 4, p[begin &- 1] == Self.space { begin &-= 1 }
            if begin > 0, p[begin &- 1] == ByteSearch.newline, hit &- begin <= 3 {
                (spaces, ticks) = (hit &- begin, 0)
                i = continueLine(p, hit, count)
            } else {
                i = hit &+ 1
            }
        }
        guard spaces < 0, count > 0 else { return }
        // The chunk may end in the beginning of a line.
        var begin = count
        while begin > 0, count &- begin < 4, p[begin &- 1] == Self.space { begin &-= 1 }
        if begin > 0, p[begin &- 1] == ByteSearch.newline, count &- begin <= 3 {
            (spaces, ticks) = (count &- begin, 0)
        }
    }

    /// Goes on in the beginning of a line; returns the first index that was not decided on.
    private mutating func continueLine(
        _ p: UnsafePointer<UInt8>, _ start: Int, _ count: Int
    ) -> Int {
        var i = start
        while spaces >= 0, i < count {
            let byte = p[i]
            if byte == Self.tick {
                ticks &+= 1
                i &+= 1
                if ticks == 3 {
                    isOpen.toggle()
                    spaces = -1
                }
            } else if byte == Self.space, ticks == 0, spaces < 3 {
                spaces &+= 1
                i &+= 1
            } else if byte == ByteSearch.newline {
                (spaces, ticks) = (0, 0)
                i &+= 1
            } else {
                spaces = -1
            }
        }
        return i
    }
}

/// The first and the last bytes of a text.
struct TextEnds {
    private(set) var head: [UInt8] = []
    private var last: [UInt8] = []
    private var length = 0

    var isLongerThanHead: Bool { length > Limits.textHeadBytesMax }
    var isLongerThanTail: Bool { length > Limits.textTailBytesMax }
    var tail: ArraySlice<UInt8> { last.suffix(Limits.textTailBytesMax) }

    mutating func reset() {
        head.removeAll(keepingCapacity: true)
        last.removeAll(keepingCapacity: true)
        length = 0
    }

    mutating func feed(_ p: UnsafePointer<UInt8>, _ count: Int) {
        length &+= count
        let room = min(count, Limits.textHeadBytesMax &- head.count)
        if room > 0 { head.append(contentsOf: UnsafeBufferPointer(start: p, count: room)) }
        let max = Limits.textTailBytesMax
        if count >= max {
            last.removeAll(keepingCapacity: true)
            last.append(contentsOf: UnsafeBufferPointer(start: p + (count &- max), count: max))
            return
        }
        if last.count &+ count > 2 &* max { last.removeFirst(last.count &- max) }
        last.append(contentsOf: UnsafeBufferPointer(start: p, count: count))
    }
}
