import Records

/// How the directory a client worked in is recorded: `MCP_METER_PROJECT`.
package enum ProjectMode: String, Sendable {
    /// The first 16 hexadecimal digits of its SHA-256: equal ones can be added up, none be read.
    case hash
    /// As it is.
    case text

    /// Reads `MCP_METER_PROJECT`; one line where it has a value there is no meaning for.
    package static func read(
        _ environment: [String: String], complain: (String) -> Void
    ) -> ProjectMode {
        guard let word = environment["MCP_METER_PROJECT"], !word.isEmpty else { return .hash }
        if let mode = ProjectMode(rawValue: word) { return mode }
        complain("MCP_METER_PROJECT is '\(word)': expected hash or text; directories are hashed.")
        return .hash
    }
}

/// Makes the ledger's record of a logged message.
struct UsageRecorder: Sendable {
    private let prices: PriceTable
    private let project: ProjectMode
    private var entries: [Model: PriceEntry?] = [:]
    private var projects: [String: String] = [:]

    private struct Model: Hashable {
        var provider: String?
        var name: String?
    }
    /// Of more names or directories, a file invents them: then all are forgotten.
    private static let rememberedMax = 256

    init(prices: PriceTable, project: ProjectMode) {
        self.prices = prices
        self.project = project
    }

    mutating func record(of message: LoggedMessage, id: String) -> CallRecord {
        // A trace of its own, whose ids are made of the record's.
        let digits = String(decoding: id.utf8.filter { $0 != UInt8(ascii: "-") }, as: UTF8.self)
        var record = CallRecord(
            id: id, time: message.time, durationMilliseconds: 0, session: message.session,
            direction: .client, method: "chat",
            requestID: .string(message.requestID ?? message.key), outcome: .ok, traceID: digits,
            spanID: String(decoding: digits.utf8.suffix(16), as: UTF8.self), requestBytes: 0)
        let price = price(of: message)
        record.client = message.client.rawValue
        record.provider = message.provider ?? vendor(of: message) ?? price?.provider
        record.model = message.model
        record.modelSource = message.model == nil ? nil : .response
        record.serviceTier = message.serviceTier
        record.usage = message.usage
        record.cost = cost(of: message, price)
        record.modelCalls = message.modelCalls
        record.project = message.directory.map { name(of: $0) }
        return record
    }

    /// Claude Code's models are Anthropic's, whoever serves them.
    private func vendor(of message: LoggedMessage) -> String? {
        message.client == .claudeCode && message.model?.hasPrefix("claude") == true
            ? "anthropic" : nil
    }

    private func cost(of message: LoggedMessage, _ price: PriceEntry?) -> Cost {
        if let nanodollars = message.nanodollars {
            return Cost(source: .reported, nanodollars: nanodollars)
        }
        return price?.cost(of: message.usage, at: message.time) ?? Cost(source: .unpriced)
    }

    private mutating func price(of message: LoggedMessage) -> PriceEntry? {
        // Fast mode has prices of its own, under the model's name with this ending; the model's
        // usual ones would be too low.
        let isFast = message.serviceTier == "fast"
        let name = message.model.map { isFast ? $0 + "-fast" : $0 }
        let key = Model(provider: message.provider ?? vendor(of: message), name: name)
        if let entry = entries[key] { return entry }
        var entry = prices.match(provider: key.provider, model: name)
        if isFast, entry?.id.hasSuffix("-fast") == false { entry = nil }
        if entries.count >= Self.rememberedMax { entries = [:] }
        entries[key] = .some(entry)
        return entry
    }

    private mutating func name(of directory: LoggedMessage.Directory) -> String {
        switch directory {
        case .hash(let digits): return String(digits.prefix(16))
        case .path(let path):
            guard project == .hash else { return path }
            if let hash = projects[path] { return hash }
            if projects.count >= Self.rememberedMax { projects = [:] }
            let hash = DerivedID.fingerprint(path)
            projects[path] = hash
            return hash
        }
    }
}
