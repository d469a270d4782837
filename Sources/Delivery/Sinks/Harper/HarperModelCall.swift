package import Records

/// One row of Harper's per-call table: what it writes of each model call to `hdb_model_calls`, in
/// its words (HarperFast/harper, `resources/models/analyticsTable.ts`). Failures have rows, too.
///
/// `adapter` and `gpu_ms` are never known here, and absent.
package struct HarperModelCall: Equatable, Sendable {
    package enum Method: String, Sendable, CaseIterable {
        case generate, generateStream, embed

        /// By the words of the tool's name; the ledger does not say whether a server streamed.
        init(of call: CallRecord) {
            let words = ToolWords(call.tool)
            if words.hasOne(beginningWith: ["embed"]) {
                self = .embed
            } else if words.hasOne(beginningWith: ["stream"]) {
                self = .generateStream
            } else {
                self = .generate
            }
        }
    }

    /// Harper's closed vocabulary: never a message of the provider's.
    package enum ErrorCode: String, Sendable, CaseIterable {
        case aborted
        case capabilityUnsupported = "capability_unsupported"
        case scoringUnsupported = "scoring_unsupported"
        case backendNotFound = "backend_not_found"
        case pendingUnsupported = "pending_unsupported"
        case backendError = "backend_error"

        /// Whoever asked gave up: `aborted`. The server has no such method (JSON-RPC -32601):
        /// `capability_unsupported`. Everything else went wrong behind it.
        init?(of call: CallRecord) {
            switch call.outcome {
            case .ok: return nil
            case .cancelled: self = .aborted
            case .error where call.errorType == .cancelled: self = .aborted
            case .error where call.errorCode == -32601: self = .capabilityUnsupported
            case .error, .lost, .blocked: self = .backendError
            }
        }
    }

    /// The ledger's id of the call, so that a row that is sent again is the same row.
    package let id: String
    /// When the call began; Harper's own rows say it by their id.
    package let time: Timestamp
    package var tenant: String?
    /// The MCP server that asked its model, or the client for a turn of its own.
    package let app: String?
    package let model: String?
    /// The company behind the model; Harper's `unknown` where there is none.
    package let backend: String
    package let method: Method
    package let conversationID: String?
    package let promptTokens: UInt64?
    package let completionTokens: UInt64?
    package let embeddingTokens: UInt64?
    package let latencyMilliseconds: Double
    package let success: Bool
    package let errorCode: ErrorCode?

    /// Nil for a record that is no model call.
    package init?(_ record: Record) {
        guard let call = ModelCalls.call(of: record) else { return nil }
        id = call.id
        time = call.time
        app = call.direction == .client ? call.client : call.server
        model = call.model
        backend = call.provider ?? "unknown"
        method = Method(of: call)
        conversationID = call.conversation
        let isEmbedding = method == .embed
        promptTokens = isEmbedding ? nil : call.usage?.input
        completionTokens = call.usage?.output
        embeddingTokens = isEmbedding ? call.usage?.input : nil
        let length = call.durationMilliseconds
        latencyMilliseconds = length.isFinite ? max(0, length) : 0
        success = call.outcome == .ok
        errorCode = ErrorCode(of: call)
    }

    package func encode(into json: inout JSONWriter) {
        json.beginObject()
        json.key("id")
        json.string(id)
        json.key("time")
        json.timestamp(time)
        json.member("tenant", tenant)
        json.member("app", app)
        json.member("model", model)
        json.key("backend")
        json.string(backend)
        json.key("method")
        json.string(method.rawValue)
        json.member("conversation_id", conversationID)
        json.member("prompt_tokens", promptTokens)
        json.member("completion_tokens", completionTokens)
        json.member("embedding_tokens", embeddingTokens)
        json.key("latency_ms")
        json.number(thousandths: latencyMilliseconds)
        json.key("success")
        json.bool(success)
        json.member("error_code", errorCode?.rawValue)
        json.endObject()
    }
}
