internal import Records

/// An answer.
package struct Response: Sendable, Equatable {
    package var status: Int
    package var contentType: String
    /// Beside those every answer has.
    package var headers: [(name: String, value: String)]
    package var body: [UInt8]

    package init(
        _ status: Int, contentType: String, headers: [(name: String, value: String)] = [],
        body: [UInt8] = []
    ) {
        self.status = status
        self.contentType = contentType
        self.headers = headers
        self.body = body
    }

    package static func == (a: Response, b: Response) -> Bool {
        a.status == b.status && a.contentType == b.contentType && a.body == b.body
            && a.headers.elementsEqual(b.headers, by: ==)
    }

    /// What went wrong, as JSON: `{"error":"…"}`.
    package static func error(
        _ status: Int, _ reason: String, headers: [(name: String, value: String)] = []
    ) -> Response {
        var json = JSONWriter()
        json.beginObject()
        json.member("error", reason)
        json.endObject()
        json.newline()
        return Response(
            status, contentType: "application/json", headers: headers, body: json.finish())
    }

    /// The bytes of the answer (RFC 9112 §4).
    ///
    /// - Parameters:
    ///   - keepsAlive: whether the connection stays open after it.
    ///   - isHead: the request was HEAD, which is answered without the body.
    func serialized(keepsAlive: Bool, isHead: Bool) -> [UInt8] {
        var text = "HTTP/1.1 \(status) \(Self.reasons[status] ?? "Error")\r\n"
        // 304 stands for an answer that has a body, and says nothing of it (RFC 9110 §15.4.5).
        if status != 304 {
            text += "Content-Type: \(contentType)\r\nContent-Length: \(body.count)\r\n"
        }
        // Nobody is to guess at a type, show us in a frame, or send our address on.
        text += "X-Content-Type-Options: nosniff\r\n"
        for (name, value) in headers { text += "\(name): \(value)\r\n" }
        if !keepsAlive { text += "Connection: close\r\n" }
        text += "\r\n"
        var bytes = Array(text.utf8)
        if !isHead { bytes += body }
        return bytes
    }

    private static let reasons = [
        200: "OK", 204: "No Content", 304: "Not Modified", 400: "Bad Request", 401: "Unauthorized",
        403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed", 406: "Not Acceptable",
        408: "Request Timeout", 413: "Content Too Large", 415: "Unsupported Media Type",
        421: "Misdirected Request", 422: "Unprocessable Content",
        431: "Request Header Fields Too Large", 500: "Internal Server Error",
        501: "Not Implemented", 503: "Service Unavailable", 505: "HTTP Version Not Supported",
    ]
}
