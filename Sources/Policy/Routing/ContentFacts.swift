/// What the arguments of a call are about, as far as a look at their words and signs can tell.
///
/// Deterministic: the same bytes give the same facts. No word of the arguments is in it.
package struct ContentFacts: Sendable, Equatable {
    /// Bytes of all texts, names of files aside.
    package var bytes: UInt64 = 0
    /// Bytes of lines that are code.
    package var codeBytes: UInt64 = 0
    /// Lines that are code, by a fence around them or by themselves.
    package var codeLines: UInt64 = 0
    /// Fenced blocks of code.
    package var fences: UInt64 = 0
    /// Words outside code.
    package var words: UInt64 = 0
    /// What was found outside code of words and signs of programming …
    package var programming: UInt64 = 0
    /// … of mathematics …
    package var mathematics: UInt64 = 0
    /// … and of thinking something through; a strong word counts for more than a weak one.
    package var reasoning: UInt64 = 0
    /// Files and paths that arguments name.
    package var files: UInt64 = 0

    package init() {}

    /// The part of the text that is code, 0…1.
    package var codeShare: Double { bytes == 0 ? 0 : Double(codeBytes) / Double(bytes) }

    /// What it is about; `text` if nothing else.
    package var classes: ContentClasses {
        var classes: ContentClasses = []
        if isCode { classes.insert(.code) }
        if mathematics >= 4, isDense(mathematics, wordsEach: 30) { classes.insert(.math) }
        if reasoning >= 3, isDense(reasoning, wordsEach: 120) { classes.insert(.reasoning) }
        return classes.isEmpty ? .text : classes
    }

    /// A block, a fair part of the text, much of it, or prose that is about programs.
    private var isCode: Bool {
        codeLines >= 2 && codeShare >= 0.15 || codeLines >= 20 || fences > 0 && codeLines > 0
            || codeLines > 0 && codeShare >= 0.5
            || programming >= 3
                && isDense(programming, wordsEach: 20)
    }

    /// At least one point in so many words.
    private func isDense(_ points: UInt64, wordsEach: UInt64) -> Bool {
        let (reach, overflow) = points.multipliedReportingOverflow(by: wordsEach)
        return overflow || reach >= words
    }
}

/// What a text is about; it may be several things.
package struct ContentClasses: OptionSet, Sendable, Hashable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) { self.rawValue = rawValue }

    package static let code = ContentClasses(rawValue: 1)
    package static let math = ContentClasses(rawValue: 2)
    package static let reasoning = ContentClasses(rawValue: 4)
    /// None of the others.
    package static let text = ContentClasses(rawValue: 8)

    /// With the words rule files use.
    package static let named: [(name: String, value: ContentClasses)] = [
        ("code", .code), ("math", .math), ("reasoning", .reasoning), ("text", .text),
    ]

    package var names: [String] { Self.named.filter { contains($0.value) }.map(\.name) }

    func text(_ separator: String) -> String { names.joined(separator: separator) }
}
