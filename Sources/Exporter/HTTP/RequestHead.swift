/// Reads the request line and the header lines (RFC 9112 §3, §5, §6).
enum RequestHead {
    enum Body: Equatable {
        case none
        case sized(Int)
        case chunked
    }

    /// - Parameter head: all lines but the empty one, CR LF between them.
    static func read(_ head: ArraySlice<UInt8>) throws(Refusal) -> (Request, Body) {
        var lines = Lines(head)
        guard let first = try lines.next() else { throw .malformed }
        var (request, isOld) = try requestLine(first)
        while let line = try lines.next() {
            guard request.headers.count < RequestLimits.headersMax else { throw .headTooLarge }
            request.headers.append(try headerLine(line))
        }
        let hosts = request.headers.count { $0.name == "host" }
        guard hosts == 1 || (hosts == 0 && isOld) else {
            throw Refusal(400, "there must be one Host header")
        }
        let options = request.headers.filter { $0.name == "connection" }
            .flatMap { $0.value.lowercased().split(separator: ",").map(trimmed) }
        request.keepsAlive = isOld ? options.contains("keep-alive") : !options.contains("close")
        return (request, try body(of: request))
    }

    /// `POST /usage HTTP/1.1`
    private static func requestLine(
        _ line: ArraySlice<UInt8>
    ) throws(Refusal) -> (Request, isOld: Bool) {
        let parts = line.split(separator: 32, omittingEmptySubsequences: false)
        guard parts.count == 3, !parts[0].isEmpty, parts[0].allSatisfy(isTokenByte) else {
            throw .malformed
        }
        let version = String(decoding: parts[2], as: UTF8.self)
        guard version.hasPrefix("HTTP/") else { throw .malformed }
        guard version == "HTTP/1.1" || version == "HTTP/1.0" else {
            throw Refusal(505, "\(printable(version)) is not spoken here; HTTP/1.1 is")
        }
        // Only the origin form: this is no proxy (RFC 9112 §3.2.1).
        let target = parts[1].split(
            separator: UInt8(ascii: "?"), maxSplits: 1, omittingEmptySubsequences: false)
        guard let raw = target.first, raw.first == UInt8(ascii: "/"),
            parts[1].allSatisfy({ $0 > 32 && $0 < 127 }), let path = decoded(raw)
        else { throw Refusal(400, "the target must be a path, such as /metrics") }
        let request = Request(
            method: String(decoding: parts[0], as: UTF8.self), path: path,
            query: target.count > 1 ? String(decoding: target[1], as: UTF8.self) : "",
            headers: [], body: [], keepsAlive: false)
        return (request, version == "HTTP/1.0")
    }

    private static func headerLine(
        _ line: ArraySlice<UInt8>
    ) throws(Refusal) -> Request.Header {
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { throw .malformed }
        // White space before the colon, or at the beginning, is how requests are smuggled.
        let name = line[..<colon]
        guard !name.isEmpty, name.allSatisfy(isTokenByte) else { throw .malformed }
        let value = line[(colon + 1)...]
        guard value.allSatisfy({ $0 == 9 || ($0 >= 32 && $0 != 127) }) else { throw .malformed }
        return Request.Header(
            name: String(decoding: name, as: UTF8.self).lowercased(),
            value: trimmed(String(decoding: value, as: UTF8.self)))
    }

    private static func body(of request: Request) throws(Refusal) -> Body {
        let codings = request.headers.filter { $0.name == "transfer-encoding" }
        let lengths = request.headers.filter { $0.name == "content-length" }
        if !codings.isEmpty {
            // Both together are two opinions about where the request ends (RFC 9112 §6.3).
            guard lengths.isEmpty, codings.count == 1 else { throw .malformed }
            guard codings[0].value.lowercased() == "chunked" else {
                throw Refusal(501, "no transfer coding is understood but chunked")
            }
            return .chunked
        }
        guard let length = lengths.first?.value else { return .none }
        guard lengths.count == 1, !length.isEmpty, length.utf8.count <= 18,
            length.utf8.allSatisfy({ (48...57).contains($0) }), let count = Int(length)
        else { throw .malformed }
        return .sized(count)
    }

    /// Undoes percent-encoding; nil when that is broken, or hides a control character.
    private static func decoded(_ raw: ArraySlice<UInt8>) -> String? {
        var bytes: [UInt8] = []
        var rest = raw
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let high = rest.popFirst().flatMap(hexadecimal),
                let low = rest.popFirst().flatMap(hexadecimal)
            else { return nil }
            let value = UInt8(high << 4 | low)
            guard value >= 32, value != 127 else { return nil }
            bytes.append(value)
        }
        return String(validating: bytes, as: UTF8.self)
    }
}

/// A character of a token: RFC 9110 §5.6.2.
private func isTokenByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"):
        true
    default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
    }
}

/// Without the spaces and tabs around it.
func trimmed(_ text: some StringProtocol) -> String {
    var bytes = Array(text.utf8)[...]
    while let byte = bytes.first, byte == 32 || byte == 9 { bytes.removeFirst() }
    while let byte = bytes.last, byte == 32 || byte == 9 { bytes.removeLast() }
    return String(decoding: bytes, as: UTF8.self)
}

/// Safe to show: at most 64 characters, none that moves a terminal's cursor.
func printable(_ text: String) -> String {
    String(
        String.UnicodeScalarView(
            text.unicodeScalars.prefix(64).map { $0.value < 32 || $0.value == 127 ? "?" : $0 }))
}

/// The lines of a head.
private struct Lines {
    private var rest: ArraySlice<UInt8>
    private var isOver = false

    init(_ head: ArraySlice<UInt8>) { rest = head }

    mutating func next() throws(Refusal) -> ArraySlice<UInt8>? {
        guard !isOver else { return nil }
        guard let end = rest.firstIndex(of: 10) else {
            isOver = true
            // A carriage return alone is part of no line.
            guard !rest.contains(13) else { throw .malformed }
            return rest
        }
        guard end > rest.startIndex, rest[end - 1] == 13 else { throw .malformed }
        let line = rest[..<(end - 1)]
        guard !line.contains(13) else { throw .malformed }
        rest = rest[(end + 1)...]
        return line
    }
}
