import Wire

/// How much of an answer can be seen, in the scalars that estimates count.
struct AnswerSize {
    /// What a model may have written: the strings under answer keys of documents, else prose.
    private(set) var answer = TextSize()
    /// As `answer`, with documents that have no answer key counted whole.
    private(set) var whole = TextSize()

    init(_ answer: Observation) {
        for text in answer.texts {
            if text.shape != .prose, text.hasAnswer {
                self.answer += text.answerSize
                whole += text.answerSize
            } else {
                if text.shape == .prose { self.answer += text.size }
                whole += text.size
            }
        }
        self.answer += answer.uncountedTextSize
        whole += answer.uncountedTextSize
        // Structured content repeats what the texts say; it counts where they say nothing.
        if whole.isEmpty { whole = answer.structuredSize }
        if self.answer.isEmpty { self.answer = answer.structuredSize }
    }
}
