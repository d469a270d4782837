#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// A name a record bears and a report can be grouped by.
package enum Label: Int, CaseIterable, Sendable {
    case provider, model, tool, server, agent, client, project, eventType
}

/// Which names a record bears: one number for each, 0 for none.
package struct LabelSet: Hashable {
    var values: InlineArray<8, UInt32> = .init(repeating: 0)

    package init() {}

    package subscript(label: Label) -> UInt32 {
        get { values[label.rawValue] }
        set { values[label.rawValue] = newValue }
    }

    package static func == (a: LabelSet, b: LabelSet) -> Bool {
        for index in 0..<8 where a.values[index] != b.values[index] { return false }
        return true
    }

    package func hash(into hasher: inout Hasher) {
        var hash: UInt64 = 0
        for index in 0..<8 { hash = mix(hash ^ UInt64(values[index])) }
        hasher.combine(hash)
    }
}

/// Every name that was met, and every combination of them, each with a number.
///
/// A ledger has few of both: a row keeps the number of its combination.
package struct Labels {
    /// The names of each label; the first stands for none.
    private(set) var texts: [[String]] = Label.allCases.map { _ in [""] }
    package private(set) var sets: [LabelSet] = [LabelSet()]

    private var tables: [NameTable] = Label.allCases.map { _ in NameTable() }
    private var known: [LabelSet: UInt32] = [LabelSet(): 0]
    private var lastSet = LabelSet()
    private var lastPlace: UInt32 = 0

    package init() {}

    /// The number of a name.
    package mutating func place(of label: Label, _ bytes: UnsafeRawBufferPointer) -> UInt32 {
        let place = tables[label.rawValue].place(of: bytes)
        if place == texts[label.rawValue].count {
            texts[label.rawValue].append(String(decoding: bytes, as: UTF8.self))
        }
        return UInt32(truncatingIfNeeded: place)
    }

    /// The number of a combination.
    package mutating func place(of set: LabelSet) -> UInt32 {
        if set == lastSet { return lastPlace }
        lastSet = set
        if let place = known[set] {
            lastPlace = place
        } else {
            lastPlace = UInt32(truncatingIfNeeded: sets.count)
            known[set] = lastPlace
            sets.append(set)
        }
        return lastPlace
    }

    /// The name a combination has; nil for none.
    package func text(_ label: Label, of set: Int) -> String? {
        let place = sets[set][label]
        return place == 0 ? nil : texts[label.rawValue][Int(place)]
    }

    /// Takes another's combinations in; returns their numbers here.
    mutating func merge(_ other: Labels) -> [UInt32] {
        var places: [[UInt32]] = []
        for label in Label.allCases {
            places.append(
                other.texts[label.rawValue].enumerated().map { index, text in
                    guard index > 0 else { return 0 }
                    var text = text
                    return text.withUTF8 { place(of: label, UnsafeRawBufferPointer($0)) }
                })
        }
        return other.sets.map { set in
            var mapped = LabelSet()
            for label in Label.allCases {
                mapped[label] = places[label.rawValue][Int(set[label])]
            }
            return place(of: mapped)
        }
    }
}

/// Numbers for texts, from 1 on, by their bytes.
private struct NameTable {
    private var slots: [UInt32] = Array(repeating: 0, count: 64)
    private var texts: [[UInt8]] = [[]]
    private var last = 0

    mutating func place(of bytes: UnsafeRawBufferPointer) -> Int {
        // A line mostly bears the names of the line before it.
        if last > 0, isEqual(texts[last], bytes) { return last }
        var slot = Int(truncatingIfNeeded: hashBytes(bytes, seed: 1)) & (slots.count - 1)
        while slots[slot] != 0 {
            let place = Int(slots[slot])
            if isEqual(texts[place], bytes) {
                last = place
                return place
            }
            slot = (slot + 1) & (slots.count - 1)
        }
        texts.append(Array(bytes))
        last = texts.count - 1
        slots[slot] = UInt32(truncatingIfNeeded: last)
        if texts.count * 2 > slots.count { grow() }
        return last
    }

    private mutating func grow() {
        slots = Array(repeating: 0, count: slots.count * 2)
        for place in 1..<texts.count {
            let hash = texts[place].withUnsafeBytes { hashBytes($0, seed: 1) }
            var slot = Int(truncatingIfNeeded: hash) & (slots.count - 1)
            while slots[slot] != 0 { slot = (slot + 1) & (slots.count - 1) }
            slots[slot] = UInt32(truncatingIfNeeded: place)
        }
    }

    @inline(__always)
    private func isEqual(_ text: [UInt8], _ bytes: UnsafeRawBufferPointer) -> Bool {
        guard text.count == bytes.count else { return false }
        guard let other = bytes.baseAddress else { return true }
        return text.withUnsafeBytes { text in
            text.baseAddress.map { memcmp($0, other, bytes.count) == 0 } ?? true
        }
    }
}
