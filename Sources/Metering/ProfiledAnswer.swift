internal import Records
internal import Wire

/// What an answer says where a profile says to look.
extension Observation {
    /// The documents of an answer, in the order they are asked: structured content, JSON in its
    /// texts, the result itself.
    private var documents: [Int] {
        guard let result = sketch.child(.result, of: 0) else { return [] }
        // The answer of a task stands one level further in (`tasks/get`).
        let inner = sketch.child(.result, of: result)
        var roots = [inner ?? result].compactMap { sketch.child(.structuredContent, of: $0) }
        for text in texts {
            roots += sketch.children(of: Int(text.node)).filter {
                sketch.nodes.indices.contains($0) && sketch.nodes[$0].key == .document
            }
        }
        return roots + [inner, result].compactMap { $0 }
    }

    /// The scalars at a path, in the first document that has some.
    private func answerNodes(_ path: FieldPath, _ vocabulary: borrowing Vocabulary) -> [Int] {
        for root in documents {
            let nodes = path.nodes(in: sketch, below: root, vocabulary)
            if !nodes.isEmpty { return nodes }
        }
        return []
    }

    /// The first text at one of the paths.
    func answerText(_ paths: [FieldPath], _ vocabulary: borrowing Vocabulary) -> String? {
        for path in paths {
            for node in answerNodes(path, vocabulary) {
                if let text = sketch.string(node), !text.isEmpty { return text }
            }
        }
        return nil
    }

    /// How good the answer is, 0 … 1, by the first rule that finds something, and what that was.
    func quality(
        _ rules: [Profile.QualityRule], _ vocabulary: borrowing Vocabulary
    ) -> (value: Double, source: TraceRecord.QualitySource)? {
        for rule in rules {
            var figures: [Double] = []
            for node in answerNodes(rule.path, vocabulary) {
                let figure =
                    sketch.string(node).flatMap { rule.values[$0] }
                    ?? sketch.literal(node).flatMap(Double.init)
                if let figure, (0...1).contains(figure) { figures.append(figure) }
            }
            guard let first = figures.first else { continue }
            let source: TraceRecord.QualitySource = rule.values.isEmpty ? .confidence : .status
            switch rule.aggregate {
            case .max: return (figures.max() ?? first, source)
            case .min: return (figures.min() ?? first, source)
            case .mean: return (figures.reduce(0, +) / Double(figures.count), source)
            case .first: return (first, source)
            }
        }
        return nil
    }

    /// How many model calls the answer tells of; nil if it tells of none, or of one as usual.
    func modelCalls(
        _ rule: Profile.ModelCallsRule?, _ vocabulary: borrowing Vocabulary
    ) -> UInt64? {
        guard let rule else { return nil }
        let items = answerNodes(rule.each, vocabulary)
        guard !items.isEmpty else { return nil }
        var count = rule.base
        for item in items {
            let told = rule.count.nodes(in: sketch, below: item, vocabulary).first
                .flatMap { sketch.literal($0) }.flatMap(Double.init)
            // No tool makes more calls than that.
            guard let told, (0...1e6).contains(told) else { continue }
            let calls = UInt64(told)
            let isWhole = !isFailed(item, rule.failed, vocabulary)
            count = addClamped(count, calls &+ (isWhole ? rule.plus : 0)) ?? count
        }
        return count > 1 ? count : nil
    }

    /// Whether every word at a rule's place in a part of the answer says that it failed.
    private func isFailed(
        _ item: Int, _ rule: Profile.WordRule?, _ vocabulary: borrowing Vocabulary
    ) -> Bool {
        guard let rule else { return false }
        let words = rule.path.nodes(in: sketch, below: item, vocabulary)
            .compactMap { sketch.string($0) }
        return !words.isEmpty && words.allSatisfy { rule.values.contains($0) }
    }

    /// Whether the answer says that there is no such conversation any more.
    ///
    /// - Parameter isAlone: no other call of the conversation is under way.
    func isGone(
        _ rule: Profile.GoneRule, isAlone: Bool, _ vocabulary: borrowing Vocabulary
    ) -> Bool {
        if let field = rule.field, let word = answerText([field.path], vocabulary),
            field.values.contains(word)
        {
            return true
        }
        let phrases = rule.messages + (isAlone ? rule.messagesAlone : [])
        guard !phrases.isEmpty, kind == .error || isToolError else { return false }
        var said = texts.compactMap { sketch.string(Int($0.node)) }
        if let error = sketch.child(.error, of: 0) {
            said += [sketch.string(sketch.child(.message, of: error)), sketch.string(error)]
                .compactMap { $0 }
        }
        return said.map(FoldedText.init).contains { text in phrases.contains { text.has($0) } }
    }

    /// The error that a profile's rule finds in an answer that claims to be none.
    func failure(
        _ rule: Profile.FailureRule?, _ vocabulary: borrowing Vocabulary
    ) -> CallRecord.ErrorType? {
        guard let rule, kind == .result, let word = answerText([rule.path], vocabulary) else {
            return nil
        }
        return rule.types[word].flatMap(CallRecord.ErrorType.init(rawValue:)) ?? .providerError
    }
}
