import Delivery
import Posix

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

// Sends requests from a process of its own, because proxies and hung resolvers are a matter of the
// whole process, and so is its memory. A line a request on standard output, tab-separated: outcome,
// milliseconds, and what there is to say.

@main
struct DeliveryProbe {
    private static let usage = """
        usage: delivery-probe URL [--body BYTES] [--count N] [--gzip] [--timeout MS] \
        [--header NAME:VALUE] [--authority FILE] [--certificate FILE] [--key FILE] \
        [--library NAME] [--stop-after MS] [--quiet]
        """

    static func main() {
        var words = Array(CommandLine.arguments.dropFirst().reversed())
        guard let url = words.popLast() else { fail(usage) }
        var request = HTTPRequest(
            url: url, headers: [("Content-Type", "application/json")], body: [])
        var count = 1
        var libraries: [String] = []
        var stopAfter: UInt64?
        var isQuiet = false
        while let option = words.popLast() {
            switch option {
            case "--gzip": request.compresses = true
            case "--quiet": isQuiet = true
            default:
                guard let value = words.popLast() else { fail(usage) }
                switch option {
                case "--body": request.body = body(of: Int(value) ?? 0)
                case "--count": count = Int(value) ?? 1
                case "--timeout": request.timeoutMilliseconds = UInt64(value) ?? 10_000
                case "--header":
                    let parts = value.split(separator: ":", maxSplits: 1).map(String.init)
                    request.headers.append((parts.first ?? "", parts.dropFirst().first ?? ""))
                case "--authority": request.tls.authority = value
                case "--certificate": request.tls.certificate = value
                case "--key": request.tls.key = value
                case "--library": libraries.append(value)
                case "--stop-after": stopAfter = UInt64(value)
                default: fail(usage)
                }
            }
        }
        Signals.prepare()
        let stop = StopFlag()
        if let stopAfter { setLater(stop, milliseconds: stopAfter) }
        let transport =
            libraries.isEmpty
            ? CurlTransport(version: "probe", environment: environment(), stop: stop)
            : CurlTransport(
                version: "probe", environment: environment(), stop: stop, libraries: libraries)
        run(transport, request, count: count, isQuiet: isQuiet)
    }

    private static func run(
        _ transport: CurlTransport, _ request: HTTPRequest, count: Int, isQuiet: Bool
    ) {
        let before = residentKiB()
        var first = before
        let start = MonotonicClock.now()
        for number in 1...max(1, count) {
            let begun = MonotonicClock.now()
            let result = transport.send(request)
            let milliseconds = (MonotonicClock.now() - begun) / 1_000_000
            if !isQuiet { say("\(outcome(result, milliseconds))") }
            // By then buffers and caches have their size.
            if number == max(1, count / 10) { first = residentKiB() }
        }
        let nanoseconds = max(1, MonotonicClock.now() - start)
        let rate = UInt64(count) * 1_000_000_000 / nanoseconds
        say("end\t\(nanoseconds / 1_000_000)\t\(rate)\t\(before)\t\(first)\t\(residentKiB())")
    }

    private static func outcome(
        _ result: Result<HTTPResponse, TransportError>, _ milliseconds: UInt64
    ) -> String {
        switch result {
        case .success(let answer):
            let wait = answer.retryAfterMilliseconds.map(String.init) ?? "-"
            return "answer\t\(milliseconds)\t\(answer.status)\t\(wait)\t\(answer.body.count)\t"
                + answer.summary
        case .failure(.noLibrary(let words)): return "noLibrary\t\(milliseconds)\t\(words)"
        case .failure(.failed(let words)): return "failed\t\(milliseconds)\t\(words)"
        case .failure(.untrusted(let words)): return "untrusted\t\(milliseconds)\t\(words)"
        case .failure(.stopped): return "stopped\t\(milliseconds)\t"
        }
    }

    /// As well compressible as records are.
    private static func body(of count: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        var number = 0
        while bytes.count < count {
            bytes += #"{"id":"0199-\#(number &* 2_654_435_761)","input_tokens":\#(number)}"#.utf8
            number += 1
        }
        return Array(bytes.prefix(count))
    }

    private static func setLater(_ stop: StopFlag, milliseconds: UInt64) {
        do {
            try Thread.start(name: "stopper") {
                MonotonicClock.sleep(nanoseconds: milliseconds * 1_000_000)
                stop.set()
            }.detach()
        } catch {
            fail("\(error)")
        }
    }

    private static func environment() -> [String: String] {
        var variables: [String: String] = [:]
        for variable in CStringArray.environment().strings {
            let parts = variable.split(
                separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 2 { variables[String(parts[0])] = String(parts[1]) }
        }
        return variables
    }

    /// 0 where there is no /proc.
    private static func residentKiB() -> Int {
        guard let bytes = try? readWholeFile("/proc/self/status", atMost: 1 << 16) else { return 0 }
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n")
        where line.hasPrefix("VmRSS:") {
            return line.split { !$0.isNumber }.first.flatMap { Int($0) } ?? 0
        }
        return 0
    }
}

private func say(_ text: String) { put(text + "\n", on: 1) }

private func fail(_ text: String) -> Never {
    put("delivery-probe: \(text)\n", on: 2)
    exit(1)
}

private func put(_ text: String, on descriptor: CInt) {
    var text = text
    text.withUTF8 { bytes in try? writeAll(descriptor, UnsafeRawBufferPointer(bytes)) }
}
