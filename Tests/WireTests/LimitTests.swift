import Testing
import Wire

/// What does not fit into a sketch is left out, whatever comes, wherever it is cut. The twin knows
/// no such limits: here the scanner is held against itself.
@Suite struct LimitTests {
    struct Frame: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var text: String
    }

    /// An argument that is kept whole; arrays in it have no limit of their own.
    private static func request(_ name: String, _ count: Int, _ element: String) -> Frame {
        let elements = numbered(count) { _ in element }
        return Frame(
            testDescription: name,
            text: "{\"id\":1,\"params\":{\"arguments\":{\"request\":[\(elements)]}}}")
    }

    private static func result(_ name: String, _ count: Int, _ member: String) -> Frame {
        let members = numbered(count) { _ in member }
        return Frame(testDescription: name, text: "{\"id\":1,\"result\":{\(members)}}")
    }

    private static let long = String(repeating: "x", count: 1500)
    private static let text = quoted(String(repeating: "漢 ", count: 2000))
    private static let blocks = numbered(17) { _ in "{\"text\":\(text)}" }

    @Test(arguments: [
        request("numbers", 5000, "12"), request("arrays", 5000, "[[1]]"),
        request("strings", 300, "\"\(long)\""), request("escapes", 300, "\"\\u00e9\(long)\""),
        result("texts", 5, "\"content\":[\(blocks)]"),
        result("usage by model", 300, "\"modelUsage\":{\"m\":{\"cost\":\"\(long)\"}}"),
        result("names of models", 3000, "\"modelUsage\":{\"\(nines)\":{\"cost\":\"\(nines)\"}}"),
    ])
    func areKept(_ frame: Frame) throws {
        let bytes = Array("\(frame.text)\n{\"id\":2}".utf8)
        let whole = Scan.byScanner(bytes, cutAt: [], Vocabulary())
        #expect(whole.malformed == 0 && whole.messages.count == 2)
        let isCut = whole.messages.map { $0.summary.contains("cut=true") }
        #expect(isCut == [true, false])
        let cuts: [Cuts] = [.everyByte, .random(seed: 1, times: 10)]
        for places in cuts.flatMap({ $0.places(in: bytes.count) }) {
            let scan = Scan.byScanner(bytes, cutAt: places, Vocabulary())
            let isSame = scan.messages.map(\.summary) == whole.messages.map(\.summary)
            #expect(isSame, "\(difference(whole, scan))")
            if !isSame { return }
        }
    }

    /// Half a number would be another number.
    @Test func numbersAreKeptWholeOrNotAtAll() {
        let strings = numbered(255) { _ in "\"\(String(repeating: "x", count: 1024))\"" }
        let numbers = numbered(300) { _ in "1234567" }
        let frame = "{\"params\":{\"arguments\":{\"request\":[\(strings),\(numbers),true]}}}"
        let scan = Scan.byScanner(Array(frame.utf8), cutAt: [], Vocabulary())
        let lines = scan.messages[0].summary.split(separator: "\n")
        let kept = Set(lines.filter { $0.contains("element number") })
        #expect(kept.map { $0.drop { $0 == " " } } == ["element number \"1234567\""])
    }

    private static let nines = String(repeating: "9", count: 60)
}
