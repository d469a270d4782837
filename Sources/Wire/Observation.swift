/// How many Unicode scalars a text has, by class, as far as token estimates care.
package struct TextSize: Equatable, Sendable {
    /// Scalars below U+0250: Latin letters, digits, punctuation, blanks.
    package var latin: UInt64 = 0
    /// Han, kana, Hangul and full-width forms.
    package var cjk: UInt64 = 0
    /// Everything else.
    package var other: UInt64 = 0

    package init(latin: UInt64 = 0, cjk: UInt64 = 0, other: UInt64 = 0) {
        self.latin = latin
        self.cjk = cjk
        self.other = other
    }

    /// No scalar at all.
    package var isEmpty: Bool { latin == 0 && cjk == 0 && other == 0 }

    package static func += (a: inout TextSize, b: TextSize) {
        a.latin &+= b.latin
        a.cjk &+= b.cjk
        a.other &+= b.other
    }
}

/// A text that an answer is made of: what is known of it after it went by.
package struct Text: Sendable {
    /// What the whole text is, judged by its shape alone.
    package enum Shape: UInt8, Sendable {
        /// Prose, or anything that is not one of the others.
        case prose
        /// One JSON document (object or array) and nothing else but blanks.
        case json
        /// Several JSON documents, one a line.
        case jsonLines
        /// Server-sent events whose `data:` lines are JSON documents.
        case events
    }

    /// The string node of this text; its kept documents are that node's `.document` children.
    package internal(set) var node: Int32
    package internal(set) var shape: Shape
    /// The whole text.
    package internal(set) var size: TextSize
    /// The strings under answer keys of its documents; meaningful when `hasAnswer`.
    package internal(set) var answerSize: TextSize
    /// Its documents have an answer key.
    package internal(set) var hasAnswer: Bool
    /// It has an odd number of lines that open or close a code fence.
    package internal(set) var hasOpenFence: Bool
    /// The node of its last `Limits.textTailBytesMax` bytes, or -1; kept for prose only.
    package internal(set) var tail: Int32
    /// The text is longer than the tail that was kept.
    package internal(set) var isLongerThanTail: Bool
}

/// One JSON-RPC message as it went by: what was kept of it, its sizes, and when.
///
/// Owned by one thread at a time: filled by a pump, then handed over whole. Nobody holds on to a
/// property while it is changed, so they are spared the exclusivity checks of a class, which every
/// read would pay for.
package final class Observation {
    /// The tree of what was kept; node 0 is the message.
    @exclusivity(unchecked) package internal(set) var sketch = Sketch()
    /// The texts of a result (`content[].text`, resources, a sampling answer), in order; of each
    /// array of content those in its first `Limits.repeatsMax` blocks and its last.
    @exclusivity(unchecked) package internal(set) var texts: [Text] = []
    /// The strings of `params.arguments` that may be prompt text.
    @exclusivity(unchecked) package internal(set) var argumentSize = TextSize()
    /// The strings of `params.messages` and `params.systemPrompt` (sampling).
    @exclusivity(unchecked) package internal(set) var promptSize = TextSize()
    /// The answer strings outside texts: of `result.structuredContent` and other documents of the
    /// message, of `params.inputResponses`.
    @exclusivity(unchecked) package internal(set) var structuredSize = TextSize()
    /// The texts that were not kept in `texts`.
    @exclusivity(unchecked) package internal(set) var uncountedTextSize = TextSize()
    /// Some top-level argument is named like a prompt and holds text.
    @exclusivity(unchecked) package internal(set) var hasPromptArgument = false
    /// The message's length in bytes, from its first to its last brace.
    @exclusivity(unchecked) package internal(set) var byteCount: UInt64 = 0
    /// The stamp given with the chunk that held the first byte.
    @exclusivity(unchecked) package internal(set) var firstStamp: UInt64 = 0
    /// The stamp given with the chunk that held the last byte.
    @exclusivity(unchecked) package internal(set) var lastStamp: UInt64 = 0
    /// It came in a batch array.
    @exclusivity(unchecked) package internal(set) var isInBatch = false

    package init() {}

    /// Forgets the message, keeping the storage unless a large message made it large.
    package func reset() {
        if sketch.arena.capacity > 32 << 10 || sketch.nodes.capacity > 1024 {
            sketch = Sketch()
        } else {
            sketch.nodes.removeAll(keepingCapacity: true)
            sketch.arena.removeAll(keepingCapacity: true)
            sketch.isCut = false
        }
        texts.removeAll(keepingCapacity: true)
        argumentSize = TextSize()
        promptSize = TextSize()
        structuredSize = TextSize()
        uncountedTextSize = TextSize()
        hasPromptArgument = false
        byteCount = 0
        firstStamp = 0
        lastStamp = 0
        isInBatch = false
    }
}

extension Observation {
    /// What kind of JSON-RPC message this is.
    package enum Kind: Sendable, Equatable { case request, notification, result, error, other }

    /// Judged by the keys that are there: JSON-RPC 2.0 §4, §5.
    package var kind: Kind {
        var hasID = false
        var (hasMethod, hasError, hasResult) = (false, false, false)
        for child in sketch.children(of: 0) {
            switch sketch.nodes[child].key {
            case .id: hasID = sketch.isKind(.string, child) || sketch.isKind(.number, child)
            case .method: hasMethod = true
            case .error: hasError = true
            case .result: hasResult = true
            default: break
            }
        }
        if hasMethod { return hasID ? .request : .notification }
        if hasError { return .error }
        return hasResult && hasID ? .result : .other
    }

    /// The id, exactly as it stood on the wire; nil if absent or null.
    package var id: RequestID? { RequestID(sketch, sketch.child(.id, of: 0)) }

    /// The method of a request or notification.
    package var method: String? { sketch.string(sketch.child(.method, of: 0)) }
}

/// A JSON-RPC id: `1` and `"1"` are different ids, and so are `1` and `1.0`.
package struct RequestID: Hashable, Sendable {
    package enum Form: Hashable, Sendable { case number, string }
    package let form: Form
    /// The decoded string, or the number's literal.
    package let text: String

    package init(form: Form, text: String) {
        self.form = form
        self.text = text
    }

    package init?(_ sketch: Sketch, _ node: Int?) {
        if let text = sketch.string(node) {
            self.init(form: .string, text: text)
        } else if let text = sketch.literal(node) {
            self.init(form: .number, text: text)
        } else {
            return nil
        }
    }
}
