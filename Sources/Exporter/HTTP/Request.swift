/// A request, whole.
package struct Request: Sendable, Equatable {
    /// As sent: methods are case-sensitive (RFC 9110 §9.1).
    package var method: String
    /// The path of the target, percent-encoding undone; begins with `/`.
    package var path: String
    /// What stood after `?`, as sent; empty without one.
    package var query: String
    /// Names in lower case, values without the white space around them, in the order they came.
    package var headers: [Header]
    /// The content, chunks put together; at most `RequestLimits.bodyBytesMax`.
    package var body: [UInt8]
    /// Whether the connection may be used again after the answer.
    package var keepsAlive: Bool

    package struct Header: Sendable, Equatable {
        package var name: String
        package var value: String
    }

    /// The first header of that name.
    package func header(_ name: String) -> String? {
        headers.first { $0.name == name }?.value
    }
}

/// What a request may measure. Beyond it it is refused, and the connection closed.
package enum RequestLimits {
    /// The request line and the header lines together, and the trailers of a chunked body.
    package static let headBytesMax = 16 << 10
    package static let headersMax = 100
    package static let bodyBytesMax = 1 << 20
}

/// Why a request is not answered as asked. The connection cannot be used again.
package struct Refusal: Error, Sendable, Equatable {
    package var status: Int
    package var reason: String

    package init(_ status: Int, _ reason: String) {
        self.status = status
        self.reason = reason
    }

    static let malformed = Refusal(400, "this is no HTTP/1.1 request")
    static let headTooLarge = Refusal(
        431, "the request line and headers are more than \(RequestLimits.headBytesMax) bytes")
    static let bodyTooLarge = Refusal(
        413, "the body is more than \(RequestLimits.bodyBytesMax) bytes")
}
