package import Records

/// The price entries of the models a session has used: looking one up costs more than the rest of
/// a call.
package struct PricedModels: Sendable {
    private var entries: [Model: PriceEntry?] = [:]

    private struct Model: Hashable {
        var provider: String?
        var name: String?
    }
    /// Of more, a peer invents names: then all are forgotten.
    private static let countMax = 64

    package init() {}

    /// What a model costs; nil if it is on no list.
    ///
    /// - Parameter table: nil for the built-in one; the same at every call.
    package mutating func entry(
        provider: String?, model: String?, in table: PriceTable?
    ) -> PriceEntry? {
        let key = Model(provider: provider, name: model)
        if let entry = entries[key] { return entry }
        let entry = (table ?? .builtIn).match(provider: provider, model: model)
        if entries.count >= Self.countMax { entries = [:] }
        entries[key] = .some(entry)
        return entry
    }
}
