import Wire

/// A place in an answer where usage may stand.
struct Carrier {
    enum Kind: Sendable {
        case meta, structured, result, blockMeta, text, resource, errorData
    }

    var kind: Kind
    /// Its documents, put together.
    var reports: [UsageReport] = []
    /// A sum that is not divided.
    var total: UInt64?
    /// The model and provider named anywhere in it.
    var model: String?
    var provider: String?
    var cost: Int64?

    /// Whether a model may have written it: servers pass on what the model said as text, and some
    /// as structured content.
    var mayBeModelAuthored: Bool {
        switch kind {
        case .meta, .result, .blockMeta, .errorData: false
        case .structured, .text, .resource: true
        }
    }

    /// The keys of which an answer must have one for any of its carriers to tell something.
    static let tellingKeys = Dialect.usageKeys.union(ReportedCost.keys)
        .union(KeySet([.model, .provider]))

    /// The carriers of an answer, the more trustworthy first.
    static func all(of answer: Observation, root: Int) -> [Carrier] {
        let sketch = answer.sketch
        var carriers: [Carrier] = []
        func add(_ kind: Kind, _ documents: [(node: Int, stream: Int?)]) {
            guard !documents.isEmpty else { return }
            var carrier = Carrier(kind: kind)
            carrier.read(documents, in: sketch)
            carriers.append(carrier)
        }
        if let error = sketch.child(.error, of: 0) {
            if let data = sketch.child(.data, of: error) { add(.errorData, [(data, nil)]) }
            return carriers
        }
        if let meta = sketch.child(.meta, of: root) { add(.meta, [(meta, nil)]) }
        if let structured = sketch.child(.structuredContent, of: root) {
            add(.structured, [(structured, nil)])
        }
        if UsageDocument.mayTell(root, in: sketch) { add(.result, [(root, nil)]) }
        if let content = sketch.child(.content, of: root) {
            add(
                .blockMeta,
                sketch.children(of: content).compactMap { block in
                    sketch.child(.meta, of: block).map { ($0, nil) }
                })
        }
        for kind in [Kind.text, .resource] {
            var documents: [(node: Int, stream: Int?)] = []
            for (index, text) in answer.texts.enumerated()
            where text.shape != .prose && Self.kind(of: text, in: sketch) == kind {
                for child in sketch.children(of: Int(text.node))
                where sketch.nodes[child].key == .document {
                    documents.append((child, text.shape == .events ? index : nil))
                }
            }
            add(kind, documents)
        }
        return carriers
    }

    /// Whether a text is the answer's own or an embedded resource's.
    static func kind(of text: Text, in sketch: Sketch) -> Kind {
        let node = Int(text.node)
        guard sketch.nodes.indices.contains(node) else { return .text }
        let parent = Int(sketch.nodes[node].parent)
        guard sketch.nodes.indices.contains(parent) else { return .text }
        return sketch.nodes[parent].key == .resource ? .resource : .text
    }

    private mutating func read(_ documents: [(node: Int, stream: Int?)], in sketch: Sketch) {
        var stream = UsageStream()
        for (node, events) in documents {
            for document in Self.documents(at: node, kind, in: sketch) {
                stream.add(document, stream: events)
                total = total ?? document.total
                model = model ?? document.model
                provider = provider ?? document.provider
                cost = cost ?? document.cost
            }
        }
        reports = stream.reports.flatMap { $0.withIterations(in: sketch) }
    }

    /// The document at a node; where it holds no usage but a list of documents that do, those.
    private static func documents(at node: Int, _ kind: Kind, in sketch: Sketch) -> [UsageDocument]
    {
        let whole = UsageDocument(node, in: sketch, isResult: kind == .result)
        guard whole.reports.isEmpty else { return [whole] }
        for list in whole.lists {
            let elements = sketch.children(of: list)
                .filter { sketch.nodes[$0].kind == .object }
                .map { UsageDocument($0, in: sketch) }
            if elements.contains(where: { !$0.reports.isEmpty }) { return elements }
        }
        return [whole]
    }
}

extension UsageReport {
    /// This report with what Anthropic counts apart.
    ///
    /// `iterations`: the top level leaves out compactions (same model, added) and advisors (another
    /// model, a report of their own); with a fallback it already is the answer that was served.
    func withIterations(in sketch: Sketch) -> [UsageReport] {
        func type(_ node: Int) -> String? { sketch.string(sketch.child(.type, of: node)) }
        guard !iterations.isEmpty,
            !iterations.contains(where: { type($0) == "fallback_message" })
        else { return [self] }
        var main = self
        var advisors: [UsageReport] = []
        for iteration in iterations {
            guard let kind = type(iteration), kind == "compaction" || kind == "advisor_message",
                let counts = Counts.readAnthropic(of: iteration, in: sketch)
            else { continue }
            if kind == "compaction" {
                main.counts.add(counts)
            } else {
                var advisor = UsageReport(counts: counts)
                advisor.model = sketch.string(sketch.child(.model, of: iteration))
                    .flatMap { ModelFamily.clean($0) }
                advisor.model = advisor.model ?? model
                advisor.provider = provider
                advisors.append(advisor)
            }
        }
        return [main] + advisors
    }
}
