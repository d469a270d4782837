import Records
import Testing

@testable import Reports

/// The quick reader of lines and the one that knows every form must say the same.
struct LineWalkTests {
    private static func quick(_ line: [UInt8], _ names: inout Labels) -> Projection? {
        var dates = DateCache()
        var found = line.withUnsafeBytes { bytes in
            var walk = LineWalk(bytes)
            return walk.projection(&names, &dates)
        }
        do { try found?.readPolicy(in: line.span) } catch { return nil }
        return found
    }

    /// Everything a projection holds, its names as text.
    private static func description(_ projection: Projection, _ names: Labels) -> String {
        let row = projection.row
        let texts = Label.allCases.map { label in
            let place = projection.labels[label]
            return place == 0 ? "-" : names.texts[label.rawValue][Int(place)]
        }
        // Equal texts of other numbers of Unicode scalars are other names.
        return """
            \(projection.kind) \(row.id) \(row.time) \(row.duration) \(row.nanodollars) \
            \(row.input) \(row.cached) \(row.output) \(row.reasoning) \(row.kind) \
            \(row.outcome) \(row.direction) \(row.marks.rawValue) \
            \(projection.partOf.map { "\($0)" } ?? "-") \
            \(projection.policy.map { "\($0)" } ?? "-") \(texts.map { Array($0.utf8) })
            """
    }

    private static func isSame(_ line: [UInt8]) -> (isQuick: Bool, isSame: Bool) {
        var names = Labels()
        guard let quick = quick(line, &names) else { return (false, true) }
        let quickText = description(quick, names)
        var others = Labels()
        guard let slow = try? Projection(anyForm: line.span, &others) else { return (true, false) }
        return (true, quickText == description(slow, others))
    }

    @Test func `lines as they are written are read quickly, and right`() {
        var random = SplitMix64(state: 7)
        var quickly = 0
        var count = 0
        for _ in 0..<4_000 {
            var line: [UInt8] = []
            let record = RandomRecord.make(&random, isPlain: true)
            // Too few to be worth it.
            if case .session = record { continue }
            count += 1
            record.encode(into: &line)
            let line2 = Array(line.dropLast())
            let (isQuick, isSame) = Self.isSame(line2)
            if isQuick { quickly += 1 }
            #expect(isSame, "\(String(decoding: line2, as: UTF8.self))")
        }
        #expect(quickly == count)
    }

    @Test func `awkward names and numbers are read right, by whichever reader`() {
        var random = SplitMix64(state: 8)
        for _ in 0..<4_000 {
            var line: [UInt8] = []
            RandomRecord.make(&random, isPlain: false).encode(into: &line)
            let (_, isSame) = Self.isSame(Array(line.dropLast()))
            #expect(isSame, "\(String(decoding: line, as: UTF8.self))")
        }
    }

    @Test func `damaged lines are not taken for others`() {
        var random = SplitMix64(state: 9)
        let bytes = Array(#""\{}[],:0123456789abcdefe-+. tTZ"#.utf8)
        for _ in 0..<20_000 {
            var line: [UInt8] = []
            RandomRecord.make(&random, isPlain: Bool.random(using: &random)).encode(into: &line)
            line.removeLast()
            let place = Int.random(in: 0..<line.count, using: &random)
            switch Int.random(in: 0..<3, using: &random) {
            case 0: line.removeSubrange(place..<line.count)
            case 1: line.remove(at: place)
            default: line[place] = bytes[Int.random(in: 0..<bytes.count, using: &random)]
            }
            // That a text is valid UTF-8 is the one thing the quick reader does not ask.
            if String(validating: line, as: UTF8.self) == nil { continue }
            let (_, isSame) = Self.isSame(line)
            #expect(isSame, "\(String(decoding: line, as: UTF8.self))")
        }
    }

    @Test(arguments: [
        (#"{"kind":"session"}"#, Unprojected.broken),
        (#"{"v":2,"kind":"call"}"#, .unknown),
        (#"{"v":1,"kind":"dream","id":"x"}"#, .unknown),
        ("{}", .broken),
    ])
    func `what is no record is said to be none`(line: String, expected: Unprojected) {
        var names = Labels()
        #expect(Self.quick(Array(line.utf8), &names) == nil)
        #expect(throws: expected) { _ = try Projection(anyForm: line.utf8Span.span, &names) }
    }

    @Test(arguments: ["", "g", "0", "-", "A"])
    func `ids that are no UUID in lower case are hashed`(replacement: String) {
        let text = "019aa5c0-9c40-7000-8000-000000000001"
        #expect(
            Identity.any(text) == (Identity(high: 0x019a_a5c0_9c40_7000, low: 1 | 1 << 63), true))
        #expect(Identity.any(text).0.text == text)
        for index in text.indices {
            let other = text[..<index] + replacement + text[text.index(after: index)...]
            if other == text || replacement == "0" && text[index] != "-" { continue }
            let (identity, isUUID) = Identity.any(String(other))
            #expect(!isUUID, "\(other)")
            #expect(identity == Identity.any(String(other)).0)
        }
    }
}
