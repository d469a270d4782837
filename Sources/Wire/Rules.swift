/// What to do with the value of a key: the pruning rules, as data shared by the scanner and the
/// naive twin its tests hold it against.
package enum Rule: Equatable, Sendable {
    /// Not ours: pass over it as fast as its brackets and quotes allow.
    case skip
    /// Keep a string, number, bool or null; pass over a container.
    case scalar
    /// Keep 16 bytes that stand for a string; pass over anything else.
    case digest
    /// Keep a node for an object or array and go on inside by the rules of the region; keep a
    /// scalar if `scalar`, else pass over it.
    case enter(Region, scalar: Bool = false)
    /// A string is a text of the answer: measured, searched for documents and footers. Anything
    /// else is passed over.
    case text
    /// Count a string, or the strings inside a container, into a measure; keep a node for the
    /// value (whatever it is) if `keep`, for nothing otherwise.
    case count(Measure, keep: Bool = false)
    /// Count the strings inside a container, pass over a scalar.
    case countInside(Measure)
}

/// Which counter strings go to.
package enum Measure: UInt8, Sendable {
    /// `Observation.argumentSize`
    case arguments
    /// `Observation.promptSize`
    case prompt
    /// `Text.answerSize` inside a text's document, `Observation.structuredSize` elsewhere
    case answer

    /// The region of a container whose strings are counted into this measure.
    package func region(kept: Bool) -> Region {
        switch self {
        case .arguments: kept ? .nestedArguments : .countedArguments
        case .prompt, .answer: .countedAnswer
        }
    }
}

/// Where in a message a container stands: decides what its keys mean.
package enum Region: UInt8, Sendable {
    // Messages.
    case message, params, requestMeta, implementation, taskHandle, error
    case arguments, nestedArguments, countedArguments, modelNames
    case inputResponses, inputResponse
    case result, content, block, resource
    case tools, tool, inputSchema, properties, property
    // Documents: results themselves, structured content, metadata, JSON inside texts.
    case document, usage, models, path, countedAnswer

    /// Whether containers of this region are levels of a document (`Limits.documentDepthMax`).
    package var isDocument: Bool { self == .document || self == .result }
}

extension Rule {
    /// The rule for the value of a key in an object of `region`.
    ///
    /// - Parameter depth: how deep in a document the object is: its root (and a `result`) is 1,
    ///   an object entered through a wrapper one more than the one around it. Arrays do not count.
    package static func of(_ entry: Vocabulary.Entry, in region: Region, depth: Int) -> Rule {
        let key = entry.key
        switch region {
        case .message:
            switch key {
            case .id, .method: return .scalar
            case .params: return .enter(.params)
            case .result: return .enter(.result, scalar: true)
            case .error: return .enter(.error, scalar: true)
            default: return .skip
            }
        case .params:
            switch key {
            case .name, .protocolVersion, .progressToken, .requestId, .taskId: return .scalar
            case .arguments: return .enter(.arguments)
            case .meta: return .enter(.requestMeta)
            case .clientInfo: return .enter(.implementation)
            case .task: return .enter(.taskHandle)
            case .requestState: return .digest
            case .inputResponses: return .enter(.inputResponses)
            case .messages, .systemPrompt: return .count(.prompt)
            case .msg: return .enter(.document)
            default: return .skip
            }
        case .requestMeta:
            switch key {
            case .progressToken, .traceparent, .toolUseId, .protocolVersion, .requestId:
                return .scalar
            case .clientInfo: return .enter(.implementation)
            case .relatedTask: return .enter(.taskHandle)
            default: return .skip
            }
        case .implementation: return key == .name || key == .version ? .scalar : .skip
        case .taskHandle: return key == .taskId || key == .status ? .scalar : .skip
        case .error:
            switch key {
            case .code, .message: return .scalar
            case .data: return .enter(.document, scalar: true)
            default: return .skip
            }
        case .arguments, .nestedArguments: return argument(entry)
        case .countedArguments:
            return entry.traits.contains(.uncounted) ? .skip : .count(.arguments)
        case .modelNames: return .skip
        case .inputResponses: return .enter(.inputResponse)
        case .inputResponse:
            switch key {
            case .model: return .scalar
            case .result: return .enter(.inputResponse)
            case .content: return .count(.answer)
            default: return .skip
            }
        case .result: return result(entry, depth: depth)
        case .content, .tools: return .skip
        case .block:
            switch key {
            case .text: return .text
            case .type: return .scalar
            case .meta: return .enter(.document)
            case .resource: return .enter(.resource)
            default: return .skip
            }
        case .resource: return key == .text ? .text : .skip
        case .tool:
            switch key {
            case .name: return .scalar
            case .inputSchema: return .enter(.inputSchema)
            default: return .skip
            }
        case .inputSchema: return key == .properties ? .enter(.properties) : .skip
        case .properties: return key == .model ? .enter(.property) : .skip
        case .property: return key == .defaultValue || key == .description ? .scalar : .skip
        case .document: return document(entry, depth: depth)
        case .usage: return usage(entry)
        case .models: return .enter(.usage)
        case .path:
            return entry.traits.isDisjoint(with: [.path, .inner])
                ? .skip : .enter(.path, scalar: true)
        case .countedAnswer:
            // `content`, `text`, `message`: an answer. `role`, `type`, `finish_reason`: none.
            return entry.traits.contains(.answer) ? .count(.answer) : .countInside(.answer)
        }
    }

    /// The rule for an element of an array of `region`.
    package static func element(of region: Region) -> Rule {
        switch region {
        case .content: .enter(.block)
        case .tools: .enter(.tool)
        case .document, .result: .enter(.document)
        case .usage: .enter(.usage)
        case .path: .enter(.path, scalar: true)
        case .modelNames: .scalar
        case .inputResponses: .enter(.inputResponse)
        case .nestedArguments: .count(.arguments, keep: true)
        case .countedArguments: .count(.arguments)
        case .countedAnswer: .count(.answer)
        default: .skip
        }
    }

    private static func argument(_ entry: Vocabulary.Entry) -> Rule {
        if entry.key == .models, entry.traits.contains(.argument) {
            return .enter(.modelNames, scalar: true)
        }
        let isKept = !entry.traits.isDisjoint(with: [.argument, .path]) || entry.key == .request
        if entry.traits.contains(.uncounted) { return isKept ? .scalar : .skip }
        return .count(.arguments, keep: isKept)
    }

    private static func result(_ entry: Vocabulary.Entry, depth: Int) -> Rule {
        switch entry.key {
        case .content, .contents: .enter(.content)
        case .structuredContent, .meta: .enter(.document)
        case .isError, .stopReason, .resultType, .protocolVersion, .taskId, .status, .model:
            .scalar
        case .serverInfo: .enter(.implementation)
        case .task: .enter(.taskHandle)
        case .tools: .enter(.tools)
        case .requestState: .digest
        // The final answer of a task, in the answer of `tasks/get`.
        case .result: depth < Limits.documentDepthMax ? .enter(.result) : .skip
        default: document(entry, depth: depth)
        }
    }

    private static func document(_ entry: Vocabulary.Entry, depth: Int) -> Rule {
        let traits = entry.traits
        if entry.key == .serverInfo { return .enter(.implementation) }
        if entry.key == .relatedTask { return .enter(.taskHandle) }
        let isDeep = depth >= Limits.documentDepthMax
        if traits.contains(.usage) { return .enter(.usage, scalar: traits.contains(.scalar)) }
        if traits.contains(.models) { return isDeep ? .skip : .enter(.models) }
        if traits.contains(.wrapper) {
            if isDeep { return traits.contains(.answer) ? .count(.answer) : .skip }
            // `message: "…"` is an answer, `message: {…}` is more of the document.
            return traits.contains(.answer)
                ? .enter(.document, scalar: false)
                : .enter(.document, scalar: traits.contains(.scalar))
        }
        if traits.contains(.answer) { return .count(.answer) }
        if traits.contains(.scalar) { return .scalar }
        return traits.contains(.path) ? .enter(.path, scalar: true) : .skip
    }

    private static func usage(_ entry: Vocabulary.Entry) -> Rule {
        switch entry.key {
        case .unknown, .named, .raw, .serverToolUse: .skip
        case .modelUsage, .models: .enter(.models)
        default: .enter(.usage, scalar: true)
        }
    }

    /// Whether a string under a wrapper that may also be an answer (`message`, `response`,
    /// `completion`) is counted as one: the one case where a rule depends on the value's type.
    package static func isAnswerString(_ entry: Vocabulary.Entry, in region: Region) -> Bool {
        region.isDocument && entry.traits.isSuperset(of: [.wrapper, .answer])
    }
}

extension Vocabulary {
    /// The entry of an argument's key: also judges spellings no table can list.
    ///
    /// Ids (`…_id`, `…Id`) and encoded data (`…base64…`) are not prompt text.
    package func argument(_ bytes: UnsafeRawBufferPointer) -> Entry {
        let entry = lookup(bytes)
        if entry.traits.isEmpty,
            Self.ends(bytes, "_id") || Self.ends(bytes, "Id") || Self.contains(bytes, "base64")
        {
            return Entry(key: entry.key, traits: .uncounted)
        }
        return entry
    }

    /// Whether an argument of this name is the kind of thing a model is asked with, such as
    /// `prompt`, `research_question` or `messages`. ASCII case is ignored.
    package static func isPromptLike(_ bytes: UnsafeRawBufferPointer) -> Bool {
        promptWords.contains { contains(bytes, $0) }
    }

    private static let promptWords: [StaticString] = [
        "prompt", "query", "message", "text", "question", "input", "content", "instruction",
        "topic", "request", "hypothesis", "issue", "context", "problem", "description", "code",
        "task", "idea", "goal",
    ]

    private static func ends(_ bytes: UnsafeRawBufferPointer, _ word: StaticString) -> Bool {
        let length = word.utf8CodeUnitCount
        guard bytes.count >= length else { return false }
        for i in 0..<length where bytes[bytes.count - length + i] != word.utf8Start[i] {
            return false
        }
        return true
    }

    private static func contains(_ bytes: UnsafeRawBufferPointer, _ word: StaticString) -> Bool {
        let length = word.utf8CodeUnitCount
        guard bytes.count >= length else { return false }
        for start in 0...(bytes.count - length) {
            var i = 0
            while i < length, bytes[start + i] | 0x20 == word.utf8Start[i] { i += 1 }
            if i == length { return true }
        }
        return false
    }
}
