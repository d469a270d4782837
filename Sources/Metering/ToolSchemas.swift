internal import Wire

/// What the answer to `tools/list` says of the model a tool uses when the caller names none.
enum ToolSchemas {
    /// Each tool of an answer with the default of its `model` argument.
    static func defaultModels(in answer: Observation) -> [(tool: String, model: String)] {
        let sketch = answer.sketch
        guard let tools = sketch.find(.result, .tools) else { return [] }
        return sketch.children(of: tools).compactMap { tool in
            guard let name = sketch.string(sketch.child(.name, of: tool)),
                let argument = sketch.find(.inputSchema, .properties, .model, from: tool)
            else { return nil }
            let described = sketch.string(sketch.child(.description, of: argument))
            let model =
                sketch.string(sketch.child(.defaultValue, of: argument))
                ?? described.flatMap(modelNamedDefault)
            guard let model, !model.isEmpty, !ModelFamily.isAlias(model) else { return nil }
            return (name, model)
        }
    }

    /// The model in `Model to use (defaults to gemini-2.5-pro)` and sentences like it.
    static func modelNamedDefault(_ description: String) -> String? {
        let words = description.split { " \t\n\r,;()[]\"'`".contains($0) }
        for (index, word) in words.enumerated() where isDefault(word) {
            // `default: x`, `defaults to x`, `default is x`, `default=x`, `default model x`.
            let candidates = [afterSign(word)].compactMap { $0 } + words[(index + 1)...].prefix(3)
            for candidate in candidates.map(trimmed) where isModelName(candidate) {
                return String(candidate)
            }
        }
        return nil
    }

    private static func isDefault(_ word: Substring) -> Bool {
        word.lowercased().hasPrefix("default")
    }

    private static func afterSign(_ word: Substring) -> Substring? {
        word.firstIndex { $0 == "=" || $0 == ":" }.map { word[word.index(after: $0)...] }
    }

    private static func trimmed(_ word: Substring) -> Substring {
        var word = word.drop { "*_=:".contains($0) }
        while let last = word.last, ".:*_!?".contains(last) { word.removeLast() }
        return word
    }

    /// A word of a known family, or one with letters, a digit and a joint.
    private static func isModelName(_ word: Substring) -> Bool {
        guard word.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }), word.contains(where: \.isLetter)
        else { return false }
        if ModelFamily.isAlias(String(word)) { return false }
        if ModelFamily.provider(of: String(word)) != nil { return true }
        return word.contains(where: \.isNumber) && word.contains { "-:/.".contains($0) }
    }
}
