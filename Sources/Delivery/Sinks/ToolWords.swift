/// The words a tool's name is made of, in lower case: `gemini_generateContentStream` gives
/// `gemini`, `generate`, `content`, `stream`.
///
/// What a call was for is told from its tool's name by some receivers' vocabularies; prompts are
/// never looked at.
struct ToolWords {
    let words: Set<String>

    init(_ name: String?) {
        var words: Set<String> = []
        var word = ""
        var wasLower = false
        for scalar in (name ?? "").unicodeScalars {
            let isUpper = 0x41...0x5A ~= scalar.value
            let isLower = 0x61...0x7A ~= scalar.value || 0x30...0x39 ~= scalar.value
            if !word.isEmpty, !(isUpper || isLower) || isUpper && wasLower {
                words.insert(word)
                word = ""
            }
            if isUpper || isLower { word += String(scalar).lowercased() }
            wasLower = isLower
        }
        if !word.isEmpty { words.insert(word) }
        self.words = words
    }

    /// Whether one of its words begins with one of these.
    func hasOne(beginningWith stems: [String]) -> Bool {
        words.contains { word in stems.contains { word.hasPrefix($0) } }
    }
}
