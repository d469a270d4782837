/// Numbers and literals.
extension Machine {
    mutating func addToScratch(_ p: UnsafePointer<UInt8>, _ count: Int, limit: Int) {
        let taken = min(count, limit &- scratch.count)
        if taken < count { isScratchCut = true }
        if taken > 0 { scratch.append(contentsOf: UnsafeBufferPointer(start: p, count: taken)) }
    }

    mutating func endScalar(_ draft: inout Draft) {
        let kind: Sketch.Kind
        if number.isComplete {
            kind = .number
        } else if scratch.elementsEqual("true".utf8) || scratch.elementsEqual("false".utf8) {
            kind = .bool
        } else if scratch.elementsEqual("null".utf8) {
            kind = .null
        } else {
            state = .invalid
            return
        }
        if node >= 0 {
            if kind == .number && isScratchCut || !draft.hasRoom(for: scratch.count) {
                draft.truncate(to: Draft.Mark(node: node, arena: draft.arenaStart(of: node)))
            } else {
                draft.sketch.nodes[node].kind = kind
                if kind != .null {
                    draft.setValue(node, kind == .bool ? scratch[..<1] : scratch[...])
                }
                keptNode(&draft)
            }
        }
        endValue()
    }

    @inline(__always)
    static func skipBlanks(_ p: UnsafePointer<UInt8>, _ start: Int, _ count: Int) -> Int {
        var i = start
        while i < count, isBlank(p[i]) { i &+= 1 }
        return i
    }

    @inline(__always)
    static func isBlank(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09
    }

    @inline(__always)
    static func endsScalar(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: ",") || byte | 0x20 == 0x7d || isBlank(byte)
    }

    @inline(__always)
    static func unescaped(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "n"): 0x0a
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): byte
        case UInt8(ascii: "t"): 0x09
        case UInt8(ascii: "r"): 0x0d
        case UInt8(ascii: "b"): 0x08
        case UInt8(ascii: "f"): 0x0c
        default: nil
        }
    }
}
