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

    /// How good the answer is, 0 … 1, by the first rule that finds something.
    func quality(
        _ rules: [Profile.QualityRule], _ vocabulary: borrowing Vocabulary
    ) -> Double? {
        for rule in rules {
            var figures: [Double] = []
            for node in answerNodes(rule.path, vocabulary) {
                let figure =
                    sketch.string(node).flatMap { rule.values[$0] }
                    ?? sketch.literal(node).flatMap(Double.init)
                if let figure, (0...1).contains(figure) { figures.append(figure) }
            }
            guard let first = figures.first else { continue }
            switch rule.aggregate {
            case .max: return figures.max()
            case .min: return figures.min()
            case .mean: return figures.reduce(0, +) / Double(figures.count)
            case .first: return first
            }
        }
        return nil
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
