import Records
import Reports
import Synchronization

/// What a relay says of a call that it let through or that waits, for all relays to read.
///
/// In a relay's file each has 192 bytes, in the machine's byte order:
///
///       0  state, 8 bytes: 0 free, 1 under way, 2 waiting
///       8  hash of all that follows, 8
///      16  id of the call's record, 16
///      32  when it was let through, or when it began to wait, microseconds since 1970, 8
///      40  what it is expected to cost, billionths of a dollar, 8
///      48  tokens it is expected to use, 8
///      56  until when it waits, microseconds since 1970, 8
///      64  model: its length, 1, and its UTF-8, 63
///     128  agent: likewise
struct ReservationSlot: Equatable {
    enum State: UInt64 { case held = 1, waiting = 2 }

    static let bytes = 192

    var state: State
    var id: Identity
    var time: Int64
    var nanodollars: Int64
    var tokens: UInt64
    var until: Int64 = 0
    /// At most 63 bytes of it.
    var model: String?
    var agent: String?

    private enum Place {
        static let hash = 8
        static let id = 16
        static let time = 32
        static let nanodollars = 40
        static let tokens = 48
        static let until = 56
        static let model = 64
        static let agent = 128
        static let nameBytesMax = 63
    }

    func encode(into bytes: UnsafeMutableRawBufferPointer) {
        guard bytes.count >= Self.bytes else { return }
        _ = bytes.initializeMemory(as: UInt8.self, repeating: 0)
        bytes.storeBytes(of: state.rawValue, as: UInt64.self)
        bytes.storeBytes(of: id.high, toByteOffset: Place.id, as: UInt64.self)
        bytes.storeBytes(of: id.low, toByteOffset: Place.id + 8, as: UInt64.self)
        bytes.storeBytes(of: time, toByteOffset: Place.time, as: Int64.self)
        bytes.storeBytes(of: nanodollars, toByteOffset: Place.nanodollars, as: Int64.self)
        bytes.storeBytes(of: tokens, toByteOffset: Place.tokens, as: UInt64.self)
        bytes.storeBytes(of: until, toByteOffset: Place.until, as: Int64.self)
        Self.put(model, at: Place.model, into: bytes)
        Self.put(agent, at: Place.agent, into: bytes)
        let hash = Self.hash(UnsafeRawBufferPointer(bytes))
        bytes.storeBytes(of: hash, toByteOffset: Place.hash, as: UInt64.self)
    }

    /// Encodes it where others may be reading: what they find is the slot, or nothing, or torn.
    ///
    /// - Parameter bytes: memory that is shared, at an address that an integer may stand at.
    func store(into bytes: UnsafeMutableRawBufferPointer) {
        withUnsafeTemporaryAllocation(byteCount: Self.bytes, alignment: 8) { whole in
            encode(into: whole)
            guard bytes.count >= Self.bytes, let start = bytes.baseAddress,
                let source = whole.baseAddress
            else { return }
            // The hash first and the state last: in between it is free, or its hash is wrong.
            start.storeBytes(of: 0, toByteOffset: Place.hash, as: UInt64.self)
            atomicMemoryFence(ordering: .releasing)
            start.advanced(by: Place.id).copyMemory(
                from: source.advanced(by: Place.id), byteCount: Self.bytes - Place.id)
            atomicMemoryFence(ordering: .releasing)
            start.copyMemory(from: source, byteCount: Place.id)
        }
    }

    /// Frees a slot that others may be reading.
    static func clear(_ bytes: UnsafeMutableRawBufferPointer) {
        guard bytes.count >= Self.bytes else { return }
        bytes.storeBytes(of: 0, as: UInt64.self)
    }

    /// What stands there.
    enum Found: Equatable {
        case free
        case slot(ReservationSlot)
        /// It is being written at this moment, or is no slot.
        case torn
    }

    static func decode(_ bytes: UnsafeRawBufferPointer) -> Found {
        guard bytes.count >= Self.bytes else { return .torn }
        let stateWord = bytes.loadUnaligned(as: UInt64.self)
        if stateWord == 0 { return .free }
        guard let state = State(rawValue: stateWord),
            bytes.loadUnaligned(fromByteOffset: Place.hash, as: UInt64.self) == hash(bytes)
        else { return .torn }
        func integer(_ place: Int) -> Int64 {
            bytes.loadUnaligned(fromByteOffset: place, as: Int64.self)
        }
        func word(_ place: Int) -> UInt64 {
            bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self)
        }
        return .slot(
            ReservationSlot(
                state: state, id: Identity(high: word(Place.id), low: word(Place.id + 8)),
                time: integer(Place.time), nanodollars: integer(Place.nanodollars),
                tokens: word(Place.tokens), until: integer(Place.until),
                model: name(at: Place.model, bytes), agent: name(at: Place.agent, bytes)))
    }

    private static func put(
        _ name: String?, at place: Int, into bytes: UnsafeMutableRawBufferPointer
    ) {
        guard var name else { return }
        name.withUTF8 { utf8 in
            let count = min(utf8.count, Place.nameBytesMax)
            bytes[place] = UInt8(truncatingIfNeeded: count)
            let room = UnsafeMutableRawBufferPointer(rebasing: bytes[(place + 1)...].prefix(count))
            room.copyBytes(from: utf8.prefix(count))
        }
    }

    private static func name(at place: Int, _ bytes: UnsafeRawBufferPointer) -> String? {
        let count = Int(bytes[place])
        guard count > 0, count <= Place.nameBytesMax else { return nil }
        return String(
            decoding: UnsafeRawBufferPointer(rebasing: bytes[place + 1..<place + 1 + count]),
            as: UTF8.self)
    }

    /// Not of the state, which is written alone when the slot becomes free.
    private static func hash(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
        var hash: UInt64 = 0x6d63_706d_736c_6f74
        var place = Place.id
        while place < Self.bytes {
            hash =
                (hash ^ bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self))
                &* 0x9e37_79b9_7f4a_7c15
            hash ^= hash >> 29
            place += 8
        }
        return hash
    }
}
