package import Records
package import Wire

/// Tells whether a call failed, and of what.
package enum ErrorReader {
    /// The class of an answer's error and its JSON-RPC code, or nil if the answer is none.
    ///
    /// Structured codes decide first, wordings then. An answer that is no JSON-RPC error and has no
    /// `isError` is one only if a document of it says so (`"success": false`), or if it is a short
    /// text that begins like one: an answer *about* HTTP 429 is not an error.
    package static func classify(
        _ answer: Observation, request: RequestFacts
    ) -> (type: CallRecord.ErrorType, code: Int?)? {
        let sketch = answer.sketch
        switch answer.kind {
        case .error: return classifyError(sketch)
        case .result:
            guard let result = sketch.child(.result, of: 0),
                isFailure(answer, result, request)
            else { return nil }
            return (classifyResult(answer, result), nil)
        default: return nil
        }
    }

    // MARK: JSON-RPC errors

    private static func classifyError(
        _ sketch: Sketch
    ) -> (type: CallRecord.ErrorType, code: Int?) {
        guard let error = sketch.child(.error, of: 0) else { return (.other, nil) }
        let code = sketch.literal(sketch.child(.code, of: error)).flatMap { Int($0) }
        let data = sketch.child(.data, of: error)
        let message =
            sketch.string(sketch.child(.message, of: error)) ?? sketch.string(error) ?? ""
        let text = FoldedText(message + "\n" + (sketch.string(data) ?? ""))

        switch code {
        case -32800: return (.cancelled, code)
        case -32700, -32601, -32602, -32042: return (.other, code)
        default: break
        }
        // A server that wraps its own error in another: the inner code is what happened.
        if text.hasAny(["mcp error -32601", "mcp error -32602", "mcp error -32700"]) {
            return (.other, code)
        }
        let codes = data.map { Codes(in: [$0], of: sketch) } ?? Codes()
        var status = codes.status ?? HTTPStatus.find(in: text)
        if let code, (400...599).contains(code) { status = code }
        if let type = codes.type ?? ErrorPhrases.type(of: text, status: status) {
            return (type, code)
        }
        switch code {
        case -32001: return (.timeout, code)
        case -32600: return (.other, code)
        default: return (codes.vague ?? .providerError, code)
        }
    }

    // MARK: Results

    private static func isFailure(
        _ answer: Observation, _ result: Int, _ request: RequestFacts
    ) -> Bool {
        let sketch = answer.sketch
        if let flag = sketch.bool(sketch.child(.isError, of: result)) {
            if flag { return true }
        } else if let inner = sketch.child(.result, of: result),
            sketch.bool(sketch.child(.isError, of: inner)) == true
        {
            return true
        }
        for document in documents(of: answer, result) where saysFailure(document, sketch) {
            return true
        }
        return beginsLikeError(answer)
    }

    /// The documents that may be a server's envelope: structured content, and a text that is JSON.
    static func documents(of answer: Observation, _ result: Int) -> [Int] {
        let sketch = answer.sketch
        var documents: [Int] = []
        if let content = sketch.child(.structuredContent, of: result) { documents.append(content) }
        if answer.texts.count == 1, let text = answer.texts.first, text.shape != .prose {
            documents += sketch.children(of: Int(text.node)).filter {
                sketch.nodes[$0].key == .document
            }
        }
        return documents
    }

    /// `"success": false`; `"status": "error"`; an `error` and nothing else; Claude Code's
    /// `is_error`; deep-code-reasoning's `"status": "partial"` with `metadata.errorType`.
    private static func saysFailure(_ document: Int, _ sketch: Sketch) -> Bool {
        if sketch.bool(sketch.child(.success, of: document)) == false { return true }
        if sketch.bool(sketch.child(.isError, of: document)) == true { return true }
        let status = sketch.string(sketch.child(.status, of: document))
        if status == "error" || status == "failed" { return true }
        if status == "partial",
            sketch.string(sketch.find(.metadata, .errorType, from: document)) != nil
        {
            return true
        }
        guard let error = sketch.string(sketch.child(.error, of: document)), !error.isEmpty else {
            return false
        }
        return UsageDocument(document, in: sketch).reports.isEmpty
    }

    /// Longer texts are answers, whatever they begin with.
    private static let softErrorScalarsMax: UInt64 = 1000

    /// No beginning of an error is longer, nor the title of one.
    private static let beginningBytesMax = 64

    private static func beginsLikeError(_ answer: Observation) -> Bool {
        guard answer.texts.count == 1, let text = answer.texts.first, text.shape == .prose,
            text.size.latin &+ text.size.cjk &+ text.size.other <= softErrorScalarsMax
        else { return false }
        let head = FooterLines.trimmed(answer.sketch.bytes(Int(text.node)))
        let folded = FoldedText(utf8: head.prefix(beginningBytesMax))
        guard let first = folded.bytes.first else { return false }
        let isOpening = ErrorPhrases.openings.contains {
            $0.utf8Start.pointee == first && folded.hasPrefix($0)
        }
        if isOpening { return true }
        // `Grok API error (400): …`: a few words that end in a wording.
        guard
            let end = folded.bytes.firstIndex(where: {
                $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: "(") || $0 == 0x0a
            }), end <= 48
        else { return false }
        let title = FooterLines.trimmed(folded.bytes[..<end])
        return ErrorPhrases.openingEnds.contains { title.ends(with: $0) }
    }

    private static func classifyResult(
        _ answer: Observation, _ result: Int
    ) -> CallRecord.ErrorType {
        let sketch = answer.sketch
        var places = documents(of: answer, result)
        places += [sketch.child(.meta, of: result), sketch.child(.metadata, of: result)]
            .compactMap { $0 }
        let codes = Codes(in: places, of: sketch)
        if let type = codes.type { return type }
        var message = ""
        for text in answer.texts { message += (sketch.string(Int(text.node)) ?? "") + "\n" }
        for document in places {
            for key in [Key.error, .message] {
                message += (sketch.string(sketch.child(key, of: document)) ?? "") + "\n"
            }
        }
        let text = FoldedText(message)
        if text.hasAny(["mcp error -32601", "mcp error -32602", "unknown tool"]) { return .other }
        let status = codes.status ?? HTTPStatus.find(in: text)
        return ErrorPhrases.type(of: text, status: status) ?? codes.vague ?? .other
    }
}

/// What the fields made for it say of an error: `code`, `errorType`, `errorCode`, `status`.
private struct Codes {
    /// The class that a code names beyond doubt.
    var type: CallRecord.ErrorType?
    /// The class of a code that says only that something upstream failed.
    var vague: CallRecord.ErrorType?
    var status: Int?

    init() {}

    init(in documents: [Int], of sketch: Sketch) {
        for document in documents {
            read(document, sketch)
            for key in [Key.metadata, .details, .data] {
                if let inner = sketch.child(key, of: document) { read(inner, sketch) }
            }
        }
    }

    private mutating func read(_ object: Int, _ sketch: Sketch) {
        for key in [Key.errorCode, .errorType, .code, .status] {
            guard let node = sketch.child(key, of: object) else { continue }
            if let number = sketch.literal(node).flatMap({ Int($0) }) {
                if (400...599).contains(number) { status = status ?? number }
            } else if let name = sketch.string(node) {
                // `UPSTREAM_TIMEOUT`, `RateLimitError`: words, without what joins them.
                var folded = ""
                for byte in FoldedText(name).bytes where (97...122).contains(byte) {
                    folded.unicodeScalars.append(Unicode.Scalar(byte))
                }
                let words = FoldedText(folded)
                type = type ?? Self.classes.first { words.hasAny($0.words) }?.type
                if vague == nil, words.hasAny(Self.upstream) { vague = .providerError }
            }
        }
    }

    private static let classes: [(type: CallRecord.ErrorType, words: [StaticString])] = [
        (.cancelled, ["cancel", "abort"]),
        (
            .contextOverflow,
            ["contextlength", "contextwindow", "contextlimit", "contextoverflow", "toolarge"]
        ),
        (
            .rateLimit,
            ["ratelimit", "exhausted", "quota", "toomanyrequests", "throttl"]
        ),
        (
            .auth,
            [
                "auth", "permission", "apikey", "forbidden", "accessdenied", "balance", "payment",
            ]
        ),
        (.timeout, ["timeout", "timedout", "deadline"]),
        (.providerError, ["overloaded", "unavailable", "modelnotfound", "refused"]),
    ]
    private static let upstream: [StaticString] = [
        "upstream", "apierror", "provider", "external", "servererror", "geminiapi", "network",
        "connection",
    ]
}
