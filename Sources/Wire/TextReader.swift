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
    private let window = Window()
    private var fieldName: [UInt8] = []

    private var node = 0
    private var start = Draft.Mark(node: 0, arena: 0)
    private var documentStart = Draft.Mark(node: 0, arena: 0)
    /// What the documents before it counted.
    private var answerBefore = (size: TextSize(), isThere: false)
    private var roll = Roll()
    private var documents = 0
    private var sawNewline = false
    private var isEvents = false

    init(vocabulary: Vocabulary) {
        inner = Machine(vocabulary: vocabulary)
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
        window.count = 0
        fieldName.removeAll(keepingCapacity: true)
    }

    mutating func feed(_ p: UnsafePointer<UInt8>, _ count: Int, in draft: inout Draft) {
        if window.count &+ count > Window.capacity { flush(&draft) }
        // What the machine hands over decoded is a character; anything longer is read as it lies.
        if count > Window.capacity {
            read(p, count, &draft)
        } else {
            window.append(p, count)
        }
    }

    mutating func feedEscaped(
        _ p: UnsafePointer<UInt8>, _ start: Int, _ count: Int, in draft: inout Draft
    ) -> Int {
        var i = start
        while true {
            i = window.decode(p, i, count)
            guard window.isFull else { return i }
            flush(&draft)
        }
    }

    private mutating func flush(_ draft: inout Draft) {
        guard window.count > 0 else { return }
        read(UnsafePointer(window.bytes), window.count, &draft)
        window.count = 0
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
        case .eventDocument: dropDocument(&draft)
        case .afterEventDocument: endDocument(&draft)
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
                if p[i] == ByteSearch.newline {
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
                if p[i] != ByteSearch.newline, Machine.isBlank(p[i]) {
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
                    dropDocument(&draft)
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
                    dropDocument(&draft)
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
        answerBefore = (inner.answerSize, inner.hasAnswer)
        inner.start(.enter(.document), key: .document)
    }

    private mutating func endDocument(_ draft: inout Draft) {
        documents &+= 1
        // A document of which only its `type` was kept is a delta of a stream, of which there are
        // thousands; kept, they would crowd out the ones with the counts.
        let first = documentStart.node &+ 1
        if draft.mark.node == first &+ 1, draft.sketch.nodes[first].key == .type {
            draft.truncate(to: documentStart)
        }
        if draft.mark.node > documentStart.node { roll.kept(documentStart, in: &draft) }
    }

    /// What began like a document of an event turned out to be none.
    private mutating func dropDocument(_ draft: inout Draft) {
        draft.truncate(to: documentStart)
        inner.setAnswer(answerBefore.size, answerBefore.isThere)
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
    mutating func feedEscaped(
        _ p: UnsafePointer<UInt8>, _ start: Int, _ count: Int, in draft: inout Draft
    ) -> Int { start }
    mutating func end(in draft: inout Draft) {}
}
