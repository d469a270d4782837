import Wire

/// Where a number stands in a usage object: directly, or in an object inside it.
struct Field: Sendable {
    var outer: Key?
    var key: Key

    init(_ key: Key) { self.key = key }
    init(_ outer: Key, _ key: Key) {
        self.outer = outer
        self.key = key
    }

    func node(of object: Int, in sketch: Sketch) -> Int? {
        guard let outer else { return sketch.child(key, of: object) }
        return sketch.child(outer, of: object).flatMap { sketch.child(key, of: $0) }
    }
}

/// A set of keys, to see at a glance what an object cannot hold.
struct KeySet: Sendable {
    private var bits = (UInt64(0), UInt64(0), UInt64(0), UInt64(0))

    init(_ keys: some Sequence<Key>) {
        for key in keys { insert(key) }
    }

    /// The keys of an object.
    init(of object: Int, in sketch: Sketch) {
        for child in sketch.children(of: object) { insert(sketch.nodes[child].key) }
    }

    /// Every key there is.
    init(of sketch: Sketch) {
        for node in sketch.nodes { insert(node.key) }
    }

    private mutating func insert(_ key: Key) {
        let bit = UInt64(1) &<< UInt64(key.rawValue & 63)
        switch key.rawValue >> 6 {
        case 0: bits.0 |= bit
        case 1: bits.1 |= bit
        case 2: bits.2 |= bit
        default: bits.3 |= bit
        }
    }

    func union(_ other: KeySet) -> KeySet {
        var union = self
        union.bits.0 |= other.bits.0
        union.bits.1 |= other.bits.1
        union.bits.2 |= other.bits.2
        union.bits.3 |= other.bits.3
        return union
    }

    func intersects(_ other: KeySet) -> Bool {
        bits.0 & other.bits.0 != 0 || bits.1 & other.bits.1 != 0
            || bits.2 & other.bits.2 != 0 || bits.3 & other.bits.3 != 0
    }
}

/// The numbers of one usage object as they stood, before they are made comparable.
struct Counts: Equatable {
    /// Index in `Dialect.all`: the smaller, the more specific.
    var dialect: Int
    var input: UInt64?
    /// Input that the dialect counts apart (Gemini's tool-use prompt).
    var extraInput: UInt64?
    var cached: UInt64?
    var write: UInt64?
    var write1h: UInt64?
    /// `write` by lifetime was given, five minutes and one hour.
    var hasSplit = false
    var output: UInt64?
    var reasoning: UInt64?
    var total: UInt64?

    init(dialect: Int) { self.dialect = dialect }

    /// Some number is not zero; all zeros mean that nothing was reported.
    var isReported: Bool {
        (input ?? 0) > 0 || (extraInput ?? 0) > 0 || (cached ?? 0) > 0 || (write ?? 0) > 0
            || (output ?? 0) > 0 || (reasoning ?? 0) > 0
    }

    var isComplete: Bool { input != nil && output != nil }

    /// The numbers of an object in one dialect, or nil if it does not speak it.
    init?(dialect index: Int, of object: Int, in sketch: Sketch) {
        guard Dialect.all.indices.contains(index) else { return nil }
        let dialect = Dialect.all[index]
        guard dialect.isSpoken(by: object, in: sketch) else { return nil }
        self.init(dialect: index)
        func first(_ fields: [Field]) -> UInt64? {
            for field in fields {
                if let count = TokenCount.read(field.node(of: object, in: sketch), in: sketch) {
                    return count
                }
            }
            return nil
        }
        input = first(dialect.input)
        extraInput = first(dialect.extraInput)
        cached = first(dialect.cached)
        write = first(dialect.write)
        output = first(dialect.output)
        reasoning = first(dialect.reasoning)
        total = first(dialect.total)
        readSplit(of: object, in: sketch)
        guard isReported, input != nil || output != nil || reasoning != nil else { return nil }
    }

    /// Anthropic's `cache_creation`: what was written for five minutes and for one hour.
    private mutating func readSplit(of object: Int, in sketch: Sketch) {
        guard let split = sketch.child(.cacheCreation, of: object),
            sketch.nodes[split].kind == .object
        else { return }
        let short = TokenCount.read(sketch.child(.ephemeral5m, of: split), in: sketch)
        let long = TokenCount.read(sketch.child(.ephemeral1h, of: split), in: sketch)
        guard let sum = TokenCount.sumOfKnown(short, long) else { return }
        if (write ?? 0) == 0 { write = sum }
        // A split that does not add up belongs to an earlier state of the same message.
        guard sum == write else { return }
        hasSplit = true
        write1h = long
    }

    /// The numbers of an object in the most specific dialect it speaks, or nil if it holds none.
    static func read(of object: Int, in sketch: Sketch) -> Counts? {
        let keys = KeySet(of: object, in: sketch)
        for (index, marks) in Dialect.markKeys.enumerated() where marks.intersects(keys) {
            if let counts = Counts(dialect: index, of: object, in: sketch) { return counts }
        }
        return nil
    }

    /// The numbers of an entry of Anthropic's `iterations`, whose caches may be left out.
    static func readAnthropic(of object: Int, in sketch: Sketch) -> Counts? {
        var counts = read(of: object, in: sketch)
        if let anthropic = Dialect.index(named: "Anthropic Messages") {
            counts?.dialect = anthropic
        }
        return counts
    }

    /// Takes over what a later report of the same call says: newest wins, field by field.
    mutating func update(with newer: Counts) {
        if let write = newer.write, write != self.write, !newer.hasSplit {
            // The older division by lifetime is of another sum.
            hasSplit = false
            write1h = nil
        }
        dialect = min(dialect, newer.dialect)
        input = newer.input ?? input
        extraInput = newer.extraInput ?? extraInput
        cached = newer.cached ?? cached
        write = newer.write ?? write
        write1h = newer.write1h ?? write1h
        hasSplit = hasSplit || newer.hasSplit
        output = newer.output ?? output
        reasoning = newer.reasoning ?? reasoning
        total = newer.total ?? total
    }

    /// Adds the numbers of another call.
    mutating func add(_ other: Counts) {
        input = TokenCount.sumOfKnown(input, other.input)
        extraInput = TokenCount.sumOfKnown(extraInput, other.extraInput)
        cached = TokenCount.sumOfKnown(cached, other.cached)
        write = TokenCount.sumOfKnown(write, other.write)
        write1h = TokenCount.sumOfKnown(write1h, other.write1h)
        output = TokenCount.sumOfKnown(output, other.output)
        reasoning = TokenCount.sumOfKnown(reasoning, other.reasoning)
        total = TokenCount.sumOfKnown(total, other.total)
    }
}
