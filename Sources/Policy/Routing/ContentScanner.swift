/// Reads texts and counts what tells code, mathematics and reasoning apart.
///
/// A line is the unit: at its end it is found to be code or not, and only one that is not has its
/// words and formulas counted. All state is in here, and of fixed size. Words and numbers are taken
/// eight bytes at a time; what follows from a sign is computed rather than branched on.
struct ContentScanner {
    private(set) var facts = ContentFacts()
    private let table: ContentWords
    private let bytes = ContentBytes.shared
    private var line = ContentLine()
    private var word = ContentWord()
    private var fence = Fence()
    /// The line before was code.
    private var isAfterCode = false
    /// The word before in the same phrase; 0 for none.
    private var wordBefore: UInt64 = 0
    /// 1 if what stands before could be one side of a formula: a number, a letter alone, a bracket.
    private var isOperand = 0
    /// 1 if such a thing and an operator.
    private var isOperatorOpen = 0
    /// The ideograph before in the same phrase; 0 for none. Not beside `wordBefore`, or both would be
    /// loaded at once where one was just stored, which has to wait for the store.
    private var ideographBefore: UInt64 = 0
    /// The byte before; any letter for a letter, anything beyond ASCII for a scalar beyond it.
    private var last: UInt8 = 0
    /// 1 if `last` is right behind a word, as in `foo.bar`.
    private var isBehindWord = 0
    /// `last` is a backslash that may begin a command of LaTeX, and not go on with a path.
    private var isCommandOpen = false
    /// The last word could be a directory's; `2\pi` is none.
    private var isPathLike = false

    /// A block between lines that begin with three backticks.
    private struct Fence {
        var isOpen = false
        /// Its language is none of prose.
        var isCode = false
        /// At the beginning of a line: the backticks; -1 further on.
        var ticks = 0
        /// The first word after them.
        var language: UInt64 = 0
    }

    /// Longer ones are no names.
    private static let wordLengthMax = 32

    init(_ table: ContentWords = .shared) { self.table = table }

    mutating func countFile() { facts.files &+= 1 }

    @inline(__always)
    func traits(of byte: UInt8) -> ContentByte { bytes[byte] }

    /// Any byte of ASCII.
    mutating func feed(_ byte: UInt8) {
        if bytes[byte].has(.isWord) != 0 {
            feed(ContentRun(UInt64(byte)))
        } else if byte < 0x20 {
            feedControl(byte)
        } else if byte == 0x20 {
            feedSpace()
        } else {
            feed(sign: byte)
        }
    }

    /// Ends a text: what follows is in another line, phrase and block.
    mutating func endText() {
        endLine()
        fence = Fence()
        isAfterCode = false
        last = 0
    }

    // MARK: Words

    @inline(__always)
    mutating func feed(_ run: ContentRun) {
        if word.length == 0 { beginWord() }
        word.add(run)
        line.bytes &+= UInt64(truncatingIfNeeded: run.count)
        last = UInt8(ascii: "a")
    }

    @inline(__always)
    mutating func feedSpace() {
        if word.length > 0 { endWord() }
        line.bytes &+= 1
        line.indent &+= line.hasBegun ? 0 : 1
        last = 0x20
    }

    /// Any byte below the space.
    mutating func feedControl(_ byte: UInt8) {
        line.bytes &+= 1
        if word.length > 0 { endWord() }
        if byte == 0x0A {
            endLine()
        } else if byte == 0x09, !line.hasBegun {
            line.indent &+= 4
        }
        last = byte
    }

    @inline(__always)
    private mutating func beginWord() {
        line.hasBegun = true
        word.isCommand = isCommandOpen && last == UInt8(ascii: "\\")
        let before = bytes[last]
        line.signs &+= before.has(.isDot) & isBehindWord &+ before.has(.marksName)
        if fence.ticks < 3 { fence.ticks = -1 }
    }

    @inline(__always)
    private mutating func endWord() {
        let ended = word
        word = ContentWord()
        line.words &+= 1
        line.lastSign = 0
        line.signs &+= ended.isIdentifier && ended.length <= Self.wordLengthMax ? 1 : 0
        // `x`, `12`, `3x`
        let isTerm = ended.length &- ended.digits <= 1
        isOperand = isTerm ? 1 : 0
        line.mathematics &+= isOperand & (isOperatorOpen | (ended.isGreek ? 1 : 0))
        isOperatorOpen = 0
        let hash = ended.hash.value
        let pair = ContentHash.pair(wordBefore, hash)
        if table.mayHold(hash) | table.mayHold(pair) != 0 {
            look(up: hash, pair, isCommand: ended.isCommand)
        }
        if fence.ticks >= 3, fence.language == 0 { fence.language = hash }
        wordBefore = hash
        ideographBefore = 0
        isPathLike = !ended.isCommand && ended.length > 2
    }

    @inline(never)
    private mutating func look(up hash: UInt64, _ pair: UInt64, isCommand: Bool) {
        if let meaning = table.meaning(hash) {
            if line.words == 1 { line.beginsWithKeyword = meaning.keyword > 0 }
            if isCommand { line.latex &+= Int(meaning.latex) }
            count(meaning)
        }
        if wordBefore != 0, let meaning = table.meaning(pair) { count(meaning) }
    }

    private mutating func count(_ meaning: ContentWords.Meaning) {
        line.keywords &+= Int(meaning.keyword)
        line.programming &+= Int(meaning.programming)
        line.mathematics &+= Int(meaning.mathematics)
        line.reasoning &+= Int(meaning.reasoning)
    }

    // MARK: Signs

    @inline(__always)
    mutating func feed(separator byte: UInt8) {
        let endsWord = word.length > 0
        if endsWord { endWord() }
        line.bytes &+= 1
        line.hasBegun = true
        line.lastSign = byte
        isBehindWord = endsWord ? 1 : 0
        if fence.ticks < 3 { fence.ticks = -1 }
        isOperatorOpen = 0
        isOperand = 0
        endPhrase()
        last = byte
    }

    @inline(__always)
    mutating func feed(sign byte: UInt8) {
        let endsWord = word.length > 0
        if endsWord { endWord() }
        let sign = bytes[byte]
        let points = bytes.points(last, sign)
        let isBehind = endsWord ? 1 : 0
        line.bytes &+= 1
        line.hasBegun = true
        line.lastSign = byte
        line.signs &+= sign.has(.codeSign) &+ sign.has(.opens) & isBehind &+ points.signs
        line.latex &+= points.latex
        line.mathematics &+= sign.has(.isPower) & isOperand
        isBehindWord = isBehind
        if byte == UInt8(ascii: "\\") {
            isCommandOpen = last != UInt8(ascii: ":") && !(endsWord && isPathLike)
        }
        if fence.ticks >= 0, fence.ticks < 3 {
            fence.ticks = byte == UInt8(ascii: "`") ? fence.ticks &+ 1 : -1
        }
        let goesOn = sign.has(.keepsFormula)
        isOperatorOpen = goesOn & isOperatorOpen | sign.has(.isOperator) & isOperand
        isOperand = goesOn & isOperand | sign.has(.closes)
        let kept = 0 &- UInt64(truncatingIfNeeded: sign.has(.keepsPhrase))
        wordBefore &= kept
        ideographBefore &= kept
        last = byte
    }

    @inline(__always)
    private mutating func endPhrase() {
        wordBefore = 0
        ideographBefore = 0
    }

    // MARK: Beyond ASCII

    /// Any scalar beyond ASCII, of so many bytes.
    @inline(__always)
    mutating func feed(wide scalar: UInt32, bytes: UInt64) {
        line.bytes &+= bytes
        line.hasBegun = true
        last = 0x80
        switch scalar {
        // Most scripts.
        case 0x100...0x1FFF: letter(scalar)
        case 0x4E00...0x9FFF: ideograph(scalar)
        default: rarer(scalar)
        }
    }

    private mutating func rarer(_ scalar: UInt32) {
        switch scalar {
        case 0xB1...0xB3, 0xB9, 0xD7, 0xF7, 0x2070...0x209F, 0x2200...0x22FF, 0x2A00...0x2AFF,
            0x1D400...0x1D7FF:
            // Signs, powers and letters of mathematics.
            if word.length > 0 { endWord() }
            line.mathematics &+= 1
            isOperand = 1
        case 0x80...0xBF, 0x2000...0x206F, 0x3000...0x303F, 0xFF00...0xFF20:
            // Punctuation and spaces.
            if word.length > 0 { endWord() }
            endPhrase()
        case _ where ContentWords.isIdeograph(scalar): ideograph(scalar)
        default: letter(scalar)
        }
    }

    @inline(__always)
    private mutating func letter(_ scalar: UInt32) {
        if word.length == 0 { beginWord() }
        word.add(scalar)
    }

    private mutating func ideograph(_ scalar: UInt32) {
        if word.length > 0 { endWord() }
        line.ideographs &+= 1
        let hash = ContentHash.ideograph(scalar)
        let pair = ContentHash.pair(ideographBefore, hash)
        if table.mayHold(pair) != 0, ideographBefore != 0, let meaning = table.meaning(pair) {
            count(meaning)
        }
        ideographBefore = hash
        line.lastSign = 0
    }

    // MARK: Lines

    private mutating func endLine() {
        if word.length > 0 { endWord() }
        if fence.ticks >= 3 {
            endFence()
        } else if fence.isOpen && fence.isCode || line.isCode(afterCode: isAfterCode) {
            isAfterCode = true
            facts.codeBytes &+= line.bytes
            if line.hasBegun { facts.codeLines &+= 1 }
        } else {
            isAfterCode = false
            facts.words &+= UInt64(line.words &+ (line.ideographs &+ 1) / 2)
            facts.programming &+= UInt64(line.programming)
            facts.mathematics &+= UInt64(line.mathematics &+ line.latex)
            facts.reasoning &+= UInt64(line.reasoning)
        }
        facts.bytes &+= line.bytes
        line = ContentLine()
        fence.ticks = 0
        fence.language = 0
        endPhrase()
        isOperand = 0
        isOperatorOpen = 0
    }

    private mutating func endFence() {
        fence.isOpen.toggle()
        isAfterCode = false
        guard fence.isOpen else { return }
        fence.isCode = table.meaning(fence.language)?.isProse != true
        if fence.isCode { facts.fences &+= 1 }
    }
}
