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
    /// A bit of every hash of the table, and of one in a hundred others: most words are strangers,
    /// and these few kilobytes, which stay in the nearest cache, send them away.
    private let filter: UnsafePointer<UInt64>

    private static let filterBits = 1 << 16

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
        let filter = UnsafeMutablePointer<UInt64>.allocate(capacity: Self.filterBits / 64)
        filter.initialize(repeating: 0, count: Self.filterBits / 64)
        let slots = UnsafeMutableBufferPointer<Slot>.allocate(capacity: size)
        slots.initialize(repeating: Slot())
        for (hash, meaning) in all {
            var index = Int(truncatingIfNeeded: hash) & mask
            while slots[index].hash != 0 { index = (index + 1) & mask }
            slots[index] = Slot(hash: hash, meaning: meaning)
            filter[Self.filterIndex(hash)] |= Self.filterBit(hash)
        }
        self.filter = UnsafePointer(filter)
        self.slots = UnsafeBufferPointer(slots)
    }

    /// Not 0 for what is in the table, and for few others.
    @inline(__always)
    func mayHold(_ hash: UInt64) -> UInt64 {
        filter[Self.filterIndex(hash)] & Self.filterBit(hash)
    }

    @inline(__always)
    private static func filterIndex(_ hash: UInt64) -> Int {
        Int(truncatingIfNeeded: hash &>> 32) & (filterBits / 64 - 1)
    }

    @inline(__always)
    private static func filterBit(_ hash: UInt64) -> UInt64 { 1 &<< (hash &>> 58) }

    /// What the word or pair of that hash means; nil for most.
    func meaning(_ hash: UInt64) -> Meaning? {
        var index = Int(truncatingIfNeeded: hash) & mask
        // A quarter full at most: there is always a free slot to end at.
        while slots[index].hash != 0 {
            if slots[index].hash == hash { return slots[index].meaning }
            index = (index &+ 1) & mask
        }
        return nil
    }

    /// Of a word of the table: one word, two with a space, or two ideographs.
    private static func hash(of text: some StringProtocol) -> UInt64 {
        let scalars = Array(text.unicodeScalars)
        if scalars.count == 2, scalars.allSatisfy({ isIdeograph($0.value) }) {
            return ContentHash.pair(
                ContentHash.ideograph(scalars[0].value), ContentHash.ideograph(scalars[1].value))
        }
        let words = scalars.split(separator: " ").map { word in
            var hash = ContentHash()
            for scalar in word {
                if scalar.isASCII {
                    hash.add(UInt64(scalar.value), count: 1)
                } else {
                    hash.add(scalar.value)
                }
            }
            return hash.value
        }
        return words.count == 2 ? ContentHash.pair(words[0], words[1]) : words.first ?? 0
    }

    /// Scripts written without spaces (Chinese, Japanese), whose words are found by two signs; and
    /// Korean, whose words have endings.
    @inline(__always)
    static func isIdeograph(_ scalar: UInt32) -> Bool {
        (0x3040...0x30FF).contains(scalar) || (0x3400...0x9FFF).contains(scalar)
            || (0xAC00...0xD7A3).contains(scalar) || (0x20000...0x3FFFF).contains(scalar)
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
