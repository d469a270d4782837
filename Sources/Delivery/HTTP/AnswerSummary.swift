import Records

extension HTTPResponse {
    /// Characters in a summary, at most.
    package static let summaryCharactersMax = 300

    /// The status and what the body says went wrong, in one short line: `HTTP 429: slow down`.
    package var summary: String { summary(masking: []) }

    /// The same without any of `secrets`: a receiver may echo what it was sent, our token included.
    /// What follows the word `Bearer` is masked whatever it is.
    package func summary(masking secrets: [String]) -> String {
        let masked = Masking.masked(complaint, secrets: secrets)
        let status = "HTTP \(status)"
        let line = masked.oneLine(limit: Self.summaryCharactersMax - status.utf8.count - 2)
        return line.isEmpty ? status : "\(status): \(line)"
    }

    /// What the body says went wrong; empty when it says nothing.
    private var complaint: String {
        if contentType == "application/x-protobuf" || contentType == "application/protobuf" {
            return StatusMessage.message(in: body) ?? ""
        }
        do throws(JSONError) {
            let complaint = Self.complaint(of: try JSONValue(parsing: body))
            if let complaint, !complaint.isEmpty { return complaint }
        } catch {}  // Not JSON: a text.
        let text = String(decoding: body, as: UTF8.self)
        if let title = Self.htmlTitle(in: text.utf8) { return title }
        let lines = text.split(whereSeparator: \.isNewline)
        return lines.first { !$0.allSatisfy(\.isWhitespace) }.map(String.init) ?? ""
    }

    /// What an error's document says. Its forms:
    ///
    ///     {"code": "invalid_argument", "message": "…"}      the Connect protocol
    ///     {"code": 3, "message": "…"}                       google.rpc.Status, which OTLP answers
    ///     {"error": {"code": "…", "message": "…"}}          most JSON APIs
    ///     {"error": "…"}, {"detail": "…"}                   the others
    ///     {"title": "…", "detail": "…"}                     problem details (RFC 9457)
    private static func complaint(of document: JSONValue) -> String? {
        if let inner = document["error"] {
            if let text = inner.string { return text }
            if let complaint = complaint(of: inner) { return complaint }
        }
        func texts(_ names: String...) -> [String] {
            names.compactMap { document[$0]?.string }.filter { !$0.isEmpty }
        }
        let message = texts("code", "message")
        if document["message"]?.string != nil { return message.joined(separator: ": ") }
        let problem = texts("title", "detail")
        if !problem.isEmpty { return problem.joined(separator: ": ") }
        return message.first
    }

    /// The title of an HTML page, which gateways answer: it says more than the page's first line.
    private static func htmlTitle(in text: String.UTF8View) -> String? {
        var rest = text.prefix(4096)
        while let start = rest.firstIndex(of: UInt8(ascii: "<")) {
            rest = rest[start...].dropFirst()
            guard rest.prefix(6).map({ $0 | 0x20 }) == Array("title>".utf8) else { continue }
            let title = rest.dropFirst(6).prefix(while: { $0 != UInt8(ascii: "<") })
            return String(title)
        }
        return nil
    }
}

/// `google.rpc.Status` in protobuf, which OTLP receivers answer a protobuf request with.
enum StatusMessage {
    /// Its field 2, `message`; nil when `bytes` are no such thing.
    static func message(in bytes: [UInt8]) -> String? {
        var index = 0
        var message: String?
        while index < bytes.count {
            guard let tag = varint(bytes, &index) else { return nil }
            var length: UInt64
            switch tag & 7 {
            case 0:
                guard varint(bytes, &index) != nil else { return nil }
                continue
            case 1: length = 8
            case 2:
                guard let given = varint(bytes, &index) else { return nil }
                length = given
            case 5: length = 4
            default: return nil
            }
            guard length <= UInt64(bytes.count - index) else { return nil }
            let end = index + Int(length)
            if tag == 2 << 3 | 2 {
                message = String(decoding: bytes[index..<end], as: UTF8.self)
            }
            index = end
        }
        return message
    }

    private static func varint(_ bytes: [UInt8], _ index: inout Int) -> UInt64? {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 64, by: 7) where index < bytes.count {
            let byte = bytes[index]
            index += 1
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
        }
        return nil
    }
}
