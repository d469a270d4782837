import Testing
import Wire

/// Scanner and twin make the same of anything.
@Suite struct AgreementTests {
    private static let vocabulary = Generator.vocabulary

    #if DEBUG
        private static let caseCount: UInt64 = 400
    #else
        private static let caseCount: UInt64 = 10_000
    #endif

    @Test func aboutGeneratedStreams() {
        var failures = 0
        for seed in 0..<Self.caseCount where failures < 5 {
            var generator = Generator(seed: seed, vocabulary: Self.vocabulary)
            let bytes = generator.stream()
            var cuts: [Cuts] = [.none, .everyByte, .random(seed: seed, times: 3)]
            if bytes.count < 200 { cuts.append(.eachPlace) }
            if !agree(bytes, cuts: cuts, vocabulary: Self.vocabulary, "seed \(seed)") {
                failures += 1
            }
        }
    }
}
