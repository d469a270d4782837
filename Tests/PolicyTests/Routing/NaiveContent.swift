@testable import Policy

/// The content scanner's twin: one scalar at a time, words as strings, no table of bytes. Slow,
/// obvious, and the oracle of its tests.
struct NaiveContent {
    private(set) var facts = ContentFacts()
    private var line = Line()
    private var word: Word?
    private var wordBefore: String?
    private var ideographBefore: Unicode.Scalar?
    private var isAfterCode = false
    private var isInFence = false
    private var isInFenceOfCode = false
    private var isOperand = false
    private var isOperatorOpen = false
    /// The scalar before, whatever it was.
    private var last: Unicode.Scalar?
    private var lastWasBehindWord = false
    private var backslashIsCommand = false

    private struct Line {
        var shown = ContentLine()
        /// Backticks the line begins with; nil when it began with something else or goes on.
        var ticks: Int? = 0
        var language: String?
        var isFence: Bool { (ticks ?? 0) >= 3 }
    }

    private struct Word {
        var letters: [Unicode.Scalar] = []
        var isCommand = false

        var text: String { String(String.UnicodeScalarView(letters.map(NaiveContent.lower))) }
        var digits: Int { letters.count { ("0"..."9").contains($0) } }
        /// Not too long to be a word at all.
        var isShort: Bool { letters.count <= 32 }
        var isIdentifier: Bool {
            letters.contains("_")
                || zip(letters, letters.dropFirst()).contains {
                    ("a"..."z").contains($0) && ("A"..."Z").contains($1)
                }
        }
        var isGreek: Bool {
            letters.last { !$0.isASCII }.map { (0x370...0x3FF).contains($0.value) } ?? false
        }
    }

    private static let table: [String: ContentWords.Meaning] = {
        var table: [String: ContentWords.Meaning] = [:]
        for (kind, words) in ContentWords.rows {
            for word in words.split(separator: ",") {
                let key = String(String.UnicodeScalarView(word.unicodeScalars.map(lower)))
                table[key, default: ContentWords.Meaning()].add(kind)
            }
        }
        return table
    }()

    /// Latin-1, Greek and Russian have two cases here, as ASCII has.
    private static func lower(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
        let distance: UInt32 =
            switch scalar.value {
            case 0x41...0x5A, 0xC0...0xDE, 0x391...0x3A9, 0x410...0x42F: 0x20
            case 0x400...0x40F: 0x50
            default: 0
            }
        return Unicode.Scalar(scalar.value + distance) ?? scalar
    }

    /// One text, its escapes undone.
    mutating func read(_ text: [Unicode.Scalar]) {
        for scalar in text {
            line.shown.bytes += UInt64(UTF8.width(scalar))
            if scalar.isASCII {
                readASCII(scalar)
            } else {
                readWide(scalar)
            }
            last = scalar
        }
        endLine()
        isAfterCode = false
        isInFence = false
        last = nil
    }

    private mutating func readASCII(_ scalar: Unicode.Scalar) {
        switch scalar {
        case "a"..."z", "A"..."Z", "0"..."9", "_":
            if word == nil { beginWord(behind: last) }
            word?.letters.append(scalar)
        case "\n": endLine()
        case " ", "\t":
            endWord()
            if !line.shown.hasBegun { line.shown.indent += scalar == " " ? 1 : 4 }
        case "\0"..<" ": endWord()
        default: readSign(scalar)
        }
    }

    private mutating func beginWord(behind before: Unicode.Scalar?) {
        word = Word()
        line.shown.hasBegun = true
        word?.isCommand = before == "\\" && backslashIsCommand
        if before == ".", lastWasBehindWord { line.shown.signs += 1 }
        if before == "<" || before == "$" { line.shown.signs += 1 }
        if !line.isFence { line.ticks = nil }
    }

    private mutating func endWord() {
        guard let ended = word else { return }
        word = nil
        line.shown.words += 1
        line.shown.lastSign = 0
        if ended.isIdentifier, ended.isShort { line.shown.signs += 1 }
        let isTerm = ended.letters.count - ended.digits <= 1
        if isTerm, isOperatorOpen || ended.isGreek { line.shown.mathematics += 1 }
        isOperand = isTerm
        isOperatorOpen = false
        if ended.digits < ended.letters.count, ended.isShort {
            if let meaning = Self.table[ended.text] {
                if line.shown.words == 1 { line.shown.beginsWithKeyword = meaning.keyword > 0 }
                if ended.isCommand { line.shown.latex += Int(meaning.latex) }
                count(meaning)
            }
            if let wordBefore, let meaning = Self.table["\(wordBefore) \(ended.text)"] {
                count(meaning)
            }
        }
        if line.isFence, line.language == nil { line.language = ended.text }
        wordBefore = ended.text
        ideographBefore = nil
        couldBeDirectory = !ended.isCommand && ended.letters.count > 2
    }

    /// The word that ended last; a backslash behind it goes on with a path.
    private var couldBeDirectory = false

    private mutating func count(_ meaning: ContentWords.Meaning) {
        line.shown.keywords += Int(meaning.keyword)
        line.shown.programming += Int(meaning.programming)
        line.shown.mathematics += Int(meaning.mathematics)
        line.shown.reasoning += Int(meaning.reasoning)
    }

    private static let codePairs: Set<String> = [
        "==", "!=", "=>", "->", "&&", "||", "::", ":=", "+=", "-=", "</", "/>", "/*", "*/", "()",
        "[]",
    ]

    private mutating func readSign(_ sign: Unicode.Scalar) {
        let isBehindWord = word != nil
        endWord()
        line.shown.hasBegun = true
        line.shown.lastSign = UInt8(ascii: sign)
        if sign == "\\" {
            backslashIsCommand = last != ":" && !(isBehindWord && couldBeDirectory)
        }
        if !line.isFence, let ticks = line.ticks {
            line.ticks = sign == "`" ? ticks + 1 : nil
        }
        lastWasBehindWord = isBehindWord
        let before = last.map { $0 } ?? "\0"
        if "{};".unicodeScalars.contains(sign) { line.shown.signs += 1 }
        if "([".unicodeScalars.contains(sign) {
            if isBehindWord { line.shown.signs += 1 }
            if before == "\\" { line.shown.latex += 1 }
        }
        if sign == "=", before == " " { line.shown.signs += 1 }
        if sign == "$", before == "$" { line.shown.latex += 1 }
        if Self.codePairs.contains("\(before)\(sign)") { line.shown.signs += 2 }
        if sign == "^", isOperand { line.shown.mathematics += 1 }
        switch sign {
        case "^", "=", "+", "*", "<", ">": (isOperatorOpen, isOperand) = (isOperand, false)
        case ")": isOperand = true
        case "(", "-": break
        default: (isOperatorOpen, isOperand) = (false, false)
        }
        if sign != "-", sign != "'" { endPhrase() }
    }

    private mutating func endPhrase() {
        wordBefore = nil
        ideographBefore = nil
    }

    private mutating func readWide(_ scalar: Unicode.Scalar) {
        line.shown.hasBegun = true
        switch scalar.value {
        case 0xB1...0xB3, 0xB9, 0xD7, 0xF7, 0x2070...0x209F, 0x2200...0x22FF, 0x2A00...0x2AFF,
            0x1D400...0x1D7FF:
            endWord()
            line.shown.mathematics += 1
            isOperand = true
        case 0x80...0xBF, 0x2000...0x206F, 0x3000...0x303F, 0xFF00...0xFF20:
            endWord()
            endPhrase()
        case 0x3040...0x30FF, 0x3400...0x9FFF, 0xAC00...0xD7A3, 0x20000...0x3FFFF:
            endWord()
            line.shown.ideographs += 1
            line.shown.lastSign = 0
            if let before = ideographBefore, let meaning = Self.table["\(before)\(scalar)"] {
                count(meaning)
            }
            ideographBefore = scalar
        default:
            if word == nil { beginWord(behind: nil) }
            word?.letters.append(scalar)
        }
    }

    private mutating func endLine() {
        endWord()
        if line.isFence {
            isInFence.toggle()
            isAfterCode = false
            if isInFence {
                isInFenceOfCode = line.language.flatMap { Self.table[$0] }?.isProse != true
                if isInFenceOfCode { facts.fences += 1 }
            }
        } else if isInFence && isInFenceOfCode || line.shown.isCode(afterCode: isAfterCode) {
            isAfterCode = true
            facts.codeBytes += line.shown.bytes
            if line.shown.hasBegun { facts.codeLines += 1 }
        } else {
            isAfterCode = false
            facts.words += UInt64(line.shown.words + (line.shown.ideographs + 1) / 2)
            facts.programming += UInt64(line.shown.programming)
            facts.mathematics += UInt64(line.shown.mathematics + line.shown.latex)
            facts.reasoning += UInt64(line.shown.reasoning)
        }
        facts.bytes += line.shown.bytes
        line = Line()
        endPhrase()
        isOperand = false
        isOperatorOpen = false
    }
}
