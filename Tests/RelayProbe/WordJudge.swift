import Relay

/// A judge that does what a line's first word says:
/// - `hold MILLISECONDS …`: it is held so long, then sent;
/// - `replace …`: the rest is sent;
/// - `answer …`: the rest is the answer;
/// - `later MILLISECONDS …`: it is held so long, then the rest is the answer;
/// - `drop NUMBER`: it is sent, and the held line with this number is not.
///
/// Everything else is sent.
final class WordJudge: LineJudge, @unchecked Sendable {
    // Sendable: one pump's thread uses it, and the main thread after the pump was shut out.
    private let observer: Counter
    private var withdrawn: [UInt64] = []
    private var passed: [UInt64] = []
    private var observed: [UInt64] = []

    /// More lines are not listed one by one.
    private static let listMax = 16

    init(_ observer: Counter) { self.observer = observer }

    func forwards(since stamp: UInt64) { observer.forwards(since: stamp) }

    func judge(
        _ line: UnsafeRawBufferPointer, number: UInt64, stamp: UInt64, now: UInt64
    ) -> LineRuling {
        let head = String(decoding: line.prefix(32), as: UTF8.self)
        let words = head.split(whereSeparator: \.isWhitespace)
        guard let word = words.first else { return LineRuling(.forward) }
        let value = words.dropFirst().first.flatMap { UInt64($0) }
        let rest = Array(line.dropFirst(word.utf8.count + 1))
        switch (word, value) {
        case ("hold", let milliseconds?):
            let until = stamp + milliseconds * 1_000_000
            return LineRuling(now < until ? .hold(until: until) : .forward)
        case ("later", let milliseconds?):
            let until = stamp + milliseconds * 1_000_000
            return LineRuling(now < until ? .hold(until: until) : .answer(rest))
        case ("drop", let number?):
            var ruling = LineRuling(.forward)
            ruling.withdrawn = [number]
            return ruling
        case ("replace", _): return LineRuling(.replace(rest))
        case ("answer", _):
            return LineRuling(.answer(line.last == 10 ? rest : rest + [10]))
        default: return LineRuling(.forward)
        }
    }

    func withdraw(_ number: UInt64) { withdrawn.append(number) }
    func pass(_ number: UInt64) { passed.append(number) }
    func willObserve(_ number: UInt64) { observed.append(number) }

    func observe(_ bytes: UnsafeRawBufferPointer, stamp: UInt64) {
        observer.observe(bytes, stamp: stamp)
    }

    func end() { observer.end() }

    var summary: String {
        let lists = [("withdrawn", withdrawn), ("passed", passed), ("observed", observed)]
        return lists.map { name, numbers in
            "\(name) \(numbers.prefix(Self.listMax).map(String.init).joined(separator: " "))\n"
        }.joined()
    }
}
