internal import Records

/// How much of the reason for an escalation is kept: `MCP_METER_REASON`.
package enum ReasonMode: String, Sendable, CaseIterable {
    /// The first 200 characters, secrets masked.
    case text
    /// The first 16 hexadecimal digits of its SHA-256: equal reasons can be counted, none be read.
    case hash
    /// Nothing.
    case off
}

/// What is kept of the reason for an escalation.
package enum EscalationReason {
    /// The characters of a reason that are kept.
    static let charactersMax = 200

    /// What is kept of a reason; nil if nothing is.
    ///
    /// - Parameter text: the reason as the scanner kept it (`Limits.stringBytesMax` at most).
    package static func kept(_ text: String, mode: ReasonMode) -> String? {
        let line = singleLine(text)
        guard !line.isEmpty else { return nil }
        switch mode {
        case .off: return nil
        case .hash: return Hex.string(SHA256.hash(Array(line.utf8)), digits: 16)
        // Masked before it is cut: half a key at the end would not look like one.
        case .text: return String(Secrets.masked(line).prefix(charactersMax))
        }
    }

    /// Runs of blanks, line ends and control characters become one blank each; none at the ends.
    private static func singleLine(_ text: String) -> String {
        var line: [UInt8] = []
        for byte in text.utf8 {
            let isBlank = byte <= 0x20 || byte == 0x7f
            if !isBlank {
                line.append(byte)
            } else if let last = line.last, last != 0x20 {
                line.append(0x20)
            }
        }
        if line.last == 0x20 { line.removeLast() }
        return String(decoding: line, as: UTF8.self)
    }
}
