/// Reads texts a byte at a time and counts what tells code, mathematics and reasoning apart.
///
/// A line is the unit: at its end it is found to be code or not, and only one that is not has its
/// words and formulas counted. All state is in here, and of fixed size.
struct ContentScanner {
    private(set) var facts = ContentFacts()
    private let table: ContentWords
    private var line = ContentLine()
    private var word = Word()
    private var fence = Fence()
    /// The line before was code.
    private var isAfterCode = false
    /// The word before in the same phrase, the ideograph before; 0 for none.
    private var wordBefore: UInt64 = 0
    private var ideographBefore: UInt64 = 0
    /// What stands before could be one side of a formula: a number, a letter alone, a bracket.
    private var isOperand = false
    /// Such a thing and an operator.
    private var isOperatorOpen = false
    private var last: UInt8 = 0
    /// `last` is right behind a word, as in `foo.bar`.
    private var isBehindWord = false
    /// `last` is a backslash that may begin a command of LaTeX, and not go on with a path.
    private var isCommandOpen = false
    /// The last word could be a directory's; `2\pi` is none.
    private var isPathLike = false
    /// A scalar of several bytes, and how many are to come.
    private var scalar: UInt32 = 0
    private var missing = 0

    /// The word that is being read.
    private struct Word {
        var hash = ContentWords.seed
        /// In letters; 0 is none.
        var length = 0
        var digits = 0
        var isCommand = false
        var isGreek = false
        /// The letter before; 0x20 in it says that it was lower case.
        var before: UInt8 = 0
        /// 0x20 in it: a capital stood behind a small letter, `likeThis`.
        var humps: UInt8 = 0
        var hasUnderscore = false

        @inline(__always)
        mutating func add(letter: UInt8) {
            hash = ContentWords.add(letter | 0x20, to: hash)
            length &+= 1
            humps |= before & ~letter
            before = letter
        }
    }

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

    /// Longer ones are no words of any table.
    private static let wordLengthMax = 32

    init(_ table: ContentWords = .shared) { self.table = table }

    mutating func countFile() { facts.files &+= 1 }

    @inline(__always)
    mutating func feed(_ byte: UInt8) {
        line.bytes &+= 1
        if Self.isLetter(byte) {
            if word.length == 0 { beginWord() }
            word.add(letter: byte)
        } else if byte == 0x20 {
            if word.length > 0 { endWord() }
            if !line.hasBegun { line.indent &+= 1 }
        } else {
            other(byte)
        }
        last = byte
    }

    /// Takes the letters that a text has from `start` on, if any, all at once; ends at anything
    /// else.
    @inline(__always)
    mutating func feedLetters(_ text: UnsafeBufferPointer<UInt8>, _ start: Int) -> Int {
        var index = start
        guard index < text.count, Self.isLetter(text[index]) else { return index }
        if word.length == 0 { beginWord() }
        var (hash, before, humps) = (word.hash, word.before, word.humps)
        var letter = text[index]
        repeat {
            hash = ContentWords.add(letter | 0x20, to: hash)
            humps |= before & ~letter
            before = letter
            index &+= 1
            letter = index < text.count ? text[index] : 0
        } while Self.isLetter(letter)
        (word.hash, word.before, word.humps) = (hash, before, humps)
        word.length &+= index &- start
        line.bytes &+= UInt64(index &- start)
        last = before
        return index
    }

    /// Takes a scalar of three bytes, if that is what a text has at `start`.
    @inline(__always)
    mutating func feedThreeBytes(_ text: UnsafeBufferPointer<UInt8>, _ start: Int) -> Int {
        guard start &+ 3 <= text.count, text[start] & 0xF0 == 0xE0 else { return start }
        let bytes = (text[start], text[start &+ 1], text[start &+ 2])
        guard bytes.1 & 0xC0 == 0x80, bytes.2 & 0xC0 == 0x80 else { return start }
        missing = 0
        line.bytes &+= 3
        last = bytes.2
        other(
            scalar: UInt32(bytes.0 & 15) << 12 | UInt32(bytes.1 & 0x3F) << 6
                | UInt32(bytes.2 & 0x3F))
        return start &+ 3
    }

    @inline(__always)
    private static func isLetter(_ byte: UInt8) -> Bool {
        (byte | 0x20) &- UInt8(ascii: "a") < 26
    }

    /// Ends a text: what follows is in another line, phrase and block.
    mutating func endText() {
        endLine()
        fence = Fence()
        isAfterCode = false
        last = 0
        missing = 0
    }

    @inline(never)
    private mutating func other(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"):
            if word.length == 0 { beginWord() }
            word.hash = ContentWords.add(byte, to: word.hash)
            word.length &+= 1
            word.digits &+= 1
            word.before = 0
        case UInt8(ascii: "_"):
            if word.length == 0 { beginWord() }
            word.hash = ContentWords.add(byte, to: word.hash)
            word.length &+= 1
            word.hasUnderscore = true
            word.before = 0
        case 0x0A: endLine()
        case 0x09:
            if word.length > 0 { endWord() }
            if !line.hasBegun { line.indent &+= 4 }
        case 0..<0x20: if word.length > 0 { endWord() }
        case 0x80...: partOfScalar(byte)
        default: sign(byte)
        }
    }

    // MARK: Words

    private mutating func beginWord() {
        line.hasBegun = true
        word.isCommand = isCommandOpen && last == UInt8(ascii: "\\")
        if isBehindWord, last == UInt8(ascii: ".") { line.signs &+= 1 }
        if last == UInt8(ascii: "<") || last == UInt8(ascii: "$") { line.signs &+= 1 }
        if fence.ticks < 3 { fence.ticks = -1 }
    }

    private mutating func endWord() {
        let ended = word
        word = Word()
        line.words &+= 1
        line.lastSign = 0
        let isIdentifier = ended.hasUnderscore || ended.humps & 0x20 != 0
        if isIdentifier, ended.length <= Self.wordLengthMax { line.signs &+= 1 }
        // `x`, `12`, `3x`
        let isTerm = ended.length &- ended.digits <= 1
        if isTerm, isOperatorOpen || ended.isGreek { line.mathematics &+= 1 }
        isOperand = isTerm
        isOperatorOpen = false
        if ended.digits < ended.length, ended.length <= Self.wordLengthMax {
            look(up: ended)
        }
        if fence.ticks >= 3, fence.language == 0 { fence.language = ended.hash }
        wordBefore = ended.hash
        ideographBefore = 0
        isPathLike = !ended.isCommand && ended.length > 2
    }

    @inline(__always)
    private mutating func look(up word: Word) {
        if let meaning = table.meaning(word.hash) {
            if line.words == 1 { line.beginsWithKeyword = meaning.keyword > 0 }
            if word.isCommand { line.latex &+= Int(meaning.latex) }
            count(meaning)
        }
        if wordBefore != 0, let meaning = table.meaning(ContentWords.pair(wordBefore, word.hash)) {
            count(meaning)
        }
    }

    private mutating func count(_ meaning: ContentWords.Meaning) {
        line.keywords &+= Int(meaning.keyword)
        line.programming &+= Int(meaning.programming)
        line.mathematics &+= Int(meaning.mathematics)
        line.reasoning &+= Int(meaning.reasoning)
    }

    // MARK: Signs

    private mutating func sign(_ byte: UInt8) {
        let endsWord = word.length > 0
        if endsWord { endWord() }
        line.hasBegun = true
        line.lastSign = byte
        isBehindWord = endsWord
        if byte == UInt8(ascii: "\\") {
            isCommandOpen = last != UInt8(ascii: ":") && !(endsWord && isPathLike)
        }
        if fence.ticks >= 0, fence.ticks < 3 {
            fence.ticks = byte == UInt8(ascii: "`") ? fence.ticks &+ 1 : -1
        }
        var isOperator = false
        var endsPhrase = true
        switch byte {
        case UInt8(ascii: "{"), UInt8(ascii: "}"), UInt8(ascii: ";"): line.signs &+= 1
        case UInt8(ascii: "("), UInt8(ascii: "["):
            if endsWord { line.signs &+= 1 }
            if last == UInt8(ascii: "\\") { line.latex &+= 1 }
        case UInt8(ascii: ")"): isOperand = true
        case UInt8(ascii: "$"): if last == byte { line.latex &+= 1 }
        case UInt8(ascii: "^"):
            if isOperand { line.mathematics &+= 1 }
            isOperator = true
        case UInt8(ascii: "="):
            if last == 0x20 { line.signs &+= 1 }
            isOperator = true
        case UInt8(ascii: "+"), UInt8(ascii: "*"), UInt8(ascii: "<"), UInt8(ascii: ">"):
            isOperator = true
        case UInt8(ascii: "-"): endsPhrase = false
        case UInt8(ascii: "'"): endsPhrase = false
        default: break
        }
        if Self.isCodePair(last, byte) { line.signs &+= 2 }
        if isOperator {
            isOperatorOpen = isOperand
            isOperand = false
        } else if byte != UInt8(ascii: "("), byte != UInt8(ascii: ")"), byte != UInt8(ascii: "-") {
            isOperand = false
            isOperatorOpen = false
        }
        if endsPhrase {
            wordBefore = 0
            ideographBefore = 0
        }
    }

    /// Two signs that stand together in code and hardly elsewhere.
    @inline(__always)
    private static func isCodePair(_ first: UInt8, _ second: UInt8) -> Bool {
        switch (first, second) {
        case (UInt8(ascii: "="), UInt8(ascii: "=")), (UInt8(ascii: "!"), UInt8(ascii: "=")),
            (UInt8(ascii: "="), UInt8(ascii: ">")), (UInt8(ascii: "-"), UInt8(ascii: ">")),
            (UInt8(ascii: "&"), UInt8(ascii: "&")), (UInt8(ascii: "|"), UInt8(ascii: "|")),
            (UInt8(ascii: ":"), UInt8(ascii: ":")), (UInt8(ascii: ":"), UInt8(ascii: "=")),
            (UInt8(ascii: "+"), UInt8(ascii: "=")), (UInt8(ascii: "-"), UInt8(ascii: "=")),
            (UInt8(ascii: "<"), UInt8(ascii: "/")), (UInt8(ascii: "/"), UInt8(ascii: ">")),
            (UInt8(ascii: "/"), UInt8(ascii: "*")), (UInt8(ascii: "*"), UInt8(ascii: "/")),
            (UInt8(ascii: "("), UInt8(ascii: ")")), (UInt8(ascii: "["), UInt8(ascii: "]")):
            true
        default: false
        }
    }

    // MARK: Beyond ASCII

    /// A byte of a scalar of several; the text is valid UTF-8, and if it is not, nothing is read
    /// that is not there.
    private mutating func partOfScalar(_ byte: UInt8) {
        if byte & 0xC0 == 0x80 {
            guard missing > 0 else { return }
            scalar = scalar << 6 | UInt32(byte & 0x3F)
            missing &-= 1
            if missing == 0 { other(scalar: scalar) }
        } else if byte >= 0xF0 {
            (scalar, missing) = (UInt32(byte & 7), 3)
        } else if byte >= 0xE0 {
            (scalar, missing) = (UInt32(byte & 15), 2)
        } else {
            (scalar, missing) = (UInt32(byte & 31), 1)
        }
    }

    private mutating func other(scalar: UInt32) {
        line.hasBegun = true
        switch scalar {
        case 0xB1...0xB3, 0xB9, 0xD7, 0xF7, 0x2070...0x209F, 0x2200...0x22FF, 0x2A00...0x2AFF,
            0x1D400...0x1D7FF:
            // Signs, powers and letters of mathematics.
            if word.length > 0 { endWord() }
            line.mathematics &+= 1
            isOperand = true
        case 0x80...0xBF, 0x2000...0x206F, 0x3000...0x303F, 0xFF00...0xFF20:
            // Punctuation and spaces.
            if word.length > 0 { endWord() }
            wordBefore = 0
            ideographBefore = 0
        case _ where ContentWords.isIdeograph(scalar): ideograph(scalar)
        default:
            if word.length == 0 { beginWord() }
            word.hash = ContentWords.add(scalar, to: word.hash)
            word.length &+= 1
            word.isGreek = (0x370...0x3FF).contains(scalar)
            word.before = 0
        }
    }

    private mutating func ideograph(_ scalar: UInt32) {
        if word.length > 0 { endWord() }
        line.ideographs &+= 1
        let hash = ContentWords.add(scalar, to: ContentWords.seed)
        if ideographBefore != 0,
            let meaning = table.meaning(ContentWords.pair(ideographBefore, hash))
        {
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
        wordBefore = 0
        ideographBefore = 0
        isOperand = false
        isOperatorOpen = false
    }

    private mutating func endFence() {
        fence.isOpen.toggle()
        isAfterCode = false
        guard fence.isOpen else { return }
        fence.isCode = table.meaning(fence.language)?.isProse != true
        if fence.isCode { facts.fences &+= 1 }
    }
}
