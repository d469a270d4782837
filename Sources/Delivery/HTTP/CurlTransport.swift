import Posix
import Records

/// Sends with libcurl, which it loads with the first request. Connections are kept alive between
/// requests, for as long as the transport lives. Owned by one thread.
///
/// - The server's certificate is always verified: against `HTTPRequest.tls.authority` alone if
///   there is one, else against `SSL_CERT_FILE` or `CURL_CA_BUNDLE` and `SSL_CERT_DIR`, else
///   against what the system trusts.
/// - `http_proxy`, `https_proxy`, `all_proxy` and `no_proxy` of the process's environment are
///   libcurl's, and mean what they mean to curl.
/// - Redirects are answers, never followed: the next address would be given our credentials.
/// - An error never has a header, a user, a password or a query in it.
///
/// The process must ignore SIGPIPE, or the thread block it (as a `Posix.Thread` does).
package final class CurlTransport: Transport {
    private let userAgent: String
    private let trust: Trust
    private let proxySecrets: [String]
    private let stop: StopFlag
    private let libraries: [String]
    private var handle: CurlHandle?
    /// Nil until it is needed, and where there is no zlib.
    private lazy var gzip = Gzip()

    private struct Trust {
        var file: String?
        var directory: String?
    }

    /// - Parameters:
    ///   - version: ours, for `User-Agent: mcp-meter/<version>`.
    ///   - environment: where `SSL_CERT_FILE` and the like are looked up; an empty value is none.
    ///   - stop: once set, a request under way ends within 0.2 s, and none is begun.
    package convenience init(version: String, environment: [String: String], stop: StopFlag) {
        self.init(
            version: version, environment: environment, stop: stop, libraries: CurlLibrary.names)
    }

    /// - Parameter libraries: names of libcurl, the first that can be loaded is taken.
    package init(
        version: String, environment: [String: String], stop: StopFlag, libraries: [String]
    ) {
        userAgent = "mcp-meter/\(version)"
        let values = environment.filter { !$0.value.isEmpty }
        trust = Trust(
            file: values["SSL_CERT_FILE"] ?? values["CURL_CA_BUNDLE"],
            directory: values["SSL_CERT_DIR"])
        proxySecrets = ["http_proxy", "https_proxy", "all_proxy"]
            .flatMap { [$0, $0.uppercased()] }
            .flatMap { values[$0].map { URLParts($0).secrets } ?? [] }
        self.stop = stop
        self.libraries = libraries
    }

    package func send(_ request: HTTPRequest) -> Result<HTTPResponse, TransportError> {
        if stop.isSet { return .failure(.stopped) }
        let url = URLParts(request.url)
        switch order(for: request) {
        case .failure(let flaw):
            return .failure(.failed("\(url.shown): \(flaw.text)".oneLine(limit: 500)))
        case .success(let order):
            guard let handle = handle ?? CurlLibrary(libraries).flatMap({ CurlHandle($0) }) else {
                return .failure(.noLibrary(CurlLibrary.missing(libraries)))
            }
            self.handle = handle
            let outcome = handle.perform(order, stop: stop)
            if case .stopped = outcome { self.handle = nil }
            return result(of: outcome, order, url)
        }
    }

    // MARK: The request

    private struct Flaw: Error { var text: String }

    private func order(for request: HTTPRequest) -> Result<CurlHandle.Order, Flaw> {
        let scheme = request.url.prefix(8).lowercased()
        guard scheme.hasPrefix("http://") || scheme.hasPrefix("https://") else {
            return .failure(Flaw(text: "the URL must begin with http:// or https://"))
        }
        let lines: [String]
        switch Self.headerLines(request.headers) {
        case .failure(let flaw): return .failure(flaw)
        case .success(let given): lines = given
        }
        var order = CurlHandle.Order(
            url: request.url, headerLines: lines, body: request.body,
            timeoutMilliseconds: request.timeoutMilliseconds)
        func has(_ name: String) -> Bool {
            request.headers.contains { $0.name.lowercased() == name }
        }
        // A name without a value takes out what libcurl would send by itself: it would wait for
        // leave to send a large body, and call the body a form.
        order.headerLines.append("Expect:")
        if !has("content-type") { order.headerLines.append("Content-Type:") }
        if !has("user-agent") { order.userAgent = userAgent }
        if request.compresses, let packed = gzip?.compress(request.body),
            packed.count < request.body.count
        {
            order.body = packed
            order.headerLines.append("Content-Encoding: gzip")
        }
        order.isAuthorityExclusive = request.tls.authority != nil
        order.authority = request.tls.authority ?? trust.file
        order.authorityDirectory = request.tls.authority == nil ? trust.directory : nil
        order.certificate = request.tls.certificate
        order.key = request.tls.key
        let texts = [
            order.url, order.authority, order.authorityDirectory, order.certificate, order.key,
        ]
        if texts.contains(where: { $0?.utf8.contains(0) == true }) {
            return .failure(Flaw(text: "the URL, or the path of a PEM file, has a NUL in it"))
        }
        return .success(order)
    }

    /// Refuses what would end a line early and begin another (RFC 9110 §5.5).
    private static func headerLines(
        _ headers: [(name: String, value: String)]
    ) -> Result<[String], Flaw> {
        var lines: [String] = []
        for (index, header) in headers.enumerated() {
            guard !header.name.isEmpty, header.name.utf8.allSatisfy(isTokenByte) else {
                return .failure(Flaw(text: "the name of header \(index + 1) is not a valid one"))
            }
            guard !header.value.utf8.contains(where: { [0x0D, 0x0A, 0x00].contains($0) }) else {
                let text = "the value of the header \(header.name) has a line break or a NUL in it"
                return .failure(Flaw(text: text))
            }
            // To libcurl `Name:` means to leave the header out, and `Name;` that it is empty.
            let isEmpty = header.value.trimmed.isEmpty
            lines.append(isEmpty ? header.name + ";" : header.name + ": " + header.value)
        }
        return .success(lines)
    }

    /// RFC 9110 §5.6.2.
    private static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }

    // MARK: The answer

    private func result(
        of outcome: CurlHandle.Outcome, _ order: CurlHandle.Order, _ url: URLParts
    ) -> Result<HTTPResponse, TransportError> {
        func message(_ words: String) -> String {
            let masked = Masking.masked(words, secrets: url.secrets + proxySecrets)
            return "\(url.shown): \(Masking.withoutUsers(masked))".oneLine(limit: 500)
        }
        switch outcome {
        case .answer(let status, let headers, let body):
            return .success(Self.response(status, AnswerHeaders(headers), body))
        case .failed(let words), .untrusted(let words):
            if let flaw = pemFlaw(order) { return .failure(.untrusted(message(flaw))) }
            if case .untrusted = outcome { return .failure(.untrusted(message(words))) }
            return .failure(.failed(message(words)))
        case .tooLong:
            let words =
                "the answer is too long (more than 4 MiB, or 1 MiB of headers); is this "
                + "the right address?"
            return .failure(.failed(message(words)))
        case .stopped: return .failure(.stopped)
        }
    }

    /// What keeps every https request of this kind from being made.
    private func pemFlaw(_ order: CurlHandle.Order) -> String? {
        guard order.url.prefix(6).lowercased() == "https:" else { return nil }
        return [order.authority, order.certificate, order.key].lazy
            .compactMap { $0.flatMap(PEMFile.flaw) }.first
    }

    private static func response(
        _ status: Int, _ headers: AnswerHeaders, _ body: [UInt8]
    ) -> HTTPResponse {
        let now = Timestamp(microseconds: WallClock.now())
        let wait = RetryAfter.milliseconds(
            retryAfter: headers["retry-after"], retryAfterMilliseconds: headers["retry-after-ms"],
            date: headers["date"], now: now)
        let type = (headers["content-type"] ?? "").prefix { $0 != ";" }
        return HTTPResponse(
            status: status, retryAfterMilliseconds: wait,
            contentType: type.lowercased().trimmed, body: body)
    }
}

/// Header lines of an answer, by name.
struct AnswerHeaders {
    private let fields: [(name: String, value: String)]

    init(_ lines: [UInt8]) {
        fields = lines.split { $0 == 0x0D || $0 == 0x0A }.compactMap { line in
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { return nil }
            let name = String(decoding: line[..<colon], as: UTF8.self).lowercased()
            let value = String(decoding: line[colon...].dropFirst(), as: UTF8.self)
            return (name, value.trimmed)
        }
    }

    /// The last one, where there are several.
    subscript(name: String) -> String? { fields.last { $0.name == name }?.value }
}
