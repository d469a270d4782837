extension HTTPResponse {
    /// The status and what the body says went wrong, in one short line: `429: slow down`.
    package var summary: String {
        let text = String(decoding: body.prefix(300), as: UTF8.self)
        let line = text.unicodeScalars.map { $0.value < 0x20 ? " " : String($0) }.joined()
        return line.isEmpty ? "HTTP \(status)" : "HTTP \(status): \(line)"
    }
}
