import Foundation
import Posix
import Testing

@testable import Delivery

struct HTTPTransportTests {
    private typealias Step = HTTPScriptedServer.Step

    /// Whatever proxy this machine is behind is not asked for its own addresses.
    private static let prepared: Void = {
        Signals.prepare()
        setenv("no_proxy", "*", 1)
    }()

    private static func transport(
        _ stop: StopFlag = StopFlag(), libraries: [String] = CurlLibrary.names
    ) -> CurlTransport {
        _ = prepared
        return CurlTransport(
            version: "1.2.3", environment: [:], stop: stop, libraries: libraries)
    }

    private static func request(
        _ server: HTTPScriptedServer, _ body: String = "{}", timeout: UInt64 = 10_000
    ) -> HTTPRequest {
        HTTPRequest(
            url: server.url + "/v1/traces",
            headers: [("Content-Type", "application/json"), ("Authorization", "Bearer s3cret")],
            body: Array(body.utf8), timeoutMilliseconds: timeout)
    }

    private static func words(_ result: Result<HTTPResponse, TransportError>) -> String? {
        guard case .failure(.failed(let words)) = result else { return nil }
        return words
    }

    private static let ok = Step.say("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")

    @Test func `a request is what was asked for and nothing else`() throws {
        let server = try HTTPScriptedServer(Self.ok)
        defer { server.close() }
        var request = Self.request(server, "hello")
        request.headers += [("X-Empty", ""), ("X-Odd", "a:b; c, \"d\"")]
        #expect(try Self.transport().send(request).get().body == Array("{}".utf8))
        let received = try #require(server.requests.first)
        #expect(received.head.hasPrefix("POST /v1/traces HTTP/1.1\r\n"))
        #expect(received.body == Array("hello".utf8))
        let names = received.head.components(separatedBy: "\r\n").dropFirst()
            .map { $0.components(separatedBy: ":")[0].lowercased() }.sorted()
        #expect(
            names == [
                "accept", "authorization", "content-length", "content-type", "host", "user-agent",
                "x-empty", "x-odd",
            ])
        #expect(received.values("user-agent") == ["mcp-meter/1.2.3"])
        #expect(received.values("authorization") == ["Bearer s3cret"])
        #expect(received.values("x-empty") == [""])
        #expect(received.values("x-odd") == ["a:b; c, \"d\""])
    }

    @Test func `the caller's own User-Agent wins, and a body without a type has none`() throws {
        let server = try HTTPScriptedServer(Self.ok)
        defer { server.close() }
        let request = HTTPRequest(
            url: server.url, headers: [("user-agent", "mine")], body: [])
        #expect(try Self.transport().send(request).get().status == 200)
        let received = try #require(server.requests.first)
        #expect(received.values("user-agent") == ["mine"])
        #expect(received.values("content-type") == [])
        #expect(received.values("content-length") == ["0"])
    }

    @Test func `one connection serves many requests`() throws {
        let server = try HTTPScriptedServer(Self.ok)
        defer { server.close() }
        let transport = Self.transport()
        for _ in 0..<50 {
            #expect(try transport.send(Self.request(server)).get().status == 200)
        }
        #expect(server.requests.count == 50)
        #expect(server.connectionCount == 1)
    }

    @Test func `a connection the server closed in between is replaced unseen`() throws {
        let server = try HTTPScriptedServer(
            .sayAndClose("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"), Self.ok)
        defer { server.close() }
        let transport = Self.transport()
        for _ in 0..<2 { #expect(try transport.send(Self.request(server)).get().status == 200) }
        #expect(server.connectionCount == 2)
    }

    @Test func `a large body goes out without waiting for leave`() throws {
        let server = try HTTPScriptedServer(Self.ok)
        defer { server.close() }
        let body = String(repeating: "0123456789abcdef", count: 1 << 18)
        #expect(try Self.transport().send(Self.request(server, body)).get().status == 200)
        let received = try #require(server.requests.first)
        #expect(received.body == Array(body.utf8))
        #expect(received.values("expect") == [])
    }

    // MARK: Answers

    struct Answer: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var text: String
        var response: HTTPResponse

        init(_ name: String, _ text: String, _ response: HTTPResponse) {
            (testDescription, self.text, self.response) = (name, text, response)
        }
    }

    private static let many = String(repeating: "x", count: 100_000)

    @Test(arguments: [
        Answer("no content", "HTTP/1.1 204 No Content\r\n\r\n", HTTPResponse(status: 204)),
        Answer(
            "an interim answer before it",
            "HTTP/1.1 103 Early Hints\r\nRetry-After: 9\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx",
            HTTPResponse(status: 200, body: Array("x".utf8))),
        Answer(
            "not JSON",
            "HTTP/1.1 200 OK\r\nContent-Type: Text/HTML; charset=utf-8\r\n"
                + "Content-Length: 6\r\n\r\n<html>",
            HTTPResponse(status: 200, contentType: "text/html", body: Array("<html>".utf8))),
        Answer(
            "in chunks",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                + "3;a=b\r\nabc\r\n4\r\ndefg\r\n0\r\nX-Trailer: 1\r\n\r\n",
            HTTPResponse(status: 200, body: Array("abcdefg".utf8))),
        Answer(
            "until the end of the connection", "HTTP/1.0 200 OK\r\n\r\nabc",
            HTTPResponse(status: 200, body: Array("abc".utf8))),
        Answer(
            "longer than is kept",
            "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + many,
            HTTPResponse(
                status: 200,
                body: Array(repeating: UInt8(ascii: "x"), count: HTTPResponse.bodyBytesMax))),
        Answer(
            "to come back later",
            "HTTP/1.1 503 Busy\r\nrEtRy-AfTeR:  7 \r\nContent-Length: 0\r\n\r\n",
            HTTPResponse(status: 503, retryAfterMilliseconds: 7000)),
        Answer(
            "to come back at a date, by the server's clock",
            "HTTP/1.1 429 Slow\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
                + "Retry-After: Sun, 06 Nov 1994 08:49:39 GMT\r\nContent-Length: 0\r\n\r\n",
            HTTPResponse(status: 429, retryAfterMilliseconds: 2000)),
        Answer(
            "to come back in so many milliseconds",
            "HTTP/1.1 429 Slow\r\nretry-after: 2\r\nretry-after-ms: 1500\r\nContent-Length: 0\r\n\r\n",
            HTTPResponse(status: 429, retryAfterMilliseconds: 1500)),
        Answer(
            "large headers, and what matters after them",
            "HTTP/1.1 429 Slow\r\nX-A: \(many.prefix(60_000))\r\nX-B: \(many.prefix(60_000))\r\n"
                + "Retry-After: 3\r\nContent-Length: 0\r\n\r\n",
            HTTPResponse(status: 429, retryAfterMilliseconds: 3000)),
    ])
    func `an answer`(answer: Answer) throws {
        let server = try HTTPScriptedServer(.sayAndClose(answer.text))
        defer { server.close() }
        #expect(try Self.transport().send(Self.request(server)).get() == answer.response)
    }

    @Test(arguments: [301, 302, 307, 308])
    func `a redirect is an answer`(status: Int) throws {
        let elsewhere = try HTTPScriptedServer(Self.ok)
        let server = try HTTPScriptedServer(
            .say(
                "HTTP/1.1 \(status) Moved\r\nLocation: \(elsewhere.url)/\r\nContent-Length: 0\r\n\r\n"
            ))
        defer {
            server.close()
            elsewhere.close()
        }
        #expect(try Self.transport().send(Self.request(server)).get().status == status)
        #expect(elsewhere.connectionCount == 0)
    }

    // MARK: No answer

    struct Trouble: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var step: HTTPScriptedServer.Step

        init(_ name: String, _ step: HTTPScriptedServer.Step) {
            (testDescription, self.step) = (name, step)
        }
    }

    @Test(arguments: [
        Trouble("reset", .reset),
        Trouble("closed", .sayAndClose("")),
        Trouble("half a status line", .sayAndClose("HTTP/1.1 20")),
        Trouble("no status line", .sayAndClose("SSH-2.0-OpenSSH_9.2\r\n")),
        Trouble("half a body", .sayAndClose("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc")),
        Trouble(
            "half of the chunks",
            .sayAndClose(
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n5\r\nab")),
        Trouble(
            "chunks that are none",
            .sayAndClose("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabcde\r\n")),
        Trouble(
            "a body without end",
            .sayForever(head: "HTTP/1.1 200 OK\r\n\r\n", String(repeating: "y", count: 65_536))),
        Trouble(
            "headers without end",
            .sayForever(
                head: "HTTP/1.1 200 OK\r\n", "X-A: \(String(repeating: "z", count: 50_000))\r\n")),
    ])
    func `what is no whole answer fails, and the next request is not hurt`(
        trouble: Trouble
    ) throws {
        let server = try HTTPScriptedServer(trouble.step, Self.ok)
        defer { server.close() }
        let transport = Self.transport()
        let words = try #require(Self.words(transport.send(Self.request(server))))
        #expect(words.hasPrefix("\(server.url)/v1/traces: "))
        #expect(words.count > server.url.count + 20)
        #expect(try transport.send(Self.request(server)).get().status == 200)
    }

    @Test func `nobody listens`() throws {
        let server = try HTTPScriptedServer(Self.ok)
        server.close()
        // The port is free as soon as the listener's thread has seen it.
        let words = Self.words(Self.transport().send(Self.request(server)))
        #expect(words?.contains("onnect") == true)
    }

    @Test func `an answer that does not come is waited for as long as was said`() throws {
        let server = try HTTPScriptedServer(.nothing)
        defer { server.close() }
        let start = MonotonicClock.now()
        let words = Self.words(Self.transport().send(Self.request(server, timeout: 300)))
        let milliseconds = (MonotonicClock.now() - start) / 1_000_000
        #expect(words?.contains("timed out") == true)
        #expect((300...1500).contains(milliseconds))
    }

    @Test func `a stop ends a request that hangs`() throws {
        let server = try HTTPScriptedServer(.nothing)
        defer { server.close() }
        let stop = StopFlag()
        let transport = Self.transport(stop)
        let stopper = try Posix.Thread.start(name: "stopper") {
            while server.requests.isEmpty { MonotonicClock.sleep(nanoseconds: 1_000_000) }
            stop.set()
        }
        #expect(transport.send(Self.request(server)) == .failure(.stopped))
        stopper.join()
        #expect(transport.send(Self.request(server)) == .failure(.stopped))
        #expect(server.requests.count == 1)
    }

    @Test func `without libcurl one line says what was looked for`() throws {
        let server = try HTTPScriptedServer(Self.ok)
        defer { server.close() }
        let transport = Self.transport(libraries: ["libnone.so.1", "libnone.so.2"])
        for _ in 0..<2 {
            guard case .failure(.noLibrary(let words)) = transport.send(Self.request(server)) else {
                Issue.record("something was loaded")
                return
            }
            #expect(words.contains("libnone.so.1, libnone.so.2"))
            #expect(!words.contains("\n"))
        }
        #expect(server.connectionCount == 0)
    }

    // MARK: What must not be sent, or said

    @Test(arguments: [
        ("A", "b\r\nX-Injected: 1"), ("A", "b\nc"), ("A", "b\rc"), ("A", "b\0c"), ("", "b"),
        ("A b", "c"), ("A:", "b"), ("A\r\nB", "c"), ("Ä", "b"),
    ])
    func `a header that would be two is refused unsaid`(name: String, value: String) throws {
        let server = try HTTPScriptedServer(Self.ok)
        defer { server.close() }
        var request = Self.request(server)
        request.headers.append((name, value))
        let words = try #require(Self.words(Self.transport().send(request)))
        #expect(words.contains("header"))
        #expect(!words.contains("Injected") && !words.contains("s3cret"))
        #expect(server.connectionCount == 0)
    }

    @Test(arguments: [
        "http://user:s3cret@127.0.0.1:1/x?key=s3cret#s3cret", "http://user:s3cret@no such host/",
        "http://user:s3cret/x@127.0.0.1:1/", "http://user:s3cret?x@127.0.0.1:1/",
        "user:s3cret@127.0.0.1:1", "ftp://user:s3cret@127.0.0.1:1/", "http://[::s3cret@127.0.0.1:1/",
        "http://s3cret@127.0.0.1:99999/", "http://u:s3cret@/", "file:///etc/passwd?s3cret",
        "http://127.0.0.1:1/\0?s3cret", "", "http://", "https://u:s3cret@s3cret.invalid.:1:2/",
    ])
    func `an error never tells a user, a password or a query`(url: String) throws {
        let request = HTTPRequest(
            url: url, headers: [("Authorization", "Bearer s3cret")], body: [],
            timeoutMilliseconds: 500)
        let words = try #require(Self.words(Self.transport().send(request)))
        #expect(!words.contains("s3cret"), "\(words)")
        #expect(!words.contains("\n"))
    }

    // MARK: gzip

    @Test func `a body goes compressed where that is asked for and helps`() throws {
        let server = try HTTPScriptedServer(Self.ok)
        defer { server.close() }
        let transport = Self.transport()
        let long = String(repeating: #"{"id":"0199","tokens":12}"#, count: 4000)
        for body in [long, "{}"] {
            var request = Self.request(server, body)
            request.compresses = true
            #expect(try transport.send(request).get().status == 200)
        }
        let received = server.requests
        #expect(received[0].values("content-encoding") == ["gzip"])
        #expect(received[0].body.count < long.utf8.count / 20)
        #expect(try gunzip(received[0].body) == Array(long.utf8))
        #expect(received[1].values("content-encoding") == [])
        #expect(received[1].body == Array("{}".utf8))
    }

    @Test func `one stream packs text after text, whatever it is`() throws {
        let gzip = try #require(Gzip())
        var random = SystemRandomNumberGenerator()
        for count in [0, 1, 2, 100, 65_535, 65_536, 1_000_000] {
            let noise = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
            #expect(try gunzip(try #require(gzip.compress(noise))) == noise)
            let zeros = [UInt8](repeating: 0, count: count)
            #expect(try gunzip(try #require(gzip.compress(zeros))) == zeros)
        }
    }

    @Test func `zlib is found through a library that needs it`() throws {
        let gzip = try #require(Gzip(libraries: ["libnone.so.1"] + CurlLibrary.names))
        #expect(try gunzip(try #require(gzip.compress([1, 2, 3]))) == [1, 2, 3])
        #expect(Gzip(libraries: ["libnone.so.1"]) == nil)
    }

    /// By gzip's own program.
    private func gunzip(_ bytes: [UInt8]) throws -> [UInt8] {
        let directory = try makeTemporaryDirectory(named: "gzip")
        defer { removeTree(directory) }
        try writeWholeFile(directory + "/packed", bytes)
        let input = try Descriptor.open(directory + "/packed", O_RDONLY)
        let output = try Descriptor.open(directory + "/text", O_WRONLY | O_CREAT)
        var launch = Launch(
            arguments: CStringArray(["gzip", "-dc"]), environment: .environment())
        launch.input = input.raw
        launch.output = output.raw
        #expect(try launch.start().reap() == .exited(0))
        return try readWholeFile(directory + "/text", atMost: 64 << 20)
    }
}
