import Posix
import Synchronization
import Testing

@testable import Exporter

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// Over real sockets.
struct ListenerTests {
    /// A listener that answers with the method, path and body of what it is asked.
    private final class Echo: Sendable {
        let listener: Listener
        let port: UInt16
        private let thread: Thread

        init(_ limits: Listener.Limits = Listener.Limits()) throws {
            listener = Listener(limits: limits) { request in
                Response(
                    200, contentType: "text/plain",
                    body: Array("\(request.method) \(request.path) ".utf8) + request.body)
            }
            let socket = try ListeningSocket.bound(to: SocketAddress(host: "127.0.0.1", port: 0))
            port = socket.port
            let box = Mutex<ListeningSocket?>(socket)
            let listener = listener
            thread = try Thread.start(name: "listener") {
                guard let socket = box.withLock({ $0.take() }) else { return }
                try? listener.run(on: socket)
            }
        }

        func end() {
            listener.end()
            thread.join()
        }
    }

    /// A client of one connection.
    private final class Client {
        private let descriptor: CInt

        init(_ port: UInt16) throws {
            Signals.prepare()
            #if canImport(Glibc)
                descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
            #else
                descriptor = socket(AF_INET, SOCK_STREAM, 0)
            #endif
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = port.bigEndian
            address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
            let result = withUnsafeBytes(of: &address) { bytes in
                connect(
                    descriptor, bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self),
                    socklen_t(bytes.count))
            }
            guard result == 0 else { throw SystemError(call: "connect", code: errno) }
            var limit = timeval(tv_sec: 20, tv_usec: 0)
            setsockopt(
                descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        }

        deinit { close(descriptor) }

        /// False when the other side has closed.
        @discardableResult
        func send(_ text: String) -> Bool {
            Array(text.utf8).withUnsafeBytes {
                write(descriptor, $0.baseAddress, $0.count) == $0.count
            }
        }

        /// Reads until the text is there, or the end.
        func read(until end: String? = nil) -> String {
            var bytes: [UInt8] = []
            var space = [UInt8](repeating: 0, count: 4096)
            while true {
                let count = recv(descriptor, &space, space.count, 0)
                if count <= 0 { break }
                bytes += space[..<count]
                if let end, String(decoding: bytes, as: UTF8.self).hasSuffix(end) { break }
            }
            return String(decoding: bytes, as: UTF8.self)
        }
    }

    @Test func `a connection is used for many requests, sent at once or in drops`() throws {
        let echo = try Echo()
        defer { echo.end() }
        let client = try Client(echo.port)
        client.send("GET /a HTTP/1.1\r\nHost: x\r\n\r\nPOST /b HTTP/1.1\r\nHost: x\r\n")
        let first = client.read(until: "GET /a ")
        #expect(first.hasPrefix("HTTP/1.1 200 OK\r\n"))
        for byte in "Content-Length: 3\r\n\r\nxyz".map(String.init) { client.send(byte) }
        #expect(client.read(until: "POST /b xyz").contains("Content-Length: 11"))
        client.send("HEAD /c HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        let last = client.read()
        #expect(last.hasSuffix("\r\n\r\n"))
        #expect(last.contains("Connection: close"))
        #expect(echo.listener.counts.accepted == 1)
    }

    @Test func `a client that waits for it is told to go on`() throws {
        let echo = try Echo()
        defer { echo.end() }
        let client = try Client(echo.port)
        client.send(
            "POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
        #expect(client.read(until: "\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n")
        client.send("ok")
        #expect(client.read(until: "POST / ok").hasPrefix("HTTP/1.1 200"))
    }

    @Test func `who is too slow, too big or too many is told so`() throws {
        var limits = Listener.Limits()
        limits.connections = 2
        limits.requestNanoseconds = 300_000_000
        let echo = try Echo(limits)
        defer { echo.end() }
        let slow = try Client(echo.port)
        slow.send("GET / HTTP/1.1\r\nHo")
        #expect(slow.read().hasPrefix("HTTP/1.1 408 "))

        let big = try Client(echo.port)
        big.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9999999\r\n\r\n")
        for _ in 0..<100 { big.send(String(repeating: "x", count: 10_000)) }
        #expect(big.read().hasPrefix("HTTP/1.1 413 "))

        while echo.listener.counts.open > 0 { MonotonicClock.sleep(nanoseconds: 1_000_000) }
        let held = try (0..<2).map { _ in try Client(echo.port) }
        while echo.listener.counts.open < 2 { MonotonicClock.sleep(nanoseconds: 1_000_000) }
        #expect(try Client(echo.port).read().hasPrefix("HTTP/1.1 503 "))
        withExtendedLifetime(held) {}
    }

    @Test func `an end waits for no idle connection`() throws {
        let echo = try Echo()
        let idle = try Client(echo.port)
        idle.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        _ = idle.read(until: "GET / ")
        let start = MonotonicClock.now()
        echo.end()
        #expect(MonotonicClock.now() - start < 1_000_000_000)
    }
}
