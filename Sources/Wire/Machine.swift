/// Takes the strings that are texts of an answer; the machine inside a text has none.
protocol TextSink {
    mutating func begin(node: Int, in draft: inout Draft)
    /// Decoded bytes.
    mutating func feed(_ p: UnsafePointer<UInt8>, _ count: Int, in draft: inout Draft)
    /// Bytes as they stand in the JSON string, which `start` is in and outside any escape.
    ///
    /// - Returns: how far it got: to the closing quote, an escape it leaves to the caller, or `count`.
    mutating func feedEscaped(
        _ p: UnsafePointer<UInt8>, _ start: Int, _ count: Int, in draft: inout Draft
    ) -> Int
    mutating func end(in draft: inout Draft)
}

/// Reads one JSON value, however its bytes are cut, and draws what the rules keep of it.
///
/// State and loop stand together: the loop is the scanner's hot path. What the rules skip is passed
/// over by quotes and brackets alone; what they look at is held to the grammar of RFC 8259, except
/// that control characters are taken in strings.
struct Machine {
    enum State: UInt8 {
        /// Nothing begun, or the value is complete, or it is no JSON.
        case idle, done, invalid
        // Between tokens.
        case value, firstElement, firstKey, key, colon, comma
        // Inside a token that is looked at.
        case string, escape, unicode, scalar
        // Inside something that is passed over.
        case skippedString, skippedScalar, skippedContainer
    }

    /// What becomes of the string that is being read.
    private enum Use: UInt8 { case key, keep, digest, count, text }

    /// An open object or array of the part that is looked at.
    private struct Level {
        var region: Region
        var isArray: Bool
        var measure: Measure
        /// As `Rule.of` wants it.
        var depth: UInt8
        /// Its node, or -1 if it has none.
        var node: Int32
        /// The node its children stand in.
        var parent: Int32
        /// The rule of an array's elements.
        var rule: Rule
        var mark: Draft.Mark
        var roll = Roll()
        /// Its node stays even if nothing is in it.
        var isPinned = false
        /// A child was kept that makes a tool worth keeping.
        var hasDefault = false
    }

    private(set) var state = State.idle
    private let vocabulary: Vocabulary

    // Measures of the value, and of the string being counted.
    private(set) var argumentSize = TextSize()
    private(set) var promptSize = TextSize()
    private(set) var answerSize = TextSize()
    private(set) var hasAnswer = false
    private(set) var hasPromptArgument = false
    private var counter = TextCounter()
    private var data = DataDetector()

    private var levels: [Level] = []
    private var entry = Vocabulary.Entry(key: .root, traits: [])
    private var rule = Rule.skip
    private var isPromptLike = false

    private var use = Use.key
    private var measure = Measure.answer
    /// The node of the string or scalar being read, or -1.
    private var node = -1
    private var digest = StringDigest()
    private var scratch: [UInt8] = []
    private var isScratchCut = false
    private var highSurrogate: UInt32 = 0
    private var hexDigits = 0
    private var hexValue: UInt32 = 0
    private var number = NumberGrammar()
    private var skippedDepth = 0
    private var isSkippedEscape = false

    init(vocabulary: Vocabulary) {
        self.vocabulary = vocabulary
        levels.reserveCapacity(Limits.depthMax)
        scratch.reserveCapacity(Vocabulary.spellingBytesMax &+ 1)
    }

    /// Makes ready for a value that is held to a rule.
    ///
    /// - Parameter parent: the node it will stand in, -1 for the root of a message.
    mutating func start(_ rule: Rule, key: Key) {
        state = .value
        self.rule = rule
        entry = Vocabulary.Entry(key: key, traits: [])
        isPromptLike = false
        levels.removeAll(keepingCapacity: true)
        skippedDepth = 0
        isSkippedEscape = false
        highSurrogate = 0
    }

    mutating func resetMeasures() {
        argumentSize = TextSize()
        promptSize = TextSize()
        answerSize = TextSize()
        hasAnswer = false
        hasPromptArgument = false
    }

    /// Goes back to what was counted before a document that turned out to be none.
    mutating func setAnswer(_ size: TextSize, _ isThere: Bool) {
        answerSize = size
        hasAnswer = isThere
    }

    /// The node that the value's own node stands in.
    var root = 0

    /// Reads on.
    ///
    /// - Returns: the index after the last byte that belonged to the value; less than `count` only
    ///   when the value is complete or invalid.
    mutating func feed(
        _ p: UnsafePointer<UInt8>, _ start: Int, _ count: Int, _ draft: inout Draft,
        _ text: inout some TextSink
    ) -> Int {
        var i = start
        while i < count {
            switch state {
            case .idle, .done, .invalid: return i

            case .skippedContainer:
                i = skipContainer(p, i, count)

            case .skippedString: i = skipString(p, i, count)

            case .skippedScalar:
                while i < count, !Self.endsScalar(p[i]) { i &+= 1 }
                if i < count { endValue() }

            case .string: i = readString(p, i, count, &draft, &text)

            case .escape:
                escape(p[i], &draft, &text)
                i &+= 1

            case .unicode:
                unicode(p[i], &draft, &text)
                i &+= 1

            case .scalar:
                let begin = i
                while i < count, !Self.endsScalar(p[i]) { i &+= 1 }
                addToScratch(p + begin, i &- begin, limit: Vocabulary.spellingBytesMax)
                number.feed(p, begin, i)
                if i < count { endScalar(&draft) }

            case .firstKey, .key:
                i = Self.skipBlanks(p, i, count)
                if i == count { return i }
                if p[i] == ByteSearch.quote {
                    i = beginKey(p, i &+ 1, count)
                } else if state == .firstKey, p[i] == UInt8(ascii: "}") {
                    i &+= 1
                    closeLevel(isArray: false, &draft)
                } else {
                    state = .invalid
                }

            case .colon:
                i = Self.skipBlanks(p, i, count)
                if i == count { return i }
                state = p[i] == UInt8(ascii: ":") ? .value : .invalid
                i &+= 1

            case .value, .firstElement:
                i = Self.skipBlanks(p, i, count)
                if i == count { return i }
                if state == .firstElement, p[i] == UInt8(ascii: "]") {
                    i &+= 1
                    closeLevel(isArray: true, &draft)
                } else {
                    i = beginValue(p, i, &draft, &text)
                }

            case .comma:
                i = Self.skipBlanks(p, i, count)
                if i == count { return i }
                let byte = p[i]
                i &+= 1
                if byte == UInt8(ascii: ",") {
                    nextMember()
                } else if byte == UInt8(ascii: "}") {
                    closeLevel(isArray: false, &draft)
                } else if byte == UInt8(ascii: "]") {
                    closeLevel(isArray: true, &draft)
                } else {
                    state = .invalid
                }
            }
        }
        return i
    }

    // MARK: Structure

    private mutating func nextMember() {
        guard let level = levels.last else {
            state = .invalid
            return
        }
        if level.isArray {
            beginElement(level)
            state = .value
        } else {
            state = .key
        }
    }

    private mutating func beginElement(_ level: Level) {
        rule = level.rule
        entry = Vocabulary.Entry(key: .element, traits: [])
    }

    @inline(__always)
    private mutating func beginKey(_ p: UnsafePointer<UInt8>, _ start: Int, _ count: Int) -> Int {
        let end = ByteSearch.quoteOrBackslash(p, start, count)
        if end < count, p[end] == ByteSearch.quote {
            foundKey(UnsafeRawBufferPointer(start: p + start, count: end &- start))
            return end &+ 1
        }
        use = .key
        scratch.removeAll(keepingCapacity: true)
        isScratchCut = false
        state = .string
        return start
    }

    private mutating func foundKey(_ spelling: UnsafeRawBufferPointer) {
        state = .colon
        // Keys too long to be known are judged by nothing, or a cut in them would show.
        let isLong = spelling.count > Vocabulary.spellingBytesMax
        let bytes = isLong ? UnsafeRawBufferPointer(start: nil, count: 0) : spelling
        guard let level = levels.last else {
            state = .invalid
            return
        }
        isPromptLike = false
        switch level.region {
        case .arguments:
            entry = vocabulary.argument(bytes)
            isPromptLike = Vocabulary.isPromptLike(bytes)
        case .nestedArguments, .countedArguments: entry = vocabulary.argument(bytes)
        case .models, .inputResponses:
            entry = Vocabulary.Entry(key: .named, traits: [])
            if isLong {
                rule = .skip
                return
            }
        default: entry = vocabulary.lookup(bytes)
        }
        rule = Rule.of(entry, in: level.region, depth: Int(level.depth))
        if case .countInside = rule { rule = .countInside(level.measure) }
        if case .count(.answer, let keep) = rule, level.region == .countedAnswer {
            rule = .count(level.measure, keep: keep)
        }
        // Its node will carry the name.
        if entry.key == .named, rule != .skip {
            scratch.removeAll(keepingCapacity: true)
            scratch.append(contentsOf: bytes)
        }
    }

    private mutating func beginValue(
        _ p: UnsafePointer<UInt8>, _ i: Int, _ draft: inout Draft, _ text: inout some TextSink
    ) -> Int {
        let byte = p[i]
        switch byte {
        case ByteSearch.quote:
            beginString(&draft, &text)
            return i &+ 1
        case UInt8(ascii: "{"):
            openLevel(isArray: false, &draft)
            return i &+ 1
        case UInt8(ascii: "["):
            openLevel(isArray: true, &draft)
            return i &+ 1
        default:
            guard !Self.endsScalar(byte), byte != UInt8(ascii: ":") else {
                state = .invalid
                return i
            }
            switch rule {
            case .scalar, .enter(_, scalar: true), .count(_, keep: true):
                isScratchCut = false
                node = addNode(.null, &draft)
                scratch.removeAll(keepingCapacity: true)
                number = NumberGrammar()
                state = .scalar
            default: state = .skippedScalar
            }
            return i
        }
    }

    private mutating func openLevel(isArray: Bool, _ draft: inout Draft) {
        var region: Region
        var hasNode = true
        var measure = Measure.answer
        switch rule {
        case .enter(let next, _):
            // An array inside an array says nothing that the rules could name.
            if isArray, levels.last?.isArray == true {
                skipContainer()
                return
            }
            region = !isArray && next == .content ? .block : next
        case .count(let counted, let keep):
            region = counted.region(kept: keep)
            hasNode = keep
            measure = counted
        case .countInside(let counted):
            region = counted.region(kept: false)
            hasNode = false
            measure = counted
        case .skip, .scalar, .digest, .text:
            skipContainer()
            return
        }
        guard levels.count < Limits.depthMax else {
            state = .invalid
            return
        }
        if isPromptLike, levels.last?.region == .arguments { hasPromptArgument = true }
        let outer = levels.last
        let mark = draft.mark
        var node = -1
        if hasNode {
            node = addNode(isArray ? .array : .object, &draft)
            if node < 0 {
                skipContainer()
                return
            }
        }
        var depth = outer.map { $0.region.isDocument ? $0.depth : 0 } ?? 0
        if !isArray, region.isDocument { depth &+= 1 }
        var level = Level(
            region: region, isArray: isArray, measure: measure, depth: depth,
            node: Int32(truncatingIfNeeded: node),
            parent: Int32(truncatingIfNeeded: node >= 0 ? node : parentNode), rule: .skip,
            mark: mark)
        if isArray {
            level.rule = Rule.element(of: region)
            if case .count(.answer, let keep) = level.rule {
                level.rule = .count(measure, keep: keep)
            }
        }
        switch entry.key {
        case .params, .result, .error: level.isPinned = outer?.region == .message
        case .arguments: level.isPinned = region == .arguments
        case .root: level.isPinned = true
        default: break
        }
        levels.append(level)
        if isArray {
            beginElement(level)
            state = .firstElement
        } else {
            state = .firstKey
        }
    }

    private mutating func skipContainer() {
        skippedDepth = 1
        state = .skippedContainer
    }

    /// Passes over what is left of a container, as far as the bytes go.
    private mutating func skipContainer(
        _ p: UnsafePointer<UInt8>, _ start: Int, _ count: Int
    ) -> Int {
        var i = start
        var depth = skippedDepth
        while i < count {
            let byte = p[i]
            if byte == ByteSearch.quote {
                let end = ByteSearch.endOfString(p, i &+ 1, count)
                if end.index == count {
                    isSkippedEscape = end.isEscaped
                    state = .skippedString
                    skippedDepth = depth
                    return count
                }
                i = end.index &+ 1
            } else {
                i &+= 1
                // `{` and `[` fold to 0x7b, `}` and `]` to 0x7d.
                let folded = byte | 0x20
                if folded == 0x7b {
                    depth &+= 1
                } else if folded == 0x7d {
                    depth &-= 1
                    if depth == 0 {
                        skippedDepth = 0
                        endValue()
                        return i
                    }
                } else if i &+ 16 <= count, byte != UInt8(ascii: ","), byte != UInt8(ascii: ":") {
                    // Inside a number or literal: the next quote or bracket may be far.
                    i = ByteSearch.quoteOrBracket(p, i, count)
                }
            }
        }
        skippedDepth = depth
        return i
    }

    private mutating func closeLevel(isArray: Bool, _ draft: inout Draft) {
        guard let level = levels.popLast(), level.isArray == isArray else {
            state = .invalid
            return
        }
        let node = Int(level.node)
        if node >= 0 {
            draft.close(node)
            let isUseful = draft.sketch.nodes.count > node &+ 1 || level.isPinned
            if !isUseful || (level.region == .tool && !level.hasDefault) {
                draft.truncate(to: level.mark)
            } else {
                kept(level.mark, &draft)
            }
        }
        if level.hasDefault, !levels.isEmpty {
            levels[levels.count &- 1].hasDefault = level.region != .tool
        }
        endValue()
    }

    /// A child of the innermost open container is there to stay.
    private mutating func kept(_ mark: Draft.Mark, _ draft: inout Draft) {
        guard let level = levels.last else { return }
        let last = levels.count &- 1
        if level.region == .property { levels[last].hasDefault = true }
        guard level.isArray else { return }
        switch level.region {
        case .document, .content, .modelNames, .usage:
            levels[last].roll.kept(mark, in: &draft)
        default: break
        }
    }

    private mutating func endValue() { state = levels.isEmpty ? .done : .comma }

    private var parentNode: Int { levels.last.map { Int($0.parent) } ?? root }

    private mutating func addNode(_ kind: Sketch.Kind, _ draft: inout Draft) -> Int {
        entry.key == .named
            ? scratch.withUnsafeBufferPointer {
                draft.add(.named, kind, parent: parentNode, name: $0) ?? -1
            }
            : draft.add(entry.key, kind, parent: parentNode) ?? -1
    }

    // MARK: Strings

    private mutating func beginString(_ draft: inout Draft, _ text: inout some TextSink) {
        state = .string
        node = -1
        switch rule {
        case .scalar, .enter(_, scalar: true):
            use = .keep
            node = addNode(.string, &draft)
        case .enter:
            guard isAnswer else { return skipString() }
            beginCount(.answer)
        case .digest:
            use = .digest
            digest = StringDigest()
            node = addNode(.digest, &draft)
        case .text:
            use = .text
            node = addNode(.string, &draft)
            guard node >= 0 else { return skipString() }
            text.begin(node: node, in: &draft)
        case .count(let counted, let keep):
            beginCount(counted)
            if keep { node = addNode(.string, &draft) }
        case .skip, .countInside: skipString()
        }
    }

    private var isAnswer: Bool {
        levels.last.map { Rule.isAnswerString(entry, in: $0.region) } ?? false
    }

    private mutating func beginCount(_ counted: Measure) {
        use = .count
        measure = counted
        counter.reset()
        data.reset()
    }

    private mutating func skipString() {
        state = .skippedString
        isSkippedEscape = false
    }

    /// Passes over a string's bytes; also inside a container that is passed over.
    @inline(__always)
    private mutating func skipString(
        _ p: UnsafePointer<UInt8>, _ start: Int, _ count: Int
    ) -> Int {
        var i = start
        if isSkippedEscape {
            guard i < count else { return i }
            isSkippedEscape = false
            i &+= 1
        }
        let end = ByteSearch.endOfString(p, i, count)
        if end.index == count {
            isSkippedEscape = end.isEscaped
            state = .skippedString
            return count
        }
        if skippedDepth > 0 {
            state = .skippedContainer
        } else {
            endValue()
        }
        return end.index &+ 1
    }

    private mutating func readString(
        _ p: UnsafePointer<UInt8>, _ start: Int, _ count: Int, _ draft: inout Draft,
        _ text: inout some TextSink
    ) -> Int {
        var i = start
        while i < count {
            if use == .text, highSurrogate == 0 {
                i = text.feedEscaped(p, i, count, in: &draft)
                if i == count { return i }
            }
            let stop = ByteSearch.quoteOrBackslash(p, i, count)
            if stop > i {
                take(p + i, stop &- i, &draft, &text)
                i = stop
                if i == count { return i }
            }
            if p[i] == ByteSearch.quote {
                endString(&draft, &text)
                return i &+ 1
            }
            i &+= 1
            if i == count || highSurrogate != 0 {
                state = .escape
                return i
            }
            guard let byte = Self.unescaped(p[i]) else {
                state = .escape
                return i
            }
            withUnsafePointer(to: byte) { take($0, 1, &draft, &text) }
            i &+= 1
        }
        return i
    }

    private mutating func escape(_ byte: UInt8, _ draft: inout Draft, _ text: inout some TextSink) {
        state = .string
        if byte == UInt8(ascii: "u") {
            state = .unicode
            hexDigits = 0
            hexValue = 0
        } else if let plain = Self.unescaped(byte) {
            withUnsafePointer(to: plain) { take($0, 1, &draft, &text) }
        } else {
            state = .invalid
        }
    }

    private mutating func unicode(
        _ byte: UInt8, _ draft: inout Draft, _ text: inout some TextSink
    ) {
        let digit: UInt32
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = UInt32(byte &- UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = UInt32(byte &- UInt8(ascii: "a") &+ 10)
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = UInt32(byte &- UInt8(ascii: "A") &+ 10)
        default:
            state = .invalid
            return
        }
        hexValue = hexValue << 4 | digit
        hexDigits &+= 1
        guard hexDigits == 4 else { return }
        state = .string
        let high = highSurrogate
        highSurrogate = 0
        switch hexValue {
        case 0xd800...0xdbff:
            if high != 0 { takeScalar(0xfffd, &draft, &text) }
            highSurrogate = hexValue
        case 0xdc00...0xdfff:
            takeScalar(
                high == 0 ? 0xfffd : 0x10000 &+ (high &- 0xd800) << 10 &+ (hexValue &- 0xdc00),
                &draft, &text)
        default:
            if high != 0 { takeScalar(0xfffd, &draft, &text) }
            takeScalar(hexValue, &draft, &text)
        }
    }

    /// Decoded bytes of the string, after any surrogate that waited in vain for its other half.
    @inline(__always)
    private mutating func take(
        _ p: UnsafePointer<UInt8>, _ count: Int, _ draft: inout Draft, _ text: inout some TextSink
    ) {
        if highSurrogate != 0 {
            highSurrogate = 0
            takeScalar(0xfffd, &draft, &text)
        }
        switch use {
        case .key: addToScratch(p, count, limit: Vocabulary.spellingBytesMax &+ 1)
        case .keep:
            if node >= 0 { draft.append(to: node, p, count, limit: Limits.stringBytesMax) }
        case .digest: digest.feed(p, count)
        case .count:
            counter.feed(p, count)
            if measure == .arguments { data.feed(p, count) }
            if node >= 0 { draft.append(to: node, p, count, limit: Limits.stringBytesMax) }
        case .text: text.feed(p, count, in: &draft)
        }
    }

    private mutating func takeScalar(
        _ scalar: UInt32, _ draft: inout Draft, _ text: inout some TextSink
    ) {
        let encoded = UTF8.encode(Unicode.Scalar(scalar) ?? "\u{fffd}")
        guard let encoded else { return }
        var bytes: (UInt8, UInt8, UInt8, UInt8) = (0, 0, 0, 0)
        withUnsafeMutableBytes(of: &bytes) { buffer in
            var length = 0
            for byte in encoded where length < 4 {
                buffer[length] = byte
                length &+= 1
            }
            guard let base = buffer.baseAddress else { return }
            take(base.assumingMemoryBound(to: UInt8.self), length, &draft, &text)
        }
    }

    private mutating func endString(_ draft: inout Draft, _ text: inout some TextSink) {
        if highSurrogate != 0 {
            highSurrogate = 0
            takeScalar(0xfffd, &draft, &text)
        }
        switch use {
        case .key:
            let bytes = scratch
            bytes.withUnsafeBytes { foundKey($0) }
            return
        case .keep: keptNode(&draft)
        case .digest:
            if node >= 0 {
                draft.setValue(node, digest.hexadecimal)
                keptNode(&draft)
            }
        case .count:
            endCount()
            keptNode(&draft)
        case .text:
            text.end(in: &draft)
            keptNode(&draft)
        }
        endValue()
    }

    private mutating func endCount() {
        let size = counter.finish()
        switch measure {
        case .arguments:
            guard !data.isData else { return }
            argumentSize += size
            if isPromptLike, !size.isEmpty, levels.last?.region == .arguments {
                hasPromptArgument = true
            }
        case .prompt: promptSize += size
        case .answer:
            answerSize += size
            hasAnswer = true
        }
    }

    /// The scalar's node is there to stay.
    private mutating func keptNode(_ draft: inout Draft) {
        guard node >= 0 else { return }
        draft.close(node)
        let n = draft.sketch.nodes[node]
        let arena = n.nameLength > 0 ? n.nameStart : n.valueStart
        kept(Draft.Mark(node: node, arena: Int(arena)), &draft)
    }

    // MARK: Numbers and literals

    private mutating func addToScratch(_ p: UnsafePointer<UInt8>, _ count: Int, limit: Int) {
        let taken = min(count, limit &- scratch.count)
        if taken < count { isScratchCut = true }
        if taken > 0 { scratch.append(contentsOf: UnsafeBufferPointer(start: p, count: taken)) }
    }

    private mutating func endScalar(_ draft: inout Draft) {
        let kind: Sketch.Kind
        if number.isComplete {
            kind = .number
        } else if scratch.elementsEqual("true".utf8) || scratch.elementsEqual("false".utf8) {
            kind = .bool
        } else if scratch.elementsEqual("null".utf8) {
            kind = .null
        } else {
            state = .invalid
            return
        }
        if node >= 0 {
            if kind == .number && isScratchCut || !draft.hasRoom(for: scratch.count) {
                draft.truncate(to: Draft.Mark(node: node, arena: draft.arenaStart(of: node)))
            } else {
                draft.sketch.nodes[node].kind = kind
                if kind != .null {
                    draft.setValue(node, kind == .bool ? scratch[..<1] : scratch[...])
                }
                keptNode(&draft)
            }
        }
        endValue()
    }

    // MARK: Bytes

    @inline(__always)
    private static func skipBlanks(_ p: UnsafePointer<UInt8>, _ start: Int, _ count: Int) -> Int {
        var i = start
        while i < count, isBlank(p[i]) { i &+= 1 }
        return i
    }

    @inline(__always)
    static func isBlank(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09
    }

    @inline(__always)
    private static func endsScalar(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: ",") || byte | 0x20 == 0x7d || isBlank(byte)
    }

    @inline(__always)
    static func unescaped(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "n"): 0x0a
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): byte
        case UInt8(ascii: "t"): 0x09
        case UInt8(ascii: "r"): 0x0d
        case UInt8(ascii: "b"): 0x08
        case UInt8(ascii: "f"): 0x0c
        default: nil
        }
    }
}
