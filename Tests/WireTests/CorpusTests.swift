import Foundation
import NaiveWire
import Testing
import Wire

/// What real servers send, whole and broken: scanner and twin make the same of it wherever it is
/// cut.
@Suite struct CorpusTests {
    #if DEBUG
        private static let mutations: UInt64 = 1
    #else
        private static let mutations: UInt64 = 20
    #endif

    @Test func framesCutAnywhere() throws {
        let frames = try Self.frames()
        #expect(frames.count > 150)
        for (index, frame) in frames.enumerated() {
            let scan = Scan.byTwin(frame, Vocabulary())
            #expect(scan.malformed == 0 && scan.messages.count == 1, "frame \(index)")
            #if DEBUG
                let cuts: [Cuts] = [.everyByte, .random(seed: UInt64(index), times: 20)]
            #else
                let cuts: [Cuts] = [.everyByte, .eachPlace]
            #endif
            guard agree(frame, cuts: cuts, "frame \(index)") else { return }
        }
    }

    @Test func brokenFrames() throws {
        for (index, frame) in try Self.frames().enumerated() {
            for seed in 0..<Self.mutations {
                var broken = frame
                var generator = Generator(
                    seed: seed << 32 | UInt64(index), vocabulary: Vocabulary())
                generator.mutate(&broken)
                let cuts: [Cuts] = [.none, .everyByte, .random(seed: seed, times: 5)]
                guard agree(broken, cuts: cuts, "frame \(index), seed \(seed)") else { return }
            }
        }
    }

    /// The values of `frame` and `request` of each line of the corpus, byte for byte.
    private static func frames() throws -> [[UInt8]] {
        let folder = URL(filePath: #filePath).deletingLastPathComponent()
        let file = folder.appending(path: "Fixtures/usage_corpus.jsonl")
        let lines = try Data(contentsOf: file).split(separator: UInt8(ascii: "\n"))
        return lines.flatMap { line in
            ["\"frame\": {", "\"request\": {"].compactMap { opening in
                line.firstRange(of: Array(opening.utf8)).flatMap { range in
                    object(line[range.upperBound...])
                }
            }
        }
    }

    /// The object whose opening brace was just passed; nil if it does not end.
    private static func object(_ bytes: Data) -> [UInt8]? {
        var depth = 1
        var isInString = false
        var isEscaped = false
        for index in bytes.indices {
            switch bytes[index] {
            case _ where isEscaped: isEscaped = false
            case UInt8(ascii: "\\"): isEscaped = isInString
            case UInt8(ascii: "\""): isInString.toggle()
            case UInt8(ascii: "{") where !isInString: depth += 1
            case UInt8(ascii: "}") where !isInString: depth -= 1
            default: break
            }
            if depth == 0 { return Array("{".utf8) + bytes[...index] }
        }
        return nil
    }
}
