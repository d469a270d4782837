import CPlatform
import Posix

/// Where mail goes out, and as whom. The password is never shown, stored or part of an error.
package struct SMTPServer: Sendable {
    /// `smtp://host[:port]` or `smtps://host[:port]`.
    package var url: String
    package var user: String?
    package var password: String?

    package init(url: String, user: String? = nil, password: String? = nil) {
        self.url = url
        self.user = user
        self.password = password
    }
}

/// Hands mails to a server with libcurl, which it loads with the first.
///
/// - Everything goes through TLS: from the first byte (`smtps`) or after STARTTLS (`smtp`), which
///   the server must offer. Only on this machine itself may it go without.
/// - The server's certificate is verified as `CurlTransport` does it.
///
/// The process must ignore SIGPIPE, or the thread block it.
package struct SMTPTransport {
    private let server: SMTPServer
    private let environment: [String: String]

    /// - Parameter environment: where `SSL_CERT_FILE` and the like are looked up.
    package init(_ server: SMTPServer, environment: [String: String]) {
        self.server = server
        self.environment = environment.filter { !$0.value.isEmpty }
    }

    /// What is wrong with a server's address; nil if it can be used.
    package static func flaw(of url: String) -> String? {
        let lower = url.lowercased()
        guard lower.hasPrefix("smtp://") || lower.hasPrefix("smtps://"), host(of: url) != nil,
            !url.utf8.contains(0)
        else { return "expected smtps://host, smtp://host or smtp://host:587" }
        return nil
    }

    /// Sends one mail to all its recipients, or to none.
    ///
    /// - Parameters:
    ///   - message: with its header; lines end in CRLF.
    ///   - timeoutMilliseconds: for all of it.
    package func send(
        _ message: [UInt8], from sender: String, to recipients: [String],
        timeoutMilliseconds: UInt64 = 60_000
    ) -> Result<Void, TransportError> {
        let url = URLParts(server.url)
        let names = CurlLibrary.names
        guard let handle = CurlLibrary(names).flatMap({ CurlHandle($0) }) else {
            return .failure(.noLibrary(CurlLibrary.missing(names)))
        }
        var order = CurlHandle.Order(
            url: server.url, headerLines: recipients.map { "<\($0)>" }, body: message,
            timeoutMilliseconds: timeoutMilliseconds)
        order.authority = environment["SSL_CERT_FILE"] ?? environment["CURL_CA_BUNDLE"]
        order.authorityDirectory = environment["SSL_CERT_DIR"]
        order.mail = CurlHandle.Mail(
            sender: "<\(sender)>", user: server.user, password: server.password, tls: tls)
        func told(_ words: String) -> String {
            let secrets = url.secrets + [server.password].compactMap { $0 }
            let masked = Masking.masked(words, secrets: secrets)
            return "\(url.shown): \(Masking.withoutUsers(masked))".oneLine(limit: 500)
        }
        switch handle.perform(order, stop: StopFlag()) {
        case .answer: return .success(())
        case .failed(let words): return .failure(.failed(told(words)))
        case .untrusted(let words): return .failure(.untrusted(told(words)))
        case .tooLong: return .failure(.failed(told("the answer is too long")))
        case .stopped: return .failure(.stopped)
        }
    }

    /// Who listens on this machine's own address and asks for no password may be spoken to in the
    /// open: there is no network in between.
    private var tls: cplatform_curl_tls {
        guard let host = Self.host(of: server.url), Self.isLoopback(host) else {
            return CPLATFORM_CURL_TLS
        }
        return server.password == nil ? CPLATFORM_CURL_PLAIN : CPLATFORM_CURL_TLS_TRIED
    }

    private static func isLoopback(_ host: String) -> Bool {
        host == "localhost" || host == "[::1]" || isLoopbackAddress(host)
    }

    /// `127.0.0.0/8`, written as four numbers: a name may begin like one.
    private static func isLoopbackAddress(_ host: String) -> Bool {
        let parts = host.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0].elementsEqual("127".utf8)
            && parts.allSatisfy { part in
                !part.isEmpty && part.count <= 3 && part.allSatisfy { (0x30...0x39).contains($0) }
            }
    }

    /// The host of a URL, without its port and whoever logs in; nil when there is none.
    private static func host(of url: String) -> String? {
        let bytes = url.utf8
        guard let colon = bytes.firstIndex(of: UInt8(ascii: ":")),
            bytes[colon...].starts(with: "://".utf8)
        else { return nil }
        let rest = bytes[bytes.index(colon, offsetBy: 3)...]
        var authority = rest.prefix { !"/?#".utf8.contains($0) }
        if let at = authority.lastIndex(of: UInt8(ascii: "@")) {
            authority = authority[authority.index(after: at)...]
        }
        let isLiteral = authority.first == UInt8(ascii: "[")
        let end =
            isLiteral
            ? authority.firstIndex(of: UInt8(ascii: "]")).map { authority.index(after: $0) }
            : authority.firstIndex(of: UInt8(ascii: ":"))
        let host = authority[..<(end ?? authority.endIndex)]
        return host.isEmpty ? nil : String(Substring(host)).lowercased()
    }
}
