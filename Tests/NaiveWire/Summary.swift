package import Wire

extension Observation {
    /// Everything in the observation but its stamps, one thing a line: equal texts, equal
    /// observations.
    package var summary: String {
        var lines = [
            "message bytes=\(byteCount) batch=\(isInBatch) cut=\(sketch.isCut)",
            "sizes arguments=\(argumentSize.summary) prompt=\(promptSize.summary)"
                + " structured=\(structuredSize.summary) uncounted=\(uncountedTextSize.summary)"
                + " promptArgument=\(hasPromptArgument)",
        ]
        var depths: [Int] = []
        for (index, node) in sketch.nodes.enumerated() {
            let parent = Int(node.parent)
            let depth = depths.indices.contains(parent) ? depths[parent] + 1 : 0
            depths.append(depth)
            var line = String(repeating: "  ", count: depth) + "\(node.key)"
            if node.key == .named { line += "(\(Self.escaped(sketch.nameBytes(of: index))))" }
            line += " \(node.kind)"
            switch node.kind {
            case .object, .array, .null: break
            default: line += " \(Self.escaped(sketch.valueBytes(of: index)))"
            }
            if node.isTruncated { line += " …" }
            lines.append(line)
        }
        lines.append("parents \(sketch.nodes.map { Int($0.parent) })")
        lines.append("ends \(sketch.nodes.map { Int($0.end) })")
        for text in texts {
            lines.append(
                "text node=\(text.node) \(text.shape) size=\(text.size.summary)"
                    + " answer=\(text.hasAnswer ? text.answerSize.summary : "none")"
                    + " openFence=\(text.hasOpenFence) tail=\(text.tail)"
                    + " longer=\(text.isLongerThanTail)")
        }
        return lines.joined(separator: "\n")
    }

    private static func escaped(_ bytes: [UInt8]) -> String {
        var result = "\""
        for byte in bytes {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                result += "\\" + String(Unicode.Scalar(byte))
            case 0x20..<0x7f: result += String(Unicode.Scalar(byte))
            default: result += "\\x" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
            }
        }
        return result + "\""
    }
}

extension TextSize {
    /// `latin/cjk/other`.
    package var summary: String { "\(latin)/\(cjk)/\(other)" }
}
