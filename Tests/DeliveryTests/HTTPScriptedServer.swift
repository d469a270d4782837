import Foundation
import Posix
import Synchronization

/// A server on a port of its own that answers with the bytes it is told, right or wrong.
final class HTTPScriptedServer: Sendable {
    enum Step: Sendable {
        /// These bytes, and the connection stays.
        case say(String)
        /// These bytes, and the connection ends.
        case sayAndClose(String)
        /// As `say`, over and over until the other side has had enough.
        case sayForever(head: String, String)
        /// A TCP reset.
        case reset
        /// Nothing, until the other side goes away.
        case nothing
    }

    /// What came, as text: its bytes are ASCII but for bodies, which are here as they came.
    struct Request: Sendable {
        var head: String
        var body: [UInt8]

        /// Values of a header, by its name in lower case.
        func values(_ name: String) -> [String] {
            head.components(separatedBy: "\r\n").dropFirst().compactMap { line in
                let parts = line.components(separatedBy: ":")
                guard parts.count > 1, parts[0].lowercased() == name else { return nil }
                return parts.dropFirst().joined(separator: ":").trimmingCharacters(in: .whitespaces)
            }
        }
    }

    private struct State: Sendable {
        var script: [Step]
        var requests: [Request] = []
        var connections: [CInt] = []
        var isClosed = false
    }

    let port: UInt16
    private let listener: CInt
    private let state: Mutex<State>

    /// - Parameter script: a step a request, whatever the connection; the last one is repeated.
    init(_ script: Step...) throws {
        #if canImport(Darwin)
            let stream = SOCK_STREAM
        #else
            let stream = CInt(SOCK_STREAM.rawValue)
        #endif
        let listener = socket(AF_INET, stream, 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isListening = withUnsafeMutablePointer(to: &address) { address in
            address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, length) == 0 && listen(listener, 64) == 0
                    && getsockname(listener, $0, &length) == 0
            }
        }
        guard isListening else { throw SystemError(call: "listen", code: errno) }
        self.listener = listener
        port = UInt16(bigEndian: address.sin_port)
        state = Mutex(State(script: script))
        try Posix.Thread.start(name: "server") { self.acceptAll() }.detach()
    }

    var url: String { "http://127.0.0.1:\(port)" }
    var requests: [Request] { state.withLock { $0.requests } }
    var connectionCount: Int { state.withLock { $0.connections.count } }

    /// Refuses connections from now on and ends those there are.
    func close() {
        let open = state.withLock { state in
            state.isClosed = true
            return state.connections
        }
        shutdown(listener, CInt(SHUT_RDWR))
        for connection in open { shutdown(connection, CInt(SHUT_RDWR)) }
    }

    private func acceptAll() {
        while true {
            let connection = accept(listener, nil, nil)
            guard connection >= 0 else { break }
            let isClosed = state.withLock { state in
                state.connections.append(connection)
                return state.isClosed
            }
            if isClosed { break }
            try? Posix.Thread.start(name: "connection") { self.serve(connection) }.detach()
        }
        Foundation.close(listener)
    }

    private func serve(_ connection: CInt) {
        var pending: [UInt8] = []
        while let request = read(connection, &pending) {
            let step = state.withLock { state in
                state.requests.append(request)
                return state.script.count > 1 ? state.script.removeFirst() : state.script[0]
            }
            switch step {
            case .say(let text): send(connection, text)
            case .sayForever(let head, let text):
                send(connection, head)
                while send(connection, text) {}
            case .nothing: break
            case .sayAndClose(let text):
                send(connection, text)
                shutdown(connection, CInt(SHUT_RDWR))
            case .reset:
                var linger = linger(l_onoff: 1, l_linger: 0)
                let size = socklen_t(MemoryLayout.size(ofValue: linger))
                setsockopt(connection, SOL_SOCKET, SO_LINGER, &linger, size)
                Foundation.close(connection)
                return
            }
        }
        // Its number is not given to another while `close` may still use it.
        shutdown(connection, CInt(SHUT_RDWR))
    }

    /// The next request; nil when there is none any more.
    private func read(_ connection: CInt, _ pending: inout [UInt8]) -> Request? {
        let end = Array("\r\n\r\n".utf8)
        while true {
            if let head = pending.firstRange(of: end) {
                let text = String(decoding: pending[..<head.lowerBound], as: UTF8.self)
                let request = Request(head: text, body: [])
                let length = request.values("content-length").first.flatMap { Int($0) } ?? 0
                if pending.count >= head.upperBound + length {
                    let rest = pending[head.upperBound...]
                    pending = Array(rest.dropFirst(length))
                    return Request(head: text, body: Array(rest.prefix(length)))
                }
            }
            var chunk = [UInt8](repeating: 0, count: 64 << 10)
            let count = chunk.withUnsafeMutableBytes {
                recv(connection, $0.baseAddress, $0.count, 0)
            }
            guard count > 0 else { return nil }
            pending += chunk[..<count]
        }
    }

    @discardableResult
    private func send(_ connection: CInt, _ text: String) -> Bool {
        let bytes = Array(text.utf8)
        return bytes.withUnsafeBytes { (try? writeAll(connection, $0)) != nil }
    }
}
