import Records

/// Which model calls are in the ledger already, with the little that says whether a later line
/// tells more: 24 bytes each in a table, 16 million at most in a file of ours.
struct KnownMessages: Equatable, Sendable {
    struct Entry: Equatable, Sendable {
        /// 62 bits of the record's id; 0 in an empty place.
        var key: UInt64
        var output: UInt64
        /// Of all counts and the model: whether a later line says something else.
        var fingerprint: UInt32
        var isSidechain: Bool
    }

    private var places: [Entry]
    private(set) var count = 0

    private static let empty = Entry(key: 0, output: 0, fingerprint: 0, isSidechain: false)

    init() { places = Array(repeating: Self.empty, count: 1024) }

    var entries: [Entry] { places.filter { $0.key != 0 } }

    func entry(_ key: UInt64) -> Entry? {
        let place = place(of: key)
        return places[place].key == key ? places[place] : nil
    }

    mutating func insert(_ entry: Entry) {
        guard entry.key != 0 else { return }
        if (count + 1) * 3 > places.count * 2 { grow() }
        let place = place(of: entry.key)
        if places[place].key == 0 { count += 1 }
        places[place] = entry
    }

    /// Where a key is, or would be: the key's bits are a hash's, so its lowest are a place.
    private func place(of key: UInt64) -> Int {
        let mask = places.count - 1
        var place = Int(truncatingIfNeeded: key) & mask
        while places[place].key != 0, places[place].key != key { place = (place + 1) & mask }
        return place
    }

    private mutating func grow() {
        let old = places
        places = Array(repeating: Self.empty, count: old.count * 2)
        for entry in old where entry.key != 0 { places[place(of: entry.key)] = entry }
    }

    static func == (a: KnownMessages, b: KnownMessages) -> Bool {
        a.count == b.count && a.entries.allSatisfy { b.entry($0.key) == $0 }
    }
}

extension KnownMessages.Entry {
    init(_ message: LoggedMessage, key: UInt64) {
        self.init(
            key: key, output: message.usage.output ?? 0,
            fingerprint: Self.fingerprint(message.usage, message.model),
            isSidechain: message.isSidechain)
    }

    /// What a record in the ledger says. Nil where it is none of ours.
    init?(_ record: CallRecord) {
        guard let usage = record.usage, usage.source == .sessionLog,
            let key = Self.key(ofID: record.id)
        else { return nil }
        self.init(
            key: key, output: usage.output ?? 0,
            fingerprint: Self.fingerprint(usage, record.model), isSidechain: false)
    }

    /// The lower half of a UUID; nil for any other text.
    static func key(ofID id: String) -> UInt64? {
        var value: UInt64 = 0
        var digits = 0
        for byte in id.utf8 where byte != UInt8(ascii: "-") {
            guard let digit = Hex.value(of: byte) else { return nil }
            value = value << 4 | UInt64(digit)
            digits += 1
        }
        return digits == 32 && value != 0 ? value : nil
    }

    private static func fingerprint(_ usage: TokenUsage, _ model: String?) -> UInt32 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        func add(_ value: UInt64) { hash = (hash ^ value) &* 0x100_0000_01b3 }
        let counts = [
            usage.input, usage.cachedInput, usage.cacheWrite, usage.cacheWrite1h, usage.output,
            usage.reasoning,
        ]
        for value in counts { add(value.map { $0 &+ 1 } ?? 0) }
        for byte in (model ?? "").utf8 { add(UInt64(byte)) }
        return UInt32(truncatingIfNeeded: hash ^ hash >> 32)
    }
}

/// What a message means to the ledger.
enum Verdict {
    case new
    /// In the ledger, and nothing better is known now.
    case known
    /// In the ledger with what was known then; this is the right one.
    case correction
}

extension KnownMessages {
    func verdict(on message: LoggedMessage, key: UInt64) -> Verdict {
        guard let known = entry(key) else { return .new }
        let entry = Entry(message, key: key)
        guard entry.fingerprint != known.fingerprint else { return .known }
        switch message.client {
        case .claudeCode:
            if entry.isSidechain != known.isSidechain {
                return known.isSidechain ? .correction : .known
            }
            return entry.output > known.output ? .correction : .known
        case .gemini: return .correction
        case .codex, .grok: return .known
        }
    }
}
