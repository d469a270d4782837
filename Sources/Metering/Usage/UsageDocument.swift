import Wire

/// One report of usage in a document, as it stood.
struct UsageReport {
    var counts: Counts
    var model: String?
    /// The ledger's name of the provider that the document names.
    var provider: String?
    /// Billionths of a US dollar.
    var cost: Int64?
    /// The nodes of Anthropic's `iterations`.
    var iterations: [Int] = []
}

/// What one JSON document says of a model call: structured content, metadata, a text that is JSON.
///
/// Searched breadth first through the wrappers the scanner kept, so that the shallowest usage wins
/// and a copy of the provider's own answer further down (`raw_response`) is not seen.
struct UsageDocument {
    /// More than one only where a document reports several models.
    private(set) var reports: [UsageReport] = []
    /// A sum that is not divided, where there is nothing better.
    private(set) var total: UInt64?
    private(set) var cost: Int64?
    private(set) var model: String?
    private(set) var provider: String?
    private(set) var id: String?
    private(set) var object: String?
    private(set) var type: String?
    /// An array below a wrapper whose elements may be documents of their own.
    private(set) var lists: [Int] = []

    private let sketch: Sketch

    /// - Parameter isResult: the root is a result: what has carriers of its own is left out.
    init(_ root: Int, in sketch: Sketch, isResult: Bool = false) {
        self.sketch = sketch
        guard sketch.nodes.indices.contains(root) else { return }
        if sketch.nodes[root].kind == .array {
            lists = [root]
            return
        }
        var level = [root]
        while !level.isEmpty {
            var next: [Int] = []
            for object in level where !isCumulative(object) {
                collectFacts(of: object)
                readReports(of: object)
                next += wrapped(in: object, isResult: isResult && object == root)
            }
            level = next
        }
        for i in reports.indices {
            reports[i].model = reports[i].model ?? model
            reports[i].provider = reports[i].provider ?? provider
        }
        shareCost()
    }

    /// Whether a result can say something that has no carrier of its own: most hold nothing but
    /// content.
    static func mayTell(_ result: Int, in sketch: Sketch) -> Bool {
        KeySet(of: result, in: sketch).intersects(resultKeys)
    }
    private static let resultKeys = Carrier.tellingKeys.union(reportKeys)
        .union(KeySet(wrappers.subtracting([.meta])))

    /// The keys whose objects are more of the document.
    private static let wrappers: Set<Key> = [
        .result, .message, .data, .meta, .metadata, .response, .rawResponse, .raw, .info,
        .completion, .details, .stats,
    ]
    private static let wrapperKeys = KeySet(wrappers)

    private mutating func wrapped(in object: Int, isResult: Bool) -> [Int] {
        var objects: [Int] = []
        guard KeySet(of: object, in: sketch).intersects(Self.wrapperKeys) else { return objects }
        for child in sketch.children(of: object)
        where Self.wrappers.contains(sketch.nodes[child].key) {
            if isResult, sketch.nodes[child].key == .meta { continue }
            switch sketch.nodes[child].kind {
            case .object: objects.append(child)
            case .array: lists.append(child)
            default: break
            }
        }
        return objects
    }

    /// Whether an object sums up many calls: it counts them.
    private func isCumulative(_ object: Int) -> Bool {
        TokenCount.read(sketch.child(.calls, of: object), in: sketch) != nil
            || TokenCount.read(sketch.child(.totalCalls, of: object), in: sketch) != nil
    }

    private mutating func collectFacts(of object: Int) {
        model = model ?? self.model(of: object)
        provider = provider ?? self.provider(of: object)
        cost = cost ?? ReportedCost.read(of: object, in: sketch)
        id = id ?? sketch.string(sketch.child(.id, of: object))
        self.object = self.object ?? sketch.string(sketch.child(.object, of: object))
        type = type ?? sketch.string(sketch.child(.type, of: object))
    }

    private func model(of object: Int) -> String? {
        sketch.string(sketch.child(.model, of: object)).flatMap { ModelFamily.clean($0) }
    }

    private func provider(of object: Int) -> String? {
        sketch.string(sketch.child(.provider, of: object)).flatMap {
            ModelFamily.provider(named: $0)
        }
    }

    // MARK: Reports

    /// Objects that hold usage, better ones first.
    private static let usageKeys: [Key] = [
        .usage, .usageMetadata, .billedUnits, .lastTokenUsage, .tokens,
    ]

    /// The keys of which an object must have one for any report to stand in it.
    private static let reportKeys = Dialect.usageKeys.union(
        KeySet(usageKeys + [.modelUsage, .models]))

    private mutating func readReports(of object: Int) {
        guard KeySet(of: object, in: sketch).intersects(Self.reportKeys) else { return }
        var found: [UsageReport] = []
        var mapped: [UsageReport] = []
        for key in Self.usageKeys {
            guard let usage = sketch.child(key, of: object) else { continue }
            switch sketch.nodes[usage].kind {
            case .object where !isCumulative(usage):
                if mapped.isEmpty { mapped = self.mapped(in: usage) }
                if let report = report(of: usage) { found.append(report) }
                readTotal(of: usage)
            case .array: mapped += listed(in: usage)
            default: break
            }
        }
        if let report = report(of: object) { found.append(report) }
        readTotal(of: object)
        if mapped.isEmpty { mapped = self.mapped(in: object) }
        guard reports.isEmpty else { return }

        if mapped.count > 1 {
            reports = mapped
        } else if var best = found.first(where: { $0.counts.isComplete }) ?? mapped.first
            ?? found.first
        {
            best.model = best.model ?? mapped.first?.model
            best.cost = best.cost ?? mapped.first?.cost
            reports = [best]
        }
    }

    private func report(of usage: Int) -> UsageReport? {
        guard let counts = Counts.read(of: usage, in: sketch) else { return nil }
        var report = UsageReport(counts: counts)
        report.model = model(of: usage)
        report.provider = provider(of: usage)
        report.cost = ReportedCost.read(of: usage, in: sketch)
        if let iterations = sketch.child(.iterations, of: usage) {
            report.iterations = sketch.children(of: iterations).filter {
                sketch.nodes[$0].kind == .object
            }
        }
        return report
    }

    /// The entries of a map from a model to its usage, the largest first.
    private func mapped(in object: Int) -> [UsageReport] {
        var entries: [UsageReport] = []
        for key in [Key.modelUsage, .models] {
            guard entries.isEmpty, let map = sketch.child(key, of: object) else { continue }
            for entry in sketch.children(of: map)
            where sketch.nodes[entry].key == .named && sketch.nodes[entry].kind == .object {
                let usage = sketch.child(.tokens, of: entry) ?? entry
                guard !isCumulative(entry), let model = ModelFamily.clean(sketch.name(of: entry)),
                    var report = report(of: usage)
                else { continue }
                report.model = model
                report.cost = report.cost ?? ReportedCost.read(of: entry, in: sketch)
                entries.append(report)
            }
        }
        return largestFirst(entries)
    }

    /// The elements of a list of usages that each name their model.
    private func listed(in array: Int) -> [UsageReport] {
        sketch.children(of: array).compactMap { element in
            guard !isCumulative(element) else { return nil }
            return report(of: element).flatMap { $0.model == nil ? nil : $0 }
        }
    }

    private func largestFirst(_ reports: [UsageReport]) -> [UsageReport] {
        func size(_ report: UsageReport) -> UInt64 {
            let sums = Reconciliation(report.counts, speaker: Dialect.Speaker())
            return TokenCount.sum(sums.input ?? 0, sums.output)
        }
        return reports.enumerated().sorted {
            let (a, b) = (size($0.element), size($1.element))
            return a != b ? a > b : $0.offset < $1.offset
        }.map(\.element)
    }

    private mutating func readTotal(of object: Int) {
        guard total == nil else { return }
        for field in Dialect.totals + [Field(.tokens, .total)] {
            let node = field.node(of: object, in: sketch)
            if let count = TokenCount.read(node, in: sketch), count > 0 {
                total = count
                return
            }
        }
    }

    /// A cost beside the usage is of all of it: the first report carries it, the rest nothing.
    private mutating func shareCost() {
        guard let cost, !reports.isEmpty, reports.allSatisfy({ $0.cost == nil }) else { return }
        for i in reports.indices { reports[i].cost = i == 0 ? cost : 0 }
    }
}
