import Wire

/// Speed of the scanner alone, one core: GB/s on kinds of traffic, each one huge message fed in
/// 64 KiB chunks as the relay does. `content` as the first argument is about `ContentBench`.
@main
enum ScannerBench {
    struct Recycler: FrameSink {
        var count = 0
        mutating func finished(_ observation: Observation) -> Observation {
            count += 1
            observation.reset()
            return observation
        }
    }

    static func main() {
        var arguments = CommandLine.arguments.dropFirst()
        let isOfContent = arguments.first == "content"
        if isOfContent { arguments = arguments.dropFirst() }
        let megabytes = arguments.first.flatMap { Int($0) } ?? (isOfContent ? 64 : 512)
        let filter = arguments.dropFirst().first
        if isOfContent { return ContentBench.run(megabytes, filter) }
        for sample in samples where filter.map({ sample.name.contains($0) }) ?? true {
            var best = 0.0
            for _ in 0..<3 { best = max(best, speed(sample, megabytes)) }
            let shown = (best * 100).rounded() / 100
            print("\(sample.name.padded(to: 44)) \(shown) GB/s")
        }
    }

    struct Sample {
        let name: String
        let head: String
        let body: String
        let tail: String
    }

    static let prose = String(
        repeating:
            "The relay forwards every byte before it looks at it, and whatever it then finds in\\n"
            + "the text is counted, never kept. A line ends every eighty characters or so, as in\\n",
        count: 1)

    static let samples = [
        Sample(
            name: "long text (content[].text, \\n every 80)",
            head: #"{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":""#,
            body: prose, tail: #""}]}}"#),
        Sample(
            name: "long text, no escapes",
            head: #"{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":""#,
            body: String(repeating: "plain words without any line end ", count: 8), tail: #""}]}}"#),
        Sample(
            name: "long argument (prompt)",
            head:
                #"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"arguments":{"prompt":""#,
            body: prose, tail: #""}}}"#),
        Sample(
            name: "text nobody asked for",
            head: #"{"jsonrpc":"2.0","id":1,"result":{"other":""#, body: prose, tail: #""}}"#),
        Sample(
            name: "dense JSON nobody asked for",
            head: #"{"jsonrpc":"2.0","id":1,"result":{"rows":["#,
            body: #"{"id":17,"ok":true,"name":"row","x":[1,2,3.5],"tag":null},"#, tail: "0]}}"),
        Sample(
            name: "numbers (embedding)",
            head: #"{"jsonrpc":"2.0","id":1,"result":{"embedding":["#,
            body: "0.0023064255,-0.009327292,0.015797377,", tail: "0]}}"),
        Sample(
            name: "dense JSON that is looked at",
            head: #"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"arguments":{"rows":["#,
            body: #"{"id":17,"ok":true,"name":"row","x":[1,2,3.5],"tag":null},"#, tail: "0]}}}"),
        Sample(
            name: "escaped JSON in text",
            head:
                #"{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"{\"rows\":["#,
            body: #"{\"id\":17,\"ok\":true,\"name\":\"row\",\"x\":[1,2,3.5],\"tag\":null},"#,
            tail: #"0]}"}]}}"#),
        Sample(
            name: "200-byte calls",
            head: "",
            body:
                #"{"jsonrpc":"2.0","id":123,"method":"tools/call","params":{"name":"ask","arguments":{"prompt":"What is the capital of France, and how many people live there today?","model":"gemini-2.5-pro"}}}"#
                + "\n",
            tail: ""),
    ]

    static func speed(_ sample: Sample, _ megabytes: Int) -> Double {
        let total = megabytes << 20
        var unit: [UInt8] = []
        while unit.count < 1 << 20 { unit += Array(sample.body.utf8) }
        var scanner = FrameScanner(vocabulary: Vocabulary(), sink: Recycler())
        let clock = ContinuousClock()
        let elapsed = clock.measure {
            Array(sample.head.utf8).withUnsafeBytes { scanner.feed($0, stamp: 0) }
            var fed = 0
            while fed < total {
                unit.withUnsafeBytes { bytes in
                    var i = 0
                    while i < bytes.count {
                        let n = min(64 << 10, bytes.count - i)
                        scanner.feed(
                            UnsafeRawBufferPointer(rebasing: bytes[i..<(i + n)]), stamp: 0)
                        i += n
                    }
                }
                fed += unit.count
            }
            Array((sample.tail + "\n").utf8).withUnsafeBytes { scanner.feed($0, stamp: 0) }
            scanner.finish()
        }
        precondition(scanner.malformedLines == 0, "\(sample.name) is malformed")
        precondition(scanner.sink.count > 0)
        let seconds =
            Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) / 1e18
        return Double(total) / seconds / 1e9
    }
}

extension String {
    func padded(to width: Int) -> String {
        self + String(repeating: " ", count: max(0, width - count))
    }
}
