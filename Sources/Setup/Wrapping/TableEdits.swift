/// Edits that put members into a table and take them out again: the second undoes the first to the
/// byte, wherever the table stands and whatever stands around its members.
struct TableEdits {
    let document: Document
    private var bytes: [UInt8] { document.bytes }
    private var format: Format { document.format }

    init(_ document: Document) { self.document = document }

    // MARK: In braces

    /// Puts members after one of a table's.
    ///
    /// - Parameters:
    ///   - texts: the members, not empty.
    ///   - separator: what goes before each.
    func insert(
        _ texts: [[UInt8]], after member: Member, separator: ArraySlice<UInt8>
    ) -> [Edit] {
        let comma = [UInt8(ascii: ",")]
        let end = member.node.range.upperBound
        let old = Trivia.comma(in: bytes, after: end, format)
        var place = old.map { $0 + 1 } ?? end
        // A comment behind the member stays behind it.
        if separator.contains(UInt8(ascii: "\n")) {
            place = Trivia.afterComment(bytes, at: place, format)
        }
        if old != nil {
            // Another member follows, or a comma is wanted at the end.
            return [.insert(texts.flatMap { separator + $0 + comma }, at: place)]
        }
        return [
            .insert(comma, at: end),
            .insert(Array(texts.map { separator + $0 }.joined(separator: comma)), at: place),
        ]
    }

    /// Puts members into a table that has none.
    ///
    /// - Parameter separator: what goes before each.
    func insertFirst(
        _ texts: [[UInt8]], into table: Node, separator: ArraySlice<UInt8>, closing: [UInt8]
    ) -> [Edit] {
        let place = table.range.lowerBound + 1
        let isBare = place == table.range.upperBound - 1
        let members = texts.map { separator + $0 }.joined(separator: [UInt8(ascii: ",")])
        return [.insert(Array(members) + (isBare ? closing : []), at: place)]
    }

    /// Takes members out of a table, with what `insert` put around them.
    func remove(_ members: [Member], from table: Table) -> [Edit] {
        let starts = Set(members.map(\.keyRange.lowerBound))
        let firstKept = table.members.first { !starts.contains($0.keyRange.lowerBound) }
        var edits: [Edit] = []
        for member in members {
            let key = member.keyRange.lowerBound
            let end = member.node.range.upperBound
            let comma = Trivia.comma(in: bytes, after: end, format)
            if let comma, let firstKept, key < firstKept.keyRange.lowerBound {
                // What now comes first stands where this one stood.
                edits.append(.remove(key..<end))
                edits.append(.remove(comma..<Trivia.spaceEnd(bytes, after: comma + 1)))
            } else {
                edits.append(.remove(Trivia.spaceStart(bytes, before: key)..<end))
                if let comma { edits.append(.remove(comma..<comma + 1)) }
            }
        }
        // The comma before the last member is there for its sake.
        if let last = table.members.last, starts.contains(last.keyRange.lowerBound),
            Trivia.comma(in: bytes, after: last.node.range.upperBound, format) == nil,
            let kept = table.members.last(where: { !starts.contains($0.keyRange.lowerBound) }),
            let comma = Trivia.comma(in: bytes, after: kept.node.range.upperBound, format)
        {
            edits.append(.remove(comma..<comma + 1))
        }
        return edits
    }

    // MARK: A line each

    /// Puts statements on lines of their own after that of another.
    ///
    /// - Parameter texts: the statements, their keys without the dotted part before.
    func insertLines(_ texts: [[UInt8]], after member: Member) -> Edit {
        let start = Trivia.lineStart(bytes, of: member.keyRange.lowerBound)
        let prefix = bytes[start..<max(start, member.nameStart)]
        return insertLines(
            texts.map { prefix + $0 }, after: member.node.range.upperBound)
    }

    /// Puts whole lines after the one that `place` is in.
    func insertLines(_ lines: [[UInt8]], after place: Int) -> Edit {
        let end = Trivia.lineEnd(bytes, from: place)
        let next = lineEndEnd(end)
        if next > end {
            return .insert(lines.flatMap { $0 + bytes[end..<next] }, at: next)
        }
        let lineEnd = Style(document).lineEnd
        return .insert(lines.flatMap { lineEnd + $0 }, at: end)
    }

    /// Takes statements out, with their lines.
    func removeLines(of members: [Member]) -> [Edit] {
        var ranges: [Range<Int>] = []
        for member in members.sorted(by: { $0.keyRange.lowerBound < $1.keyRange.lowerBound }) {
            let start = Trivia.lineStart(bytes, of: member.keyRange.lowerBound)
            let end = lineEndEnd(Trivia.lineEnd(bytes, from: member.node.range.upperBound))
            if let last = ranges.last, last.upperBound == start {
                ranges[ranges.count - 1] = last.lowerBound..<end
            } else {
                ranges.append(start..<end)
            }
        }
        // The last line of all may have no end of its own: that of the line before goes then.
        if let last = ranges.last, last.upperBound == bytes.count,
            bytes.last != UInt8(ascii: "\n")
        {
            var start = last.lowerBound
            if start > 0, bytes[start - 1] == UInt8(ascii: "\n") { start -= 1 }
            if start < last.lowerBound, start > 0, bytes[start - 1] == UInt8(ascii: "\r") {
                start -= 1
            }
            ranges[ranges.count - 1] = start..<last.upperBound
        }
        return ranges.map { .remove($0) }
    }

    private func lineEndEnd(_ end: Int) -> Int {
        var next = end
        if next < bytes.count, bytes[next] == UInt8(ascii: "\r") { next += 1 }
        if next < bytes.count, bytes[next] == UInt8(ascii: "\n") { next += 1 }
        return next
    }

    // MARK: Arrays

    /// Puts elements before an array's first.
    func insertFirst(_ texts: [[UInt8]], into array: Node, isDense: Bool) -> [Edit] {
        let elements = array.elements ?? []
        let separator =
            [UInt8(ascii: ",")] + Style(document).separator(in: elements, isDense: isDense)
        let text = Array(texts.joined(separator: separator))
        guard let first = elements.first else {
            return [.insert(text, at: array.range.lowerBound + 1)]
        }
        return [.insert(text + separator, at: first.range.lowerBound)]
    }

    /// Takes an array's first elements out, with what `insertFirst` put around them.
    func removeFirst(_ count: Int, from array: Node) -> [Edit] {
        (array.elements ?? []).prefix(count).flatMap { element -> [Edit] in
            let end = element.range.upperBound
            guard let comma = Trivia.comma(in: bytes, after: end, format) else {
                return [.remove(element.range)]
            }
            let space = comma + 1..<Trivia.spaceEnd(bytes, after: comma + 1)
            // Comments in between are somebody's.
            return [.remove(element.range), .remove(comma..<space.upperBound)]
        }
    }
}
