/// How a document is written, so that what is added to it looks like the rest.
struct Style {
    let document: Document
    private var bytes: [UInt8] { document.bytes }

    init(_ document: Document) { self.document = document }

    /// What stands between the members of a table in braces: a line break and what the line is
    /// indented by, or blanks.
    ///
    /// - Parameter member: one of the table's; the new one is put after it.
    func separator(at member: Member, in table: Table) -> ArraySlice<UInt8> {
        let start = member.keyRange.lowerBound
        if let broken = brokenLine(before: start) { return broken }
        if table.members.count > 1, let space = space(before: table.members[1].keyRange.lowerBound)
        {
            return space
        }
        return isDense(member) ? [] : [UInt8(ascii: " ")]
    }

    /// What stands between the elements of an array.
    func separator(in elements: [Node], isDense: Bool) -> ArraySlice<UInt8> {
        if let first = elements.first, let broken = brokenLine(before: first.range.lowerBound) {
            return broken
        }
        if elements.count > 1, let space = space(before: elements[1].range.lowerBound) {
            return space
        }
        return isDense ? [] : [UInt8(ascii: " ")]
    }

    /// The white space before a place from its last line break on; nil if it has none.
    private func brokenLine(before place: Int) -> ArraySlice<UInt8>? {
        let space = bytes[Trivia.spaceStart(bytes, before: place)..<place]
        guard let newline = space.lastIndex(of: UInt8(ascii: "\n")) else { return nil }
        let isCRLF = newline > space.startIndex && bytes[newline - 1] == UInt8(ascii: "\r")
        return bytes[(isCRLF ? newline - 1 : newline)..<place]
    }

    /// The blanks before a place, if a comma is before them.
    private func space(before place: Int) -> ArraySlice<UInt8>? {
        let start = Trivia.spaceStart(bytes, before: place)
        guard start > 0, bytes[start - 1] == UInt8(ascii: ","),
            !bytes[start..<place].contains(UInt8(ascii: "\n"))
        else { return nil }
        return bytes[start..<place]
    }

    /// Whether no space is left after the sign between a member's key and its value.
    func isDense(_ member: Member) -> Bool {
        let value = member.node.range.lowerBound
        return value > 0 && !Trivia.isSpace(bytes[value - 1])
    }

    /// A member's text.
    ///
    /// - Parameter other: one whose sign between key and value is taken over.
    func member(_ key: String, _ value: [UInt8], like other: Member?) -> [UInt8] {
        var sign = Array((document.format == .json ? ": " : " = ").utf8)
        if let other {
            let between = bytes[
                other.keyRange
                    .upperBound..<max(
                        other.keyRange.upperBound, other.node.range.lowerBound)]
            let isPlain = between.allSatisfy {
                Trivia.isSpace($0) && $0 != UInt8(ascii: "\n") || $0 == UInt8(ascii: ":")
                    || $0 == UInt8(ascii: "=")
            }
            if isPlain, !between.isEmpty, between.contains(where: { !Trivia.isSpace($0) }) {
                sign = Array(between)
            }
        }
        return (document.format == .json ? Self.quoted(key) : Array(key.utf8)) + sign + value
    }

    /// A table in braces with some members, one a line where the members around it are.
    ///
    /// - Parameter separator: what stands before the table's own key.
    func table(
        _ members: [[UInt8]], separator: ArraySlice<UInt8>, around parent: Node
    ) -> [UInt8] {
        let isBroken = separator.contains(UInt8(ascii: "\n"))
        guard document.format == .json, isBroken else {
            let pad: [UInt8] =
                document.format == .toml
                    || bytes[parent.range].dropFirst().first == UInt8(ascii: " ")
                ? [UInt8(ascii: " ")] : []
            let comma: [UInt8] =
                separator.isEmpty ? [UInt8(ascii: ",")] : [UInt8(ascii: ","), UInt8(ascii: " ")]
            return [UInt8(ascii: "{")] + pad + members.joined(separator: comma) + pad
                + [UInt8(ascii: "}")]
        }
        let inner = separator + unit(of: separator, in: parent)
        return [UInt8(ascii: "{")] + inner
            + members.joined(separator: [UInt8(ascii: ",")] + inner) + separator
            + [UInt8(ascii: "}")]
    }

    /// By how much the members of a table are indented further than the table's end.
    func unit(of separator: ArraySlice<UInt8>, in parent: Node) -> ArraySlice<UInt8> {
        let indent = separator.drop { $0 == UInt8(ascii: "\r") || $0 == UInt8(ascii: "\n") }
        if let outer = brokenLine(before: parent.range.upperBound - 1) {
            let outerIndent = outer.drop { $0 == UInt8(ascii: "\r") || $0 == UInt8(ascii: "\n") }
            if indent.starts(with: outerIndent), indent.count > outerIndent.count {
                return indent.dropFirst(outerIndent.count)
            }
        }
        return indent.contains(UInt8(ascii: "\t"))
            ? [UInt8(ascii: "\t")] : [UInt8(ascii: " "), UInt8(ascii: " ")]
    }

    /// The text's first line end; of a text in one line LF.
    var lineEnd: [UInt8] {
        let end = Trivia.lineEnd(bytes, from: 0)
        return end < bytes.count && bytes[end] == UInt8(ascii: "\r")
            ? [UInt8(ascii: "\r"), UInt8(ascii: "\n")] : [UInt8(ascii: "\n")]
    }

    /// A string as JSON and TOML both have it.
    static func quoted(_ text: String) -> [UInt8] {
        var quoted = [UInt8(ascii: "\"")]
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): quoted += [UInt8(ascii: "\\"), byte]
            case 0..<0x20, 0x7F:
                let hex = String(byte, radix: 16)
                quoted += Array(("\\u00" + (hex.utf8.count == 1 ? "0" : "") + hex).utf8)
            default: quoted.append(byte)
            }
        }
        return quoted + [UInt8(ascii: "\"")]
    }
}
