import NaiveWire
import Wire

/// Keeps what a scanner gives out, as text.
private struct Collector: FrameSink {
    var summaries: [String] = []

    mutating func finished(_ observation: Observation) -> Observation {
        summaries.append(observation.summary)
        observation.reset()
        return observation
    }
}

private struct Scan: Equatable {
    var summaries: [String]
    var malformed: UInt64
}

private let vocabulary = Vocabulary(
    pathSegments: ["analysis", "rootCause", "confidence"], innerSegments: ["results"])

/// Scans in chunks of the given lengths, over and over; each in a block of memory of its own, so
/// that the address sanitizer sees a look beyond it.
private func scan(_ bytes: UnsafeRawBufferPointer, chunks lengths: [Int]) -> Scan {
    var scanner = FrameScanner(vocabulary: vocabulary, sink: Collector())
    var start = 0
    var turn = 0
    while start < bytes.count {
        let length = min(lengths[turn % lengths.count], bytes.count - start)
        let chunk = UnsafeMutableRawBufferPointer.allocate(byteCount: length, alignment: 1)
        defer { chunk.deallocate() }
        chunk.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[start..<start + length]))
        scanner.feed(UnsafeRawBufferPointer(chunk), stamp: 0)
        start += length
        turn += 1
    }
    scanner.finish()
    return Scan(summaries: scanner.sink.summaries, malformed: scanner.malformedLines)
}

/// The first four bytes say how the rest is cut into chunks; however it is, and whatever the twin
/// makes of it, comes out the same. The limits of a sketch are the scanner's alone: what reaches
/// them is not compared.
@_cdecl("LLVMFuzzerTestOneInput")
public func wireFuzz(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    guard let data, count > 4 else { return 0 }
    let input = UnsafeRawBufferPointer(start: data, count: count)
    let lengths = input.prefix(4).map { Int($0) + 1 }
    let bytes = UnsafeRawBufferPointer(rebasing: input.dropFirst(4))

    let whole = scan(bytes, chunks: [bytes.count])
    let cut = scan(bytes, chunks: lengths)
    if whole != cut { stop("chunks of \(lengths) differ from the whole", whole, cut) }
    if whole.summaries.contains(where: { $0.contains("cut=true") }) { return 0 }

    let found = NaiveScanner.scan(Array(bytes), vocabulary: vocabulary)
    let twin = Scan(summaries: found.messages.map(\.summary), malformed: UInt64(found.malformed))
    if twin != whole { stop("the scanner differs from its twin", twin, whole) }
    return 0
}

private func stop(_ what: String, _ expected: Scan, _ scan: Scan) -> Never {
    let sides = [("expected", expected), ("got", scan)].map { name, side in
        "\(name): malformed=\(side.malformed)\n" + side.summaries.joined(separator: "\n")
    }
    fatalError(what + "\n" + sides.joined(separator: "\n"))
}
