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
    enum Use: UInt8 { case key, keep, digest, count, text }

    /// An open object or array of the part that is looked at.
    struct Level {
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

    var state = State.idle
    let vocabulary: Vocabulary

    // Measures of the value, and of the string being counted.
    var argumentSize = TextSize()
    var promptSize = TextSize()
    var answerSize = TextSize()
    var hasAnswer = false
    var hasPromptArgument = false
    var counter = TextCounter()
    var data = DataDetector()

    var levels: [Level] = []
    var entry = Vocabulary.Entry(key: .root, traits: [])
    var rule = Rule.skip
    var isPromptLike = false

    var use = Use.key
    var measure = Measure.answer
    /// The node of the string or scalar being read, or -1.
    var node = -1
    var digest = StringDigest()
    var scratch: [UInt8] = []
    var isScratchCut = false
    var highSurrogate: UInt32 = 0
    var hexDigits = 0
    var hexValue: UInt32 = 0
    var number = NumberGrammar()
    var skippedDepth = 0
    var isSkippedEscape = false

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
}
