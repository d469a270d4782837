import NaiveWire
import Testing
import Wire

/// How a stream is cut into chunks.
enum Cuts {
    case none
    case everyByte
    /// Once, at each place in turn.
    case eachPlace
    /// At random places, this many times over.
    case random(seed: UInt64, times: Int)

    /// The places of the cuts, for each time the stream is to be scanned.
    func places(in count: Int) -> [[Int]] {
        switch self {
        case .none: return [[]]
        case .everyByte: return [Array(1..<max(1, count))]
        case .eachPlace: return (0...count).map { [$0] }
        case .random(let seed, let times):
            var random = SplitMix(seed: seed)
            return (0..<times).map { _ in
                let cuts = random.below(min(count, 8) + 1) + 1
                return (0..<cuts).map { _ in random.below(count + 1) }.sorted()
            }
        }
    }
}

/// What a scanner made of a stream.
struct Scan: Equatable {
    struct Message: Equatable {
        var summary: String
        var firstStamp: UInt64
        var lastStamp: UInt64
    }

    var messages: [Message] = []
    var malformed: UInt64 = 0

    /// What the twin makes of it; the stamps are offsets.
    static func byTwin(_ bytes: [UInt8], _ vocabulary: Vocabulary) -> Scan {
        let found = NaiveScanner.scan(bytes, vocabulary: vocabulary)
        return Scan(
            messages: found.messages.map(Message.init), malformed: UInt64(found.malformed))
    }

    /// What the scanner makes of it; the stamp of a chunk is the offset of its first byte.
    static func byScanner(_ bytes: [UInt8], cutAt places: [Int], _ vocabulary: Vocabulary) -> Scan {
        var scanner = FrameScanner(vocabulary: vocabulary, sink: Collector())
        var start = 0
        for end in places + [bytes.count] {
            // A copy of its own size, so that the address sanitizer sees a look beyond it.
            let chunk = UnsafeMutableRawBufferPointer.allocate(
                byteCount: end - start, alignment: 1)
            defer { chunk.deallocate() }
            chunk.copyBytes(from: bytes[start..<end])
            scanner.feed(UnsafeRawBufferPointer(chunk), stamp: UInt64(start))
            start = end
        }
        scanner.finish()
        return Scan(messages: scanner.sink.messages, malformed: scanner.malformedLines)
    }

    /// The same with each stamp moved back to where its chunk began.
    func stamped(atCuts places: [Int]) -> Scan {
        func start(of offset: UInt64) -> UInt64 {
            UInt64(places.last { $0 <= offset } ?? 0)
        }
        var scan = self
        for index in scan.messages.indices {
            scan.messages[index].firstStamp = start(of: messages[index].firstStamp)
            scan.messages[index].lastStamp = start(of: messages[index].lastStamp)
        }
        return scan
    }
}

extension Scan.Message {
    init(_ observation: Observation) {
        self.init(
            summary: observation.summary, firstStamp: observation.firstStamp,
            lastStamp: observation.lastStamp)
    }
}

private struct Collector: FrameSink {
    var messages: [Scan.Message] = []

    mutating func finished(_ observation: Observation) -> Observation {
        messages.append(Scan.Message(observation))
        // Used again, so that what a message left behind would show in the next.
        observation.reset()
        return observation
    }
}

/// Expects that scanner and twin make the same of a stream, however it is cut.
///
/// - Parameter name: says which case it is when they do not.
/// - Returns: whether they did.
@discardableResult
func agree(
    _ bytes: [UInt8], cuts: [Cuts], vocabulary: Vocabulary = Vocabulary(), _ name: String,
    sourceLocation: SourceLocation = #_sourceLocation
) -> Bool {
    let twin = Scan.byTwin(bytes, vocabulary)
    for places in cuts.flatMap({ $0.places(in: bytes.count) }) {
        let expected = twin.stamped(atCuts: places)
        let scan = Scan.byScanner(bytes, cutAt: places, vocabulary)
        guard scan != expected else { continue }
        Issue.record(
            """
            \(name), cut at \(places.prefix(20)):
            \(difference(expected, scan))
            \(String(decoding: bytes.prefix(700), as: UTF8.self).debugDescription)
            """, sourceLocation: sourceLocation)
        return false
    }
    return true
}

/// The first line in which they differ, with some of what stands above it.
func difference(_ expected: Scan, _ scan: Scan) -> String {
    func lines(_ scan: Scan) -> [Substring] {
        let text = scan.messages.map {
            "\($0.summary)\nstamps \($0.firstStamp) \($0.lastStamp)"
        }
        return (text.joined(separator: "\n") + "\nmalformed=\(scan.malformed)")
            .split(separator: "\n").map { $0.prefix(300) }
    }
    let (a, b) = (lines(expected), lines(scan))
    let at = zip(a, b).prefix { $0 == $1 }.count
    return """
        \(a[max(0, at - 6)..<min(at, a.count)].joined(separator: "\n"))
        expected: \(at < a.count ? a[at] : "")
        scanned:  \(at < b.count ? b[at] : "")
        """
}
