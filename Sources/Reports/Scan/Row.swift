/// What a report needs of one ledger line, in 64 bytes: a million fit into 64 MB.
package struct Row {
    /// Which record a row is of. A lost call is a `begin` that no `call` followed.
    package enum Kind: UInt8 { case call, usage, trace, lost }

    package var id: Identity
    /// Microseconds since 1970.
    package var time: Int64
    /// Microseconds.
    package var duration: UInt64 = 0
    /// Billionths of a dollar; `noCost` when unknown.
    package var nanodollars = Self.noCost
    /// Tokens, `noTokens` when unknown. A trace has its quality (the bits of a double, the higher
    /// half first), its turns and the client's turns here.
    package var input = Self.noTokens
    var cached = Self.noTokens
    package var output = Self.noTokens
    var reasoning = Self.noTokens
    /// Place in `Labels` of the combination of names.
    package var labels: UInt32 = 0
    package var kind: Kind = .call
    package var outcome: Outcome = .ok
    package var direction: Direction = .clientToServer
    package var marks: Marks = []

    package static let noCost = Int64.min
    package static let noTokens = UInt32.max

    /// A count of tokens as a row keeps it: 4,294,967,294 stands for anything larger, which no
    /// model reads.
    static func tokens(_ count: UInt64?) -> UInt32 {
        guard let count else { return noTokens }
        return UInt32(truncatingIfNeeded: min(count, UInt64(noTokens - 1)))
    }

    /// 0 … 1, of a trace.
    var quality: Double? {
        get {
            let value = Double(bitPattern: UInt64(input) << 32 | UInt64(cached))
            return value.isNaN ? nil : value
        }
        set {
            // All ones, as both halves are at first, are no number either.
            let bits = newValue?.bitPattern ?? .max
            input = UInt32(truncatingIfNeeded: bits >> 32)
            cached = UInt32(truncatingIfNeeded: bits)
        }
    }
}

extension Row {
    package struct Marks: OptionSet {
        package let rawValue: UInt8

        package init(rawValue: UInt8) { self.rawValue = rawValue }

        package static let costReported = Marks(rawValue: 1)
        package static let costPriced = Marks(rawValue: 2)
        package static let unpriced = Marks(rawValue: 4)
        /// The tokens are estimates.
        static let estimated = Marks(rawValue: 8)
        /// The tokens are known at all.
        package static let hasUsage = Marks(rawValue: 16)
        /// A share of another record, not a request of its own.
        package static let part = Marks(rawValue: 32)
        /// Another row has the same id and came later.
        static let replaced = Marks(rawValue: 64)
        /// The id is no UUID; `Identity` is a hash of it.
        static let hashedID = Marks(rawValue: 128)
    }
}

/// Outcome of a call, as the ledger names it.
package enum Outcome: UInt8, CaseIterable, Sendable {
    case ok, error, cancelled, lost, blocked

    package var name: StaticString {
        switch self {
        case .ok: "ok"
        case .error: "error"
        case .cancelled: "cancelled"
        case .lost: "lost"
        case .blocked: "blocked"
        }
    }
}

/// Direction of a call, as the ledger names it.
package enum Direction: UInt8, CaseIterable, Sendable {
    case clientToServer, serverToClient, client

    package var name: StaticString {
        switch self {
        case .clientToServer: "client_to_server"
        case .serverToClient: "server_to_client"
        case .client: "client"
        }
    }
}

/// The 128 bits of a UUID, or as many of a hash of an id that is none.
package struct Identity: Hashable, Sendable {
    package var high: UInt64
    package var low: UInt64

    /// The UUID's text.
    var text: String {
        var digits: [UInt8] = []
        digits.reserveCapacity(36)
        for place in 0..<32 {
            if [8, 12, 16, 20].contains(place) { digits.append(UInt8(ascii: "-")) }
            let word = place < 16 ? high : low
            let nibble = UInt8(truncatingIfNeeded: word &>> UInt64(60 &- 4 &* (place & 15))) & 15
            digits.append(
                nibble < 10 ? nibble + UInt8(ascii: "0") : nibble + UInt8(ascii: "a") - 10)
        }
        return String(decoding: digits, as: UTF8.self)
    }

    /// Reads the lower-case text of a UUID; nil for any other.
    init?(uuid bytes: UnsafeRawBufferPointer) {
        guard bytes.count == 36, bytes[8] == UInt8(ascii: "-"), bytes[13] == UInt8(ascii: "-"),
            bytes[18] == UInt8(ascii: "-"), bytes[23] == UInt8(ascii: "-")
        else { return nil }
        func four(_ place: Int) -> UInt64 {
            UInt64(
                UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: place, as: UInt32.self)))
        }
        guard let a = hexadecimal(four(0) | four(4) << 32),
            let b = hexadecimal(four(9) | four(14) << 32),
            let c = hexadecimal(four(19) | four(24) << 32),
            let d = hexadecimal(four(28) | four(32) << 32)
        else { return nil }
        high = a << 32 | b
        low = c << 32 | d
    }

    /// A hash of any text.
    init(hashOf bytes: UnsafeRawBufferPointer) {
        high = hashBytes(bytes, seed: 0x9e37_79b9_7f4a_7c15)
        low = hashBytes(bytes, seed: 0xc2b2_ae3d_27d4_eb4f)
    }

    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// UUIDs that were made in order differ least in their first half.
    package var hash: UInt64 { mix(high ^ (low &* 0x9e37_79b9_7f4a_7c15)) }
}

/// The value of eight lower-case hexadecimal digits, the first in the lowest byte.
@inline(__always)
private func hexadecimal(_ text: UInt64) -> UInt64? {
    let ones: UInt64 = 0x0101_0101_0101_0101
    let nibbles = (text & (0x0f * ones)) &+ 9 &* ((text >> 6) & ones)
    let isLetter = ((nibbles &+ 6 &* ones) >> 4) & ones
    // Written again it must be the same text.
    guard nibbles & (0xf0 * ones) == 0,
        nibbles &+ 0x30 &* ones &+ 0x27 &* isLetter == text
    else { return nil }
    var value = nibbles.byteSwapped
    value = (value | value >> 4) & 0x00ff_00ff_00ff_00ff
    value = (value | value >> 8) & 0x0000_ffff_0000_ffff
    return (value | value >> 16) & 0xffff_ffff
}

/// Spreads every bit over all (the end of MurmurHash3).
@inline(__always)
func mix(_ value: UInt64) -> UInt64 {
    var x = value
    x = (x ^ (x >> 33)) &* 0xff51_afd7_ed55_8ccd
    x = (x ^ (x >> 33)) &* 0xc4ce_b9fe_1a85_ec53
    return x ^ (x >> 33)
}

@inline(__always)
func hashBytes(_ bytes: UnsafeRawBufferPointer, seed: UInt64) -> UInt64 {
    var hash = seed ^ UInt64(truncatingIfNeeded: bytes.count)
    var index = 0
    while index + 8 <= bytes.count {
        hash = mix(hash ^ bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self))
        index += 8
    }
    var rest: UInt64 = 0
    while index < bytes.count {
        rest = rest << 8 | UInt64(bytes[index])
        index += 1
    }
    return mix(hash ^ rest)
}

/// Rows in pieces, so that growing copies nothing, and two stores become one by moving pieces.
struct Rows {
    private static let pieceBits = 13
    private static let pieceCount = 1 << pieceBits
    private(set) var pieces: [[Row]] = []

    /// The place the next row gets. Places are in order; some below may have no row.
    var end: Int {
        guard let last = pieces.last else { return 0 }
        return ((pieces.count - 1) << Self.pieceBits) + last.count
    }

    subscript(place: Int) -> Row {
        get { pieces[place >> Self.pieceBits][place & (Self.pieceCount - 1)] }
        _modify { yield &pieces[place >> Self.pieceBits][place & (Self.pieceCount - 1)] }
    }

    mutating func append(_ row: Row) {
        if pieces.isEmpty || pieces[pieces.count - 1].count == Self.pieceCount {
            pieces.append([])
            pieces[pieces.count - 1].reserveCapacity(Self.pieceCount)
        }
        pieces[pieces.count - 1].append(row)
    }

    /// Takes all rows of another store.
    ///
    /// - Returns: what their places are higher by than they were there.
    mutating func adopt(_ other: consuming Rows) -> Int {
        guard other.end > Self.pieceCount / 2 else {
            let base = end
            // A piece of its own for a handful of rows would waste most of it.
            for row in other.pieces.joined() { append(row) }
            return base
        }
        let base = pieces.count << Self.pieceBits
        pieces += other.pieces
        return base
    }
}
