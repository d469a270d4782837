import Records

/// Where and how a signal is sent.
struct OTLPConnection: Sendable {
    let encoding: OTLP.Encoding
    let destination: Destination
    private let url: String
    private let headers: [(name: String, value: String)]
    private let compresses: Bool
    private let timeoutMilliseconds: UInt64
    private let tls: TLSFiles

    /// Nil when the signal is not to be sent, or cannot be with what is set.
    init?(
        _ signal: OTLP.Signal, _ variables: OTLPVariables, _ complain: (String) -> Void
    ) {
        guard let endpoint = variables.endpoint(signal), variables.exports(signal, complain),
            let url = Self.url(signal, endpoint, complain),
            let encoding = Self.encoding(signal, variables, url, complain)
        else { return nil }
        self.encoding = encoding
        self.url = url.text
        destination = Destination(sink: "otlp-\(signal.rawValue)", address: url.publicText)
        headers =
            [
                ("Content-Type", encoding.contentType),
                ("User-Agent", "mcp-meter/\(Version.text)"),
            ] + Self.headers(signal, variables, complain)
        compresses = Self.compresses(signal, variables, complain)
        timeoutMilliseconds = variables.number(
            variables.option(signal, "TIMEOUT")?.name ?? "", 1...3_600_000, else: 10_000, complain)
        tls = TLSFiles(
            authority: variables.option(signal, "CERTIFICATE")?.value,
            certificate: variables.option(signal, "CLIENT_CERTIFICATE")?.value,
            key: variables.option(signal, "CLIENT_KEY")?.value)
    }

    func request(_ body: [UInt8]) -> HTTPRequest {
        HTTPRequest(
            url: url, headers: headers, body: body, compresses: compresses,
            timeoutMilliseconds: timeoutMilliseconds, tls: tls)
    }

    // MARK: Reading the variables

    private static func url(
        _ signal: OTLP.Signal, _ endpoint: (name: String, value: String),
        _ complain: (String) -> Void
    ) -> OTLPEndpoint? {
        guard var url = OTLPEndpoint(endpoint.value.trimmed) else {
            // Not shown: a URL may hold a password.
            complain(
                "\(endpoint.name): expected a URL such as http://127.0.0.1:4318; "
                    + "no \(signal.rawValue) are sent")
            return nil
        }
        if endpoint.name == "OTEL_EXPORTER_OTLP_ENDPOINT" {
            url.append("v1/\(signal.rawValue)")
        }
        return url
    }

    private static func encoding(
        _ signal: OTLP.Signal, _ variables: OTLPVariables, _ url: OTLPEndpoint,
        _ complain: (String) -> Void
    ) -> OTLP.Encoding? {
        let said = variables.option(signal, "PROTOCOL")
        switch said?.value {
        case "http/protobuf": return .protobuf
        case "http/json": return .json
        case "grpc":
            // Its port is another one than that of HTTP, so that there is nothing to fall back to.
            complain(
                "\(said?.name ?? "")=grpc: expected http/protobuf or http/json, usually on port "
                    + "4318; no \(signal.rawValue) are sent")
            return nil
        case nil:
            if url.port == "4317" {
                complain(
                    "\(variables.endpoint(signal)?.name ?? ""): port 4317 is usually gRPC's; "
                        + "\(signal.rawValue) are sent by HTTP, whose port is usually 4318 "
                        + "(OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf if it is right)")
            }
            return .protobuf
        default:
            complain(
                variables.bad(
                    said?.name ?? "",
                    expected: "http/protobuf or http/json; taken as http/protobuf"))
            return .protobuf
        }
    }

    /// Names we write ourselves, because they say how the body is written.
    private static let ownHeaders: Set<String> = [
        "content-type", "content-encoding", "content-length", "transfer-encoding",
    ]

    private static func headers(
        _ signal: OTLP.Signal, _ variables: OTLPVariables, _ complain: (String) -> Void
    ) -> [(name: String, value: String)] {
        guard let option = variables.option(signal, "HEADERS") else { return [] }
        var headers: [(name: String, value: String)] = []
        for (index, pair) in option.value.nameValuePairs.enumerated() {
            // What is no escape is taken as it stands: a token may hold a `%`.
            guard let pair, case let value = pair.value.percentDecoded ?? pair.value,
                pair.name.utf8.allSatisfy(isTokenByte), value.utf8.allSatisfy(isFieldByte),
                !ownHeaders.contains(pair.name.lowercased())
            else {
                complain(
                    "\(option.name): expected name=value,name=value with names that HTTP allows "
                        + "and that say nothing of the body; entry \(index + 1) is left out")
                continue
            }
            headers.append((pair.name, value))
        }
        return headers
    }

    /// RFC 9110 §5.6.2.
    private static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "a")...UInt8(ascii: "z"):
            true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }

    /// RFC 9110 §5.5: no line end, which would begin another header.
    private static func isFieldByte(_ byte: UInt8) -> Bool {
        byte == 9 || (byte >= 0x20 && byte != 0x7F)
    }

    private static func compresses(
        _ signal: OTLP.Signal, _ variables: OTLPVariables, _ complain: (String) -> Void
    ) -> Bool {
        let said = variables.option(signal, "COMPRESSION")
        switch said?.value.lowercased() {
        case "gzip": return true
        case "none", nil: return false
        default:
            complain(variables.bad(said?.name ?? "", expected: "gzip or none; taken as none"))
            return false
        }
    }
}
