internal import Records

/// The ledger's facts in the words of EvalOps' metadata and attributes.
enum EvalOpsWords {
    /// A record that says which model was used, or what it used.
    static func usesModel(_ call: CallRecord) -> Bool {
        call.model != nil || call.provider != nil || call.usage != nil
    }

    /// How a cost is known. `gateway_estimated` is the one public word of the kind (evalops/proto
    /// proto/meter/v1/testdata/record_usage_request_llm_gateway_responses.json); these follow it.
    ///
    /// - `provider_reported`: by the provider, with the answer.
    /// - `priced`: from a price list, for tokens the provider or a session log counted.
    /// - `proxy_estimated`: from a price list, for tokens that were estimated here.
    /// - `unpriced`: it is not known, and not 0.
    static func pricingStatus(_ cost: Cost?, _ usage: TokenUsage?) -> StaticString {
        guard let cost, nanodollars(cost) != nil else { return "unpriced" }
        if cost.source == .reported { return "provider_reported" }
        return usage?.source == .estimated ? "proxy_estimated" : "priced"
    }

    /// The words of `metadata.costSource` (haasonsaas/kestrel src/main/evalops/services.ts), and
    /// one more for costs the provider told.
    static func costSource(_ cost: Cost) -> StaticString {
        guard nanodollars(cost) != nil else { return "unpriced" }
        return cost.source == .reported ? "provider_reported" : "model_price_estimate"
    }

    /// A cost that can be sent; services refuse one below 0.
    static func nanodollars(_ cost: Cost?) -> Int64? {
        guard let cost, cost.source != .unpriced, let amount = cost.nanodollars, amount >= 0 else {
            return nil
        }
        return amount
    }

    /// Names of `traces.v1.SpanStatus`.
    static func status(_ outcome: CallRecord.Outcome) -> StaticString {
        switch outcome {
        case .ok: "SPAN_STATUS_OK"
        case .cancelled: "SPAN_STATUS_CANCELLED"
        case .error, .lost, .blocked: "SPAN_STATUS_ERROR"
        }
    }
}

/// Members of messages and of `Struct`s. What is nil is absent: a proto3 zero would say "none".
extension JSONWriter {
    /// An `int64` field, clamped to what one holds.
    mutating func int64(_ name: StaticString, _ value: UInt64?) {
        guard let value else { return }
        key(name)
        number(Int64(clamping: value))
    }

    /// A `double` field in US dollars, written digit for digit, so that it is rounded once: by who
    /// reads it.
    mutating func dollars(_ name: StaticString, _ cost: Cost?) {
        guard let amount = EvalOpsWords.nanodollars(cost) else { return }
        key(name)
        number(billionths: amount)
    }

    /// A `Struct` holds finite numbers only.
    mutating func milliseconds(_ name: StaticString, _ value: Double?) {
        guard let value, value.isFinite else { return }
        key(name)
        number(thousandths: value)
    }

    /// Text known in advance.
    mutating func word(_ name: StaticString, _ value: StaticString) {
        key(name)
        string(value)
    }

    /// A text that says nothing when it is empty.
    mutating func text(_ name: StaticString, _ value: String?) {
        guard let value, !value.isEmpty else { return }
        key(name)
        string(value)
    }
}
