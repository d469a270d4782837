/// A POST. Header values are credentials: they are never shown, stored or part of an error.
package struct HTTPRequest: Sendable {
    /// Absolute, `http` or `https`.
    package var url: String
    /// In order; names as they are sent. `Content-Type` among them, `Content-Encoding` not.
    package var headers: [(name: String, value: String)]
    package var body: [UInt8]
    /// Send the body gzipped, if that can be done.
    package var compresses: Bool
    /// For all of it, from resolving the name to the answer's last byte.
    package var timeoutMilliseconds: UInt64
    /// PEM files of the certificate authority, the client's certificate and its key.
    package var tls: TLSFiles

    package init(
        url: String, headers: [(name: String, value: String)], body: [UInt8],
        compresses: Bool = false, timeoutMilliseconds: UInt64 = 10_000, tls: TLSFiles = TLSFiles()
    ) {
        self.url = url
        self.headers = headers
        self.body = body
        self.compresses = compresses
        self.timeoutMilliseconds = timeoutMilliseconds
        self.tls = tls
    }
}

/// Paths of PEM files; nil for what the system or the usual variables say.
package struct TLSFiles: Sendable, Equatable {
    package var authority: String?
    package var certificate: String?
    package var key: String?

    package init(authority: String? = nil, certificate: String? = nil, key: String? = nil) {
        self.authority = authority
        self.certificate = certificate
        self.key = key
    }
}

/// An answer.
package struct HTTPResponse: Sendable, Equatable {
    package var status: Int
    /// From `Retry-After`, seconds or a date; nil without one, or when it cannot be read.
    package var retryAfterMilliseconds: UInt64?
    /// Lower-case media type without parameters; empty without one.
    package var contentType: String
    /// The first `bodyBytesMax` bytes.
    package var body: [UInt8]

    /// More than this of an answer is not kept.
    package static let bodyBytesMax = 64 << 10

    package init(
        status: Int, retryAfterMilliseconds: UInt64? = nil, contentType: String = "",
        body: [UInt8] = []
    ) {
        self.status = status
        self.retryAfterMilliseconds = retryAfterMilliseconds
        self.contentType = contentType
        self.body = body
    }
}

/// Why there is no answer.
package enum TransportError: Error, Sendable, Equatable, CustomStringConvertible {
    /// libcurl cannot be loaded: nothing can be sent from this machine.
    case noLibrary(String)
    /// No connection, no answer, half an answer: worth another try. libcurl's words.
    case failed(String)
    /// The other side is not who it should be, or a PEM file cannot be used: needs a hand.
    case untrusted(String)
    /// This process is to end.
    case stopped

    package var description: String {
        switch self {
        case .noLibrary(let what), .failed(let what), .untrusted(let what): what
        case .stopped: "stopped"
        }
    }
}

/// Sends requests, one at a time, over connections it keeps. Owned by one thread.
package protocol Transport {
    mutating func send(_ request: HTTPRequest) -> Result<HTTPResponse, TransportError>
}
