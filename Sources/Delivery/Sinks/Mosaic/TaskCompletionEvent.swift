package import Records

/// Mosaic's `TaskCompletionEvent`, schema version 1.0, as the API reference of its telemetry
/// clients (`mosaicstack-telemetry`, `@mosaicstack/telemetry-client`) lists its fields.
///
/// One event is one model call: an event has one model and one provider, while an escalation may
/// have used several of each. Every field is there; what is unknown is null, never 0. What a token
/// count or a cost rests on decides where it stands: estimates in `estimated_…`, what a provider or
/// a session log said in `actual_…`.
package struct TaskCompletionEvent: Equatable, Sendable {
    package enum Outcome: String, Sendable { case success, failure, partial, timeout }

    /// A model call's tokens and its cost in millionths of a dollar.
    package struct Figures: Equatable, Sendable {
        package var inputTokens: UInt64?
        package var outputTokens: UInt64?
        package var microdollars: Int64?
    }

    package static let schemaVersion: StaticString = "1.0"

    package let instanceID: String
    /// A UUID; the same whenever the record is sent.
    package let eventID: String
    /// When the task was over.
    package let timestamp: Timestamp
    package let durationMilliseconds: UInt64
    package let taskType: TaskType?
    package let complexity: TaskComplexity
    package let harness: String?
    package let model: String?
    /// The ledger's name of the company. Of Mosaic's list only some members are public.
    package let provider: String?
    package let estimated: Figures
    package let actual: Figures
    package let outcome: Outcome

    /// Nil for a record that is no model call.
    package init?(_ record: Record, instanceID: String) {
        guard let call = ModelCalls.call(of: record) else { return nil }
        self.instanceID = instanceID
        eventID = EventID.uuid(call.id)
        let length = call.durationMilliseconds
        let microseconds = length.isFinite ? max(0, min(length * 1000, 1e17)) : 0
        let (end, overflow) = call.time.microseconds.addingReportingOverflow(
            Int64(microseconds.rounded()))
        timestamp = Timestamp(microseconds: overflow ? .max : end)
        durationMilliseconds = UInt64((microseconds / 1000).rounded())
        taskType = TaskType(of: call)
        complexity = TaskComplexity(of: call)
        harness = call.client.flatMap { Self.harnesses[$0.lowercased()] }
        model = call.model
        provider = call.provider
        var estimated = Figures()
        var actual = Figures()
        let isEstimate = call.usage?.source == .estimated
        let tokens = Figures(inputTokens: call.usage?.input, outputTokens: call.usage?.output)
        if isEstimate { estimated = tokens } else { actual = tokens }
        if let cost = call.cost, cost.source != .unpriced, let nanodollars = cost.nanodollars {
            let microdollars = Self.microdollars(nanodollars)
            // What the provider itself says it cost is no estimate, whatever the tokens are.
            if isEstimate && cost.source == .priced {
                estimated.microdollars = microdollars
            } else {
                actual.microdollars = microdollars
            }
        }
        self.estimated = estimated
        self.actual = actual
        outcome =
            switch call.outcome {
            case .ok: .success
            case .error where call.errorType == .timeout: .timeout
            case .error, .cancelled, .lost, .blocked: .failure
            }
    }

    /// Rounded half to even, so that sums are not biased; nil below zero, which is no cost.
    package static func microdollars(_ nanodollars: Int64) -> Int64? {
        guard nanodollars >= 0 else { return nil }
        let (whole, rest) = nanodollars.quotientAndRemainder(dividingBy: 1000)
        return rest > 500 || rest == 500 && whole % 2 == 1 ? whole + 1 : whole
    }

    /// The clients that are one of Mosaic's harnesses, by the name they give in their handshake.
    /// Others have none.
    static let harnesses = ["claude-code": "claude_code", "opencode": "opencode", "aider": "aider"]

    package func encode(into json: inout JSONWriter) {
        json.beginObject()
        json.key("instance_id")
        json.string(instanceID)
        json.key("event_id")
        json.string(eventID)
        json.key("schema_version")
        json.string(Self.schemaVersion)
        json.key("timestamp")
        json.timestamp(timestamp)
        json.key("task_duration_ms")
        json.number(durationMilliseconds)
        json.field("task_type", taskType?.rawValue)
        json.field("complexity", complexity.rawValue)
        json.field("harness", harness)
        json.field("model", model)
        json.field("provider", provider)
        json.field("estimated_input_tokens", estimated.inputTokens)
        json.field("estimated_output_tokens", estimated.outputTokens)
        json.field("actual_input_tokens", actual.inputTokens)
        json.field("actual_output_tokens", actual.outputTokens)
        json.field("estimated_cost_usd_micros", estimated.microdollars)
        json.field("actual_cost_usd_micros", actual.microdollars)
        // Nothing of these is seen from where a proxy stands. No gate is known to have run.
        json.field("quality_gate_passed", String?.none)
        json.key("quality_gates_run")
        json.beginArray()
        json.endArray()
        json.key("quality_gates_failed")
        json.beginArray()
        json.endArray()
        json.field("context_compactions", UInt64?.none)
        json.field("context_rotations", UInt64?.none)
        json.field("context_utilization_final", UInt64?.none)
        json.field("outcome", outcome.rawValue)
        json.field("retry_count", UInt64?.none)
        json.field("language", String?.none)
        json.field("repo_size_category", String?.none)
        json.endObject()
    }
}

extension JSONWriter {
    /// A member that is there even when it is unknown.
    fileprivate mutating func field(_ name: StaticString, _ value: String?) {
        key(name)
        if let value { string(value) } else { null() }
    }

    fileprivate mutating func field(_ name: StaticString, _ value: (some BinaryInteger)?) {
        key(name)
        if let value { number(value) } else { null() }
    }
}
