/// The words that tell what a text is about, and how much each tells.
///
/// Found by a hash of their letters, lower case; of two words side by side by both hashes. With 64
/// bits and a few hundred words, a stranger that is taken for one of them is no concern.
///
/// Unchecked, because it points at memory that is written before anyone sees it and never after.
struct ContentWords: @unchecked Sendable {
    /// What a word counts for, in a line that may be code, and in one that is not.
    struct Meaning: Sendable, Equatable {
        var keyword: UInt8 = 0
        var programming: UInt8 = 0
        var mathematics: UInt8 = 0
        var reasoning: UInt8 = 0
        /// After a backslash.
        var latex: UInt8 = 0
        /// After a fence: what it holds is no code.
        var isProse = false
    }

    private struct Slot {
        /// 0: nobody's.
        var hash: UInt64 = 0
        var meaning = Meaning()
    }

    /// Made once for the process's life, so that looking up needs neither lock nor count.
    private let slots: UnsafeBufferPointer<Slot>
    private let mask: Int

    static let shared = ContentWords(rows)

    private init(_ rows: [(kind: Kind, words: String)]) {
        var all: [UInt64: Meaning] = [:]
        for (kind, words) in rows {
            for word in words.split(separator: ",") {
                all[Self.hash(of: word), default: Meaning()].add(kind)
            }
        }
        var size = 64
        while size < all.count * 4 { size *= 2 }
        mask = size - 1
        let slots = UnsafeMutableBufferPointer<Slot>.allocate(capacity: size)
        slots.initialize(repeating: Slot())
        for (hash, meaning) in all {
            var index = Int(truncatingIfNeeded: hash) & mask
            while slots[index].hash != 0 { index = (index + 1) & mask }
            slots[index] = Slot(hash: hash, meaning: meaning)
        }
        self.slots = UnsafeBufferPointer(slots)
    }

    /// What the word or pair of that hash means; nil for most.
    @inline(__always)
    func meaning(_ hash: UInt64) -> Meaning? {
        var index = Int(truncatingIfNeeded: hash) & mask
        // A quarter full at most: there is always a free slot to end at.
        while slots[index].hash != 0 {
            if slots[index].hash == hash { return slots[index].meaning }
            index = (index &+ 1) & mask
        }
        return nil
    }

    // MARK: Hashes

    /// FNV-1a's, with which a word begins.
    static let seed: UInt64 = 0xcbf2_9ce4_8422_2325

    /// An ASCII letter in lower case, a digit or `_`.
    @inline(__always)
    static func add(_ byte: UInt8, to hash: UInt64) -> UInt64 {
        (hash ^ UInt64(byte)) &* 0x100_0000_01b3
    }

    /// Any other letter, in either case.
    static func add(_ scalar: UInt32, to hash: UInt64) -> UInt64 {
        (hash ^ UInt64(lowercase(scalar))) &* 0x100_0000_01b3
    }

    /// Of a word behind another, or of an ideograph behind another.
    @inline(__always)
    static func pair(_ first: UInt64, _ second: UInt64) -> UInt64 {
        (first &* 0x9e37_79b9_7f4a_7c15) ^ second
    }

    /// Of a word of the table: one word, two with a space, or two ideographs.
    static func hash(of text: some StringProtocol) -> UInt64 {
        let scalars = Array(text.unicodeScalars)
        if scalars.count == 2, scalars.allSatisfy({ isIdeograph($0.value) }) {
            return pair(add(scalars[0].value, to: seed), add(scalars[1].value, to: seed))
        }
        var hashes = [seed]
        for scalar in scalars {
            let last = hashes.count - 1
            if scalar == " " {
                hashes.append(seed)
            } else if scalar.isASCII {
                hashes[last] = add(UInt8(truncatingIfNeeded: scalar.value), to: hashes[last])
            } else {
                hashes[last] = add(scalar.value, to: hashes[last])
            }
        }
        return hashes.count == 2 ? pair(hashes[0], hashes[1]) : hashes[0]
    }

    /// Scripts written without spaces (Chinese, Japanese), whose words are found by two signs; and
    /// Korean, whose words have endings.
    static func isIdeograph(_ scalar: UInt32) -> Bool {
        (0x3040...0x30FF).contains(scalar) || (0x3400...0x9FFF).contains(scalar)
            || (0xAC00...0xD7A3).contains(scalar) || (0x20000...0x3FFFF).contains(scalar)
    }

    /// Latin-1, Greek and Russian letters; others have one case or keep theirs.
    private static func lowercase(_ scalar: UInt32) -> UInt32 {
        switch scalar {
        case 0xC0...0xDE, 0x391...0x3A9, 0x410...0x42F: scalar &+ 0x20
        case 0x400...0x40F: scalar &+ 0x50
        default: scalar
        }
    }

    /// What a row of the table says of its words.
    enum Kind {
        case keyword, strongKeyword, programming, strongProgramming, mathematics, strongMathematics
        case reasoning, strongReasoning, latex, prose
    }
}

extension ContentWords.Meaning {
    mutating func add(_ kind: ContentWords.Kind) {
        switch kind {
        case .keyword: keyword = max(keyword, 1)
        case .strongKeyword: keyword = 2
        case .programming: programming = max(programming, 1)
        case .strongProgramming: programming = 2
        case .mathematics: mathematics = max(mathematics, 1)
        case .strongMathematics: mathematics = 2
        case .reasoning: reasoning = max(reasoning, 1)
        case .strongReasoning: reasoning = 3
        case .latex: latex = 2
        case .prose: isProse = true
        }
    }
}
