/// What one byte of a text is to the content scanner, which looks it up and computes with it: texts
/// mix their signs so that no branch on them, and no jump by a table, can be foreseen.
struct ContentByte {
    enum Trait: UInt16 {
        /// An ASCII letter or digit, or `_`.
        case isWord
        /// A sign that only ends what was before it, formula and phrase, like the comma.
        case isSeparator
        /// Shows code by itself.
        case codeSign
        /// `(` and `[`.
        case opens
        /// `^`
        case isPower
        /// Stands between two sides of a formula.
        case isOperator
        /// A formula goes on over it.
        case keepsFormula
        /// `)`, the end of a side of a formula.
        case closes
        /// The words beside it are still side by side.
        case keepsPhrase
        /// A word behind it is a name as code has them.
        case marksName
        /// `.`
        case isDot
    }

    private var traits: UInt16 = 0
    /// Its row in the points of pairs when it is the first of two, its column when the second.
    private var row: UInt8 = 0
    private var column: UInt8 = 0

    /// 1 if the byte has it, else 0.
    @inline(__always)
    func has(_ trait: Trait) -> Int { Int(traits &>> trait.rawValue & 1) }
}

/// All bytes, and what each two of them show together. Made once for the process's life, so that
/// looking up needs neither lock nor count.
///
/// Unchecked, because it points at memory that is written before anyone sees it and never after.
struct ContentBytes: @unchecked Sendable {
    private let bytes: UnsafePointer<ContentByte>
    /// Of a row and a column: points for code, and from the third bit on for LaTeX.
    private let pairs: UnsafePointer<UInt8>

    static let shared = ContentBytes()

    @inline(__always)
    subscript(byte: UInt8) -> ContentByte { bytes[Int(byte)] }

    /// What a byte shows behind another: points for code and for LaTeX.
    @inline(__always)
    func points(_ first: UInt8, _ second: ContentByte) -> (signs: Int, latex: Int) {
        let points = pairs[self[first].index(before: second)]
        return (Int(points & 3), Int(points &>> 2))
    }

    /// Two signs that stand together in code and hardly elsewhere.
    private static let codePairs = [
        "==", "!=", "=>", "->", "&&", "||", "::", ":=", "+=", "-=", "</", "/>", "/*", "*/", "()",
        "[]",
    ]
    private static let latexPairs = ["\\(", "\\[", "$$"]
    private static let assignment = " ="

    private init() {
        let bytes = UnsafeMutablePointer<ContentByte>.allocate(capacity: 256)
        for byte in UInt8.min...UInt8.max {
            (bytes + Int(byte)).initialize(to: ContentByte(byte))
        }
        // The first row and column are those of bytes that are in no pair; there is room for
        // fifteen more.
        let pairs = UnsafeMutablePointer<UInt8>.allocate(capacity: 256)
        pairs.initialize(repeating: 0, count: 256)
        var (rows, columns): (UInt8, UInt8) = (0, 0)
        func add(_ pair: String, _ points: UInt8) {
            let (first, second) = (Int(pair.utf8.first ?? 0), Int(pair.utf8.last ?? 0))
            bytes[first].place(row: &rows)
            bytes[second].place(column: &columns)
            pairs[bytes[first].index(before: bytes[second])] = points
        }
        for pair in Self.codePairs { add(pair, 2) }
        for pair in Self.latexPairs { add(pair, 1 << 2) }
        add(Self.assignment, 1)
        for byte in UInt8(0x21)...0x7F { bytes[Int(byte)].settle(byte) }
        self.bytes = UnsafePointer(bytes)
        self.pairs = UnsafePointer(pairs)
    }
}

extension ContentByte {
    @inline(__always)
    fileprivate func index(before second: ContentByte) -> Int {
        Int(row &<< 4 | second.column)
    }

    /// Finds that a sign is a mere separator, when it has all its traits and pairs. A backslash and
    /// a backtick are none: they are looked at by themselves.
    fileprivate mutating func settle(_ byte: UInt8) {
        let beforeWords: UInt16 = 1 << Trait.isDot.rawValue | 1 << Trait.marksName.rawValue
        guard byte != UInt8(ascii: "\\"), byte != UInt8(ascii: "`"),
            traits & ~beforeWords == 0, row == 0, column == 0
        else { return }
        traits |= 1 << Trait.isSeparator.rawValue
    }

    /// Gives it the next row, if it has none.
    fileprivate mutating func place(row last: inout UInt8) {
        guard row == 0 else { return }
        last += 1
        row = last
    }

    fileprivate mutating func place(column last: inout UInt8) {
        guard column == 0 else { return }
        last += 1
        column = last
    }

    fileprivate init(_ byte: UInt8) {
        for trait in Self.traits(of: byte) { traits |= 1 << trait.rawValue }
    }

    private static func traits(of byte: UInt8) -> [Trait] {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
            [.isWord]
        case UInt8(ascii: "{"), UInt8(ascii: "}"), UInt8(ascii: ";"): [.codeSign]
        case UInt8(ascii: "("): [.opens, .keepsFormula]
        case UInt8(ascii: "["): [.opens]
        case UInt8(ascii: ")"): [.closes, .keepsFormula]
        case UInt8(ascii: "^"): [.isPower, .isOperator]
        case UInt8(ascii: "="), UInt8(ascii: "+"), UInt8(ascii: "*"), UInt8(ascii: ">"):
            [.isOperator]
        case UInt8(ascii: "<"): [.isOperator, .marksName]
        case UInt8(ascii: "$"): [.marksName]
        case UInt8(ascii: "."): [.isDot]
        case UInt8(ascii: "-"): [.keepsFormula, .keepsPhrase]
        case UInt8(ascii: "'"): [.keepsPhrase]
        default: []
        }
    }
}
