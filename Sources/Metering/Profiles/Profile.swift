internal import Wire

/// What is known of a server before it says anything: which of its tools call a model, which
/// model, and where in its messages the rest stands. Data, not code: the built-in ones and those of
/// `MCP_METER_PROFILES` are the same JSON (`ProfileFile`).
package struct Profile: Sendable, Equatable {
    /// What the server is called: in its handshake (`serverInfo.name`) or by its command
    /// (`ServerName`). ASCII case does not count.
    package var servers: [String] = []
    /// The company behind its models, or `multi`.
    package var provider: String?
    /// The model it uses when nobody names one.
    package var model: String?
    /// The variables it reads its model from, the first that is set wins; nil: those usual for its
    /// provider.
    package var modelVariables: [String]?
    /// What its names for models mean (`pro` → `gemini-2.5-pro`).
    package var aliases: [String: String] = [:]
    /// The names for models it takes in arguments; empty when that is not known.
    package var models: [String] = []
    /// Identity on the EvalOps wire, where it is not the server's name.
    package var agentID: String?
    package var surface: String?
    /// What is said of each tool.
    package var tools: [String: Tool] = [:]
    /// What is said of tools that are not listed.
    package var otherTools = Tool()

    package init() {}

    /// What is known of one tool.
    package struct Tool: Sendable, Equatable {
        /// Whether it calls a model; nil when only the frames can tell.
        package var callsModel: Bool?
        package var provider: String?
        package var model: String?
        /// The argument that names the model, where it is not called `model`.
        package var modelArgument: [FieldPath] = []
        /// The names it takes there, where they are not the profile's.
        package var models: [String]?
        /// analysis, escalation, conversation …
        package var eventType: String?
        /// The argument that says why the call was made; the first that is there.
        package var reason: [FieldPath] = []
        /// Where the conversation's id stands in the arguments, and in the answer.
        package var conversationArgument: [FieldPath] = []
        package var conversationResult: [FieldPath] = []
        /// A successful answer ends the conversation.
        package var endsConversation = false
        /// How good an answer is; the first rule that finds something.
        package var quality: [QualityRule] = []
        /// How many model calls an answer stands for.
        package var modelCalls: ModelCallsRule?
        /// How an answer says that its conversation is gone.
        package var gone: GoneRule?
        /// The field of an answer whose presence makes it a failure, and what its values mean.
        package var failure: FailureRule?

        package init() {}
    }

    /// How a figure of 0 … 1 is read from an answer.
    package struct QualityRule: Sendable, Equatable {
        package enum Aggregate: String, Sendable, CaseIterable { case max, mean, min, first }
        package var path: FieldPath
        package var aggregate = Aggregate.max
        /// What a word there is worth; empty when the field is a number.
        package var values: [String: Double] = [:]
    }

    /// How a failure is read from an answer that claims to be none.
    package struct FailureRule: Sendable, Equatable {
        package var path: FieldPath
        /// Error types by the field's value; any other value is a `provider_error`.
        package var types: [String: String] = [:]
    }

    /// How many times a tool asked its model, read from its answer: `base`, and for each item that
    /// the answer lists, the item's own count and `plus`.
    package struct ModelCallsRule: Sendable, Equatable {
        package var base: UInt64 = 0
        package var each: FieldPath
        /// In an item.
        package var count: FieldPath
        package var plus: UInt64 = 0
        /// How an item, by all words there, says that it failed: `plus` may not have happened then.
        package var failed: WordRule?
    }

    /// A field, and the words that mean something there.
    package struct WordRule: Sendable, Equatable {
        package var path: FieldPath
        package var values: [String]
    }

    /// How an answer says that the server has no such conversation any more.
    package struct GoneRule: Sendable, Equatable {
        /// What errors say; ASCII case does not count.
        package var messages: [String] = []
        /// What errors say that may also mean something else while another call of the conversation
        /// is under way.
        package var messagesAlone: [String] = []
        package var field: WordRule?

        package init() {}
    }

    /// What is said of a tool by its name.
    package func tool(_ name: String?) -> Tool {
        name.flatMap { tools[$0] } ?? otherTools
    }

    /// The model an alias stands for, else the name itself.
    package func model(for name: String) -> String { aliases[name] ?? name }

    /// Every key its paths go through, for `Vocabulary(pathSegments:)`: the scanner keeps only what
    /// it was asked for before the session.
    package var pathSegments: Set<String> {
        var segments: Set<String> = []
        for tool in Array(tools.values) + [otherTools] {
            let paths =
                tool.modelArgument + tool.reason + tool.conversationArgument
                + tool.conversationResult + tool.quality.map(\.path)
                + [tool.failure?.path, tool.gone?.field?.path].compactMap { $0 }
            for path in paths { segments.formUnion(path.segments) }
            for (segment, isInner) in tool.modelCallsSegments where !isInner {
                segments.insert(segment)
            }
        }
        return segments
    }

    /// Those that are looked for below another one only, for `Vocabulary(innerSegments:)`.
    package var innerSegments: Set<String> {
        var segments: Set<String> = []
        for tool in Array(tools.values) + [otherTools] {
            for (segment, isInner) in tool.modelCallsSegments where isInner {
                segments.insert(segment)
            }
        }
        return segments
    }
}

extension Profile.Tool {
    /// The keys of the paths that lead to many items, of which a long answer may have more than the
    /// scanner can keep: they are not to be met by chance elsewhere.
    fileprivate var modelCallsSegments: [(segment: String, isInner: Bool)] {
        guard let rule = modelCalls else { return [] }
        let ends = [rule.count.segments, rule.failed?.path.segments ?? []]
        return ends.flatMap { end in
            let all = rule.each.segments + end
            let wrappers = all.prefix { Vocabulary.isWrapper($0) }.count
            return all.enumerated().map { ($0.element, $0.offset > wrappers) }
        }
    }
}

/// Keys from the arguments, or from a document of the answer, down to a field; arrays on the way
/// stand for each of their elements. Written with dots: `findings.rootCauses.confidence`.
package struct FieldPath: Sendable, Equatable {
    package var segments: [String]

    /// Nil for an empty path and for an empty segment.
    package init?(_ text: String) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard !parts.contains(where: \.isEmpty) else { return nil }
        segments = parts.map(String.init)
    }

    /// The scalars at the end of the path below a node, in order.
    func nodes(in sketch: Sketch, below root: Int, _ vocabulary: borrowing Vocabulary) -> [Int] {
        var found = [root]
        for segment in segments {
            let key = vocabulary.lookup(segment).key
            found = found.flatMap { Self.elements(of: $0, in: sketch) }.compactMap { node in
                key == .named || key == .unknown
                    ? sketch.child(named: segment, of: node) : sketch.child(key, of: node)
            }
        }
        return found.flatMap { Self.elements(of: $0, in: sketch) }
    }

    /// An array's elements; anything else is itself.
    private static func elements(of node: Int, in sketch: Sketch) -> [Int] {
        guard sketch.nodes.indices.contains(node), sketch.nodes[node].kind == .array else {
            return [node]
        }
        return sketch.children(of: node).prefix(Limits.nodesMax).map { $0 }
    }
}
