import Testing

@testable import Exporter

struct RequestParserTests {
    /// Everything a connection's bytes give, fed in pieces of a length.
    private func parse(_ text: String, pieces length: Int) -> [RequestParser.Progress] {
        var parser = RequestParser()
        var found: [RequestParser.Progress] = []
        let bytes = Array(text.utf8)
        var start = 0
        while start < bytes.count {
            let end = min(start + length, bytes.count)
            bytes[start..<end].withUnsafeBytes { parser.feed($0) }
            start = end
            reading: while true {
                switch parser.next() {
                case .incomplete: break reading
                case .request(let request): found.append(.request(request))
                case .refused(let refusal):
                    found.append(.refused(refusal))
                    return found
                }
            }
        }
        return found
    }

    private func requests(_ text: String) throws -> [Request] {
        let whole = parse(text, pieces: text.utf8.count)
        for length in [1, 2, 3, 7, 64] { #expect(parse(text, pieces: length) == whole) }
        return try whole.map {
            guard case .request(let request) = $0 else {
                throw Refusal(0, "\($0)")
            }
            return request
        }
    }

    private func status(_ text: String) -> Int? {
        let whole = parse(text, pieces: text.utf8.count)
        for length in [1, 5] { #expect(parse(text, pieces: length) == whole) }
        guard case .refused(let refusal)? = whole.last else { return nil }
        return refusal.status
    }

    @Test func `requests behind one another come out one by one`() throws {
        let found = try requests(
            "GET /metrics?x=1 HTTP/1.1\r\nHost: localhost:9091\r\nAccept:  text/plain \r\n\r\n"
                + "POST /usage HTTP/1.1\r\nhost: a\r\nContent-Length: 4\r\n\r\n{}\r\n"
                + "POST /us%61ge HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n"
                + "Connection: close\r\n\r\n3;x=y\r\nabc\r\nA\r\n0123456789\r\n0\r\nT: v\r\n\r\n"
                + "\r\nGET / HTTP/1.0\r\n\r\n")
        #expect(found.map(\.path) == ["/metrics", "/usage", "/usage", "/"])
        #expect(found.map(\.query) == ["x=1", "", "", ""])
        #expect(found.map(\.keepsAlive) == [true, true, false, false])
        #expect(
            found.map { String(decoding: $0.body, as: UTF8.self) } == [
                "", "{}\r\n", "abc0123456789", "",
            ])
        #expect(found[0].header("accept") == "text/plain")
    }

    @Test(arguments: [
        ("GET / HTTP/1.1\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
        ("GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505),
        ("GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("GET /%0a HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("GET /\u{e9} HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("GET / HTTP/1.1\nHost: a\n\n\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\n folded: b\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\rb\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\u{0}\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx", 400),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\nx", 400),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1048577\r\n\r\n", 413),
        (
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0",
            400
        ),
        ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n", 501),
        ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFF\r\n", 413),
        ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n000000001\r\n", 400),
    ])
    func `what cannot be told apart is refused`(text: String, expected: Int) {
        #expect(status(text) == expected)
    }

    @Test func `a head without an end is refused at its limit`() {
        let long = "GET / HTTP/1.1\r\nHost: a\r\nX: "
        #expect(status(long + String(repeating: "x", count: 20_000)) == 431)
        #expect(status(long + String(repeating: "x\r\nX: ", count: 120) + "\r\n\r\n") == 431)
        #expect(status(long + String(repeating: "x", count: 16_000) + "\r\n\r\n") == nil)
    }

    @Test func `chunks together are bounded`() {
        let head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
        let chunk = "40000\r\n" + String(repeating: "x", count: 0x40000) + "\r\n"
        let four = parse(head + chunk + chunk + chunk + chunk + "0\r\n\r\n", pieces: 4096)
        guard case .request(let request)? = four.first else {
            Issue.record("\(four)")
            return
        }
        #expect(request.body.count == RequestLimits.bodyBytesMax)
        let five = parse(head + chunk + chunk + chunk + chunk + "1\r\nx\r\n", pieces: 4096)
        #expect(five == [.refused(.bodyTooLarge)])
    }
}
