/// Base64 (RFC 4648 §4): the usual alphabet, padded, in one line.
package enum Base64 {
    package static func encoded(_ bytes: some Sequence<UInt8>) -> String {
        var text: [UInt8] = []
        var word: UInt32 = 0
        var held = 0
        for byte in bytes {
            word = word << 8 | UInt32(byte)
            held += 1
            guard held == 3 else { continue }
            append(word, characters: 4, to: &text)
            (word, held) = (0, 0)
        }
        if held > 0 {
            append(word << UInt32(8 * (3 - held)), characters: held + 1, to: &text)
            text += repeatElement(UInt8(ascii: "="), count: 3 - held)
        }
        return String(decoding: text, as: UTF8.self)
    }

    private static func append(_ word: UInt32, characters: Int, to text: inout [UInt8]) {
        for place in 0..<characters { text.append(character(word >> UInt32(18 - 6 * place) & 63)) }
    }

    private static func character(_ value: UInt32) -> UInt8 {
        switch UInt8(truncatingIfNeeded: value) {
        case let value where value < 26: UInt8(ascii: "A") + value
        case let value where value < 52: UInt8(ascii: "a") + value - 26
        case let value where value < 62: UInt8(ascii: "0") + value - 52
        case 62: UInt8(ascii: "+")
        default: UInt8(ascii: "/")
        }
    }
}
