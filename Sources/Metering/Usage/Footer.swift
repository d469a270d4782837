import Wire

/// The usage, model and cost that a server wrote below its answer for people to read.
///
/// Only whole lines in the wordings of known servers count. Each `reads…` method takes one.
struct Footer {
    private(set) var counts: Counts?
    /// A sum that is not divided.
    private(set) var total: UInt64?
    private(set) var model: String?
    private(set) var provider: String?
    private(set) var cost: Int64?

    /// Reads a text's last lines, and its first for a model.
    init(_ text: Text, in sketch: Sketch) {
        readHeader(FooterLines.first(2, of: sketch.bytes(Int(text.node))))
        guard !text.hasOpenFence else { return }
        let tail = sketch.bytes(Int(text.tail))
        var isList = false
        for line in FooterLines(tail, isCut: text.isLongerThanTail).last {
            isList = read(line, isList: isList)
        }
        if counts?.isReported == false { counts = nil }
    }

    /// Reads a line; returns whether the next may be an entry of a list of counts.
    private mutating func read(_ line: FooterLines.Line, isList: Bool) -> Bool {
        if isList, readEntry(line) { return true }
        guard FooterLines.mayHaveFooter(line) else { return false }
        if line.isEqual(to: "**Token Usage:**") { return true }
        _ =
            readBullet(line) || readKeyValues(line) || readStats(line) || readEmphasis(line)
            || readPlain(line)
        return false
    }

    private mutating func report(_ input: UInt64?, _ output: UInt64?, dialect: String) {
        guard let index = Dialect.index(named: dialect) else { return }
        var report = Counts(dialect: index)
        report.input = input
        report.output = output
        counts = report
    }

    private mutating func name(_ text: FooterLines.Line) -> Bool {
        guard let model = ModelFamily.clean(utf8: text) else { return false }
        self.model = model
        return true
    }

    // MARK: Wordings

    /// `- Total: 12150`, `- Cached: 11800`, `- New prompt: 12000`, `- Response: 150` below
    /// `**Token Usage:**`; the "new prompt" holds the cached part.
    private mutating func readEntry(_ line: FooterLines.Line) -> Bool {
        var text = FooterText(line)
        guard text.take("- ") else { return false }
        let fields: [(label: StaticString, count: WritableKeyPath<Counts, UInt64?>)] = [
            ("Total: ", \.total), ("Cached: ", \.cached), ("New prompt: ", \.input),
            ("Response: ", \.output),
        ]
        for field in fields where text.take(field.label) {
            guard let count = text.takeCount(), text.isEmpty else { return false }
            if counts == nil { report(nil, nil, dialect: "Gemini generateContent") }
            counts?[keyPath: field.count] = count
            return true
        }
        return false
    }

    /// `- **Tokens:** 1430 (1200 prompt + 230 completion)`, `- **Model:** deepseek-chat`,
    /// `- **Cost:** $0.0004`.
    private mutating func readBullet(_ line: FooterLines.Line) -> Bool {
        var text = FooterText(line)
        guard text.take("- **") else { return false }
        if text.take("Tokens:** ") {
            guard let total = text.takeCount(), text.take(" ("), let input = text.takeCount(),
                text.take(" prompt + "), let output = text.takeCount(),
                text.take(" completion)"), text.isEmpty
            else { return false }
            report(input, output, dialect: "OpenAI Chat Completions")
            counts?.total = total
            return true
        }
        if text.take("Model:** ") { return name(text.rest) }
        if text.take("Cost:** ") {
            guard let dollars = text.takeDollars(), text.isEmpty else { return false }
            cost = dollars
            return true
        }
        return false
    }

    /// `_deepseek · model=deepseek-v4-pro·max  latency=12.3s  tokens=850+2210    cost=$0.0047_`.
    private mutating func readKeyValues(_ line: FooterLines.Line) -> Bool {
        var text = FooterText(line)
        guard text.unwrap("_", "_"), let dot = text.rest.middleDot else { return false }
        let speaker = FooterLines.trimmed(text.rest[..<dot])
        var tokens: FooterText?
        var model: FooterLines.Line?
        var dollars: FooterText?
        for part in text.rest[dot...].dropFirst(2).split(separator: 0x20) {
            guard let equals = part.firstIndex(of: UInt8(ascii: "=")) else { return false }
            let value = part[(equals + 1)...]
            if part[..<equals].isEqual(to: "tokens") { tokens = FooterText(value) }
            if part[..<equals].isEqual(to: "model") { model = value }
            if part[..<equals].isEqual(to: "cost") { dollars = FooterText(value) }
        }
        guard let input = tokens?.takeCount(), tokens?.take("+") == true,
            let output = tokens?.takeCount(), tokens?.isEmpty == true
        else { return false }
        report(input, output, dialect: "OpenAI Chat Completions")
        provider = Self.provider(speaker) ?? provider
        if let model { _ = name(model) }
        if let amount = dollars?.takeDollars() { cost = amount }
        return true
    }

    private static func provider(_ name: FooterLines.Line) -> String? {
        ModelFamily.provider(named: String(decoding: name, as: UTF8.self))
    }

    /// `[Gemini stats: 3,000 input tokens, 40 output tokens, 310 thinking tokens, 8,000 cached,
    /// model: gemini-3.1-pro-preview]`, and the same of Codex and Ollama.
    private mutating func readStats(_ line: FooterLines.Line) -> Bool {
        var text = FooterText(line)
        guard text.unwrap("[", "]"), let colon = text.rest.firstIndex(of: UInt8(ascii: ":"))
        else { return false }
        let title = text.rest[..<colon].split(separator: 0x20)
        guard title.count == 2, title[1].isEqual(to: "stats") else {
            // `[Model: x]`
            return text.take("Model: ") && name(text.rest)
        }
        var read = Self(dialect: "ask-gemini-mcp")
        text.rest = text.rest[(colon + 1)...]
        while !text.isEmpty {
            text.skipBlanks()
            if text.take("model: ") {
                guard read.name(text.rest) else { return false }
                break
            }
            guard let count = text.takeCount() else { return false }
            if text.take(" input tokens") {
                read.counts?.input = count
            } else if text.take(" output tokens") {
                read.counts?.output = count
            } else if text.take(" thinking tokens") {
                read.counts?.reasoning = count
            } else if text.take(" cached tokens") || text.take(" cached") {
                read.counts?.cached = count
            } else {
                return false
            }
            guard text.isEmpty || text.take(",") else { return false }
        }
        guard read.counts?.isReported == true else { return false }
        counts = read.counts
        model = read.model ?? model
        provider = Self.provider(title[0]) ?? provider
        return true
    }

    private init(dialect: String) { report(nil, nil, dialect: dialect) }

    /// `*Model: sonar-pro | Tokens: 403*`, `*Total tokens used: 48,213 / 1,048,576 available*`,
    /// `*Thinking tokens: 412*`, `*Thinking tokens used: 412*`, ``*Model: `gemini-3`* ``,
    /// `**Model Used:** gpt-5`.
    private mutating func readEmphasis(_ line: FooterLines.Line) -> Bool {
        var text = FooterText(line)
        if text.take("**Model Used:** ") { return name(text.rest) }
        guard text.unwrap("*", "*") || text.unwrap("_", "_") else { return false }
        if text.take("Model: ") {
            for separator in [" | ", " / "] as [StaticString] {
                guard let place = text.rest.firstRange(of: separator) else { continue }
                var tokens = FooterText(text.rest[place.upperBound...])
                guard tokens.take("Tokens: "), let count = tokens.takeCount(), tokens.isEmpty,
                    name(text.rest[..<place.lowerBound])
                else { continue }
                total = count
                return true
            }
            return name(text.rest)
        }
        return readTotal(text)
    }

    private mutating func readTotal(_ line: FooterText) -> Bool {
        var text = line
        if text.take("Thinking tokens used: ") || text.take("Thinking tokens: ") {
            guard let count = text.takeCount(), text.isEmpty else { return false }
            if counts == nil { report(nil, nil, dialect: "Gemini generateContent") }
            counts?.reasoning = count
            return true
        }
        guard text.take("Total tokens used: ") || text.take("Tokens used: "),
            let count = text.takeCount()
        else { return false }
        if text.take(" / ") {
            guard text.takeCount() != nil, text.take(" available") else { return false }
        }
        guard text.isEmpty else { return false }
        total = count
        return true
    }

    /// `Model: gemini-2.5-flash`, `Tokens: 12,345 input, 6,789 output | Cost: $0.12 (…)`,
    /// `Total tokens used: 48,213`.
    private mutating func readPlain(_ line: FooterLines.Line) -> Bool {
        var text = FooterText(line)
        if text.take("Model: ") { return name(text.rest) }
        if text.take("Tokens: ") {
            guard let input = text.takeCount(), text.take(" input, "),
                let output = text.takeCount(), text.take(" output")
            else { return false }
            var dollars: Int64?
            if text.take(" | Cost: ") {
                dollars = text.takeDollars()
                guard dollars != nil else { return false }
                text.skipBlanks()
                guard text.isEmpty || text.unwrap("(", ")") else { return false }
            } else if !text.isEmpty {
                return false
            }
            report(input, output, dialect: "OpenAI Responses")
            cost = dollars ?? cost
            return true
        }
        return readTotal(text)
    }

    /// A first line that names the model: `**Model Used:** gpt-5`, or `Model: openai:gpt-4o` above
    /// `Response: …`.
    private mutating func readHeader(_ lines: [FooterLines.Line]) {
        guard let first = lines.first else { return }
        var text = FooterText(first)
        if text.take("**Model Used:** ") {
            _ = name(text.rest)
        } else if text.take("Model: "), lines.count > 1 {
            var second = FooterText(lines[1])
            if second.take("Response:") {
                if let colon = text.rest.firstIndex(of: UInt8(ascii: ":")) {
                    provider = Self.provider(text.rest[..<colon])
                }
                _ = name(text.rest)
            }
        }
    }
}
