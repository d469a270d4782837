import Wire

/// Puts the documents of a carrier together: the pieces of one streamed answer into one report,
/// the answers of several calls into one each.
struct UsageStream {
    private(set) var reports: [UsageReport] = []

    /// What is known of each report's origin, to decide whether a later document goes on with it.
    private struct Origin {
        var id: String?
        var isChunk: Bool
        var stream: Int?
    }
    private var origins: [Origin] = []

    /// Takes the next document.
    ///
    /// - Parameter stream: equal for documents that are events of one stream.
    mutating func add(_ document: UsageDocument, stream: Int? = nil) {
        // The last line of Claude Code's JSON stream sums up the ones before.
        if document.type == "result", !document.reports.isEmpty {
            reports = document.reports
            origins = document.reports.map { _ in
                Origin(id: document.id, isChunk: false, stream: stream)
            }
            return
        }
        guard let report = document.reports.first else { return }
        let origin = Origin(id: document.id, isChunk: Self.isChunk(document), stream: stream)
        guard document.reports.count == 1, let earlier = continued(origin, by: report, document)
        else {
            reports += document.reports
            origins += document.reports.map { _ in origin }
            return
        }
        if Self.isSummed(report, document) {
            reports[earlier].counts.add(report.counts)
        } else {
            reports[earlier].counts.update(with: report.counts)
            if !report.iterations.isEmpty { reports[earlier].iterations = report.iterations }
        }
        reports[earlier].model = reports[earlier].model ?? report.model
        reports[earlier].provider = reports[earlier].provider ?? report.provider
        reports[earlier].cost = report.cost ?? reports[earlier].cost
        if origins[earlier].id == nil { origins[earlier].id = origin.id }
    }

    /// The report that a document goes on with.
    private func continued(
        _ origin: Origin, by report: UsageReport, _ document: UsageDocument
    ) -> Int? {
        if document.type == "message_start" { return nil }
        if let id = origin.id, let same = origins.lastIndex(where: { $0.id == id }) { return same }
        guard let last = origins.indices.last else { return nil }
        if origin.stream != nil, origins[last].stream == origin.stream { return last }
        if Self.isSummed(report, document) {
            return reports[last].counts.dialect == report.counts.dialect ? last : nil
        }
        if origin.isChunk, origins[last].isChunk, origin.id == nil || origins[last].id == nil {
            return last
        }
        // Gemini's chunks have no mark of their own: the same prompt, counted again.
        let earlier = reports[last]
        let isGemini = report.counts.dialect == Self.gemini
        if isGemini, earlier.counts.dialect == Self.gemini, earlier.model == report.model,
            earlier.counts.input == report.counts.input
        {
            return last
        }
        return nil
    }

    /// A piece of a streamed answer, by the marks of the providers' streams.
    private static func isChunk(_ document: UsageDocument) -> Bool {
        if let object = document.object, FoldedText(object).has(".chunk") { return true }
        guard let type = document.type else { return false }
        return type.hasPrefix("message_") || type.hasPrefix("response.")
            || type.hasPrefix("content_block")
    }

    /// Reports that each count something of their own: Codex's turns, Vertex's embedded texts.
    private static func isSummed(_ report: UsageReport, _ document: UsageDocument) -> Bool {
        document.type == "turn.completed" || report.counts.dialect == embeddings
    }

    private static let gemini = Dialect.index(named: "Gemini generateContent")
    private static let embeddings = Dialect.index(named: "Vertex embeddings")
}
