// One line of the ledger as a record again. Lines come from this version, older ones and newer
// ones, and may have been cut by a crash: what is not known is passed over, what is broken is said.

extension Record {
    package enum Decoded: Equatable, Sendable {
        case record(Record)
        case skipped(Skipped)
    }

    /// Why a well-formed line is not for this reader.
    package enum Skipped: Equatable, Sendable {
        /// Its keys may mean something else.
        case newerVersion(Int)
        case unknownKind(String)
        /// A value that a later version added to an enumeration, without which the record is none.
        case unknownValue(key: String, String)
    }

    /// Reads one line, with or without its end.
    ///
    /// Unknown keys are passed over, `null` is absent, a repeated key's last value counts. An
    /// unknown `error_type` reads as `other`, an unknown `model_source` as absent.
    ///
    /// - Parameter lineNumber: the line of the errors' position, from 1.
    /// - Throws: what is wrong and where: not JSON, a key that is missing or has the wrong type.
    package static func decode(
        line: Span<UInt8>, lineNumber: Int = 1
    ) throws(JSONError) -> Decoded {
        do throws(JSONError) {
            return try JSONReader.read(line) { (reader) throws(JSONError) in
                var draft = Draft()
                try draft.read(&reader)
                return try draft.finish(reader)
            }
        } catch {
            // What fails here may be no fault in a version or a kind this reader does not know.
            if let skipped = whySkipped(line) { return .skipped(skipped) }
            var error = error
            error.line = lineNumber
            throw error
        }
    }

    private static func whySkipped(_ line: Span<UInt8>) -> Skipped? {
        guard let value = try? JSONValue(parsing: line), let version = value["v"]?.int64 else {
            return nil
        }
        if version > Self.version { return .newerVersion(Int(clamping: version)) }
        guard version >= 1, let kind = value["kind"]?.string, Kind(rawValue: kind) == nil else {
            return nil
        }
        return .unknownKind(kind)
    }

    private enum Kind: String { case session, begin, call, usage, trace, mark }

    /// Everything any kind of record has, while it is read.
    private struct Draft {
        private var version: Int?
        private var kind: String?
        private var event: String?
        private var id: String?
        private var time: Timestamp?
        private var pid: Int?
        private var duration: Double?
        private var firstByte: Double?
        private var session: String?
        private var direction: String?
        private var method: String?
        private var tool: String?
        private var requestID: RecordID?
        private var server: String?
        private var client: String?
        private var exitStatus: Int?
        private var counts: [String: UInt64] = [:]
        private var agentID: String?
        private var surface: String?
        private var project: String?
        private var provider: String?
        private var model: String?
        private var modelSource: String?
        private var serviceTier: String?
        private var usage: TokenUsage?
        private var cost: Cost?
        private var outcome: String?
        private var errorType: String?
        private var errorCode: Int?
        private var eventType: String?
        private var escalationReason: String?
        private var conversation: String?
        private var toolUseID: String?
        private var traceID: String?
        private var spanID: String?
        private var parentSpanID: String?
        private var requestBytes: UInt64?
        private var responseBytes: UInt64?
        private var quality: Double?
        private var retryOf: String?
        private var partOf: String?
        private var modelCalls: UInt64?
        private var retryAfter: Double?
        private var policy: BoxedNote?
        private var qualitySource: String?
        private var qualityPerDollar: Double?
        private var end: String?
        private var turns: UInt64?
        private var clientTurns: UInt64?
        private var unpricedTurns: UInt64?
        /// The first value that no enumeration here has.
        private var unknown: Skipped?

        mutating func read(_ reader: inout JSONReader) throws(JSONError) {
            var cursor: UInt8 = 0
            try reader.enterObject()
            while try reader.nextKey() {
                guard let key: RecordKey = try reader.key(after: &cursor, \.name) else {
                    try reader.skip()
                    continue
                }
                if try reader.null() { continue }
                try read(key, &reader)
            }
        }

        private mutating func read(
            _ key: RecordKey, _ reader: inout JSONReader
        ) throws(JSONError) {
            switch key {
            case .version: version = try reader.integer()
            case .kind: kind = try reader.string()
            case .event: event = try reader.string()
            case .id: id = try reader.string()
            case .time: time = try reader.timestamp()
            case .pid: pid = try reader.integer()
            case .duration, .sessionDuration: duration = try reader.double()
            case .firstByte: firstByte = try reader.double()
            case .session: session = try reader.string()
            case .direction: direction = try reader.string()
            case .method: method = try reader.string()
            case .tool: tool = try reader.string()
            case .requestID: requestID = try reader.requestID()
            case .server: server = try reader.string()
            case .client: client = try reader.string()
            case .exitStatus: exitStatus = try reader.integer()
            case .counts: counts = try reader.counts()
            case .agentID: agentID = try reader.string()
            case .surface: surface = try reader.string()
            case .project: project = try reader.string()
            case .provider: provider = try reader.string()
            case .model: model = try reader.string()
            case .modelSource: modelSource = try reader.string()
            case .serviceTier: serviceTier = try reader.string()
            case .usage: usage = try readUsage(&reader)
            case .cost: cost = try readCost(&reader)
            case .outcome: outcome = try reader.string()
            case .errorType: errorType = try reader.string()
            case .errorCode: errorCode = try reader.integer()
            case .eventType: eventType = try reader.string()
            case .escalationReason: escalationReason = try reader.string()
            case .conversation: conversation = try reader.string()
            case .toolUseID: toolUseID = try reader.string()
            case .traceID: traceID = try reader.string()
            case .spanID: spanID = try reader.string()
            case .parentSpanID: parentSpanID = try reader.string()
            case .requestBytes: requestBytes = try reader.integer()
            case .responseBytes: responseBytes = try reader.integer()
            case .quality: quality = try reader.double()
            case .retryOf: retryOf = try reader.string()
            case .partOf: partOf = try reader.string()
            case .modelCalls: modelCalls = try reader.integer()
            case .retryAfter: retryAfter = try reader.double()
            case .policy: policy = try PolicyNote.read(&reader).map(BoxedNote.init)
            case .qualitySource: qualitySource = try reader.string()
            case .qualityPerDollar: qualityPerDollar = try reader.double()
            case .end: end = try reader.string()
            case .turns: turns = try reader.integer()
            case .clientTurns: clientTurns = try reader.integer()
            case .unpricedTurns: unpricedTurns = try reader.integer()
            }
        }

        private mutating func readUsage(
            _ reader: inout JSONReader
        ) throws(JSONError) -> TokenUsage? {
            var source: String?
            var usage = TokenUsage(source: .reported)
            var cursor: UInt8 = 0
            try reader.enterObject()
            while try reader.nextKey() {
                guard let key: UsageKey = try reader.key(after: &cursor, \.name) else {
                    try reader.skip()
                    continue
                }
                if try reader.null() { continue }
                switch key {
                case .source: source = try reader.string()
                case .input: usage.input = try reader.integer()
                case .cachedInput: usage.cachedInput = try reader.integer()
                case .cacheWrite: usage.cacheWrite = try reader.integer()
                case .cacheWrite1h: usage.cacheWrite1h = try reader.integer()
                case .output: usage.output = try reader.integer()
                case .reasoning: usage.reasoning = try reader.integer()
                }
            }
            guard let known: TokenUsage.Source = try choice("usage.source", source, reader) else {
                return nil
            }
            usage.source = known
            return usage
        }

        private mutating func readCost(_ reader: inout JSONReader) throws(JSONError) -> Cost? {
            var source: String?
            var nanodollars: Int64?
            var cursor: UInt8 = 0
            try reader.enterObject()
            while try reader.nextKey() {
                guard let key: CostKey = try reader.key(after: &cursor, \.name) else {
                    try reader.skip()
                    continue
                }
                if try reader.null() { continue }
                switch key {
                case .source: source = try reader.string()
                case .nanodollars: nanodollars = try reader.integer()
                }
            }
            guard let known: Cost.Source = try choice("cost.source", source, reader) else {
                return nil
            }
            return Cost(source: known, nanodollars: nanodollars)
        }

        /// The case that `text` names; where there is none the record is skipped.
        private mutating func choice<Choice: RawRepresentable<String>>(
            _ key: String, _ text: String?, _ reader: borrowing JSONReader
        ) throws(JSONError) -> Choice? {
            let text = try require(text, key, reader)
            if let choice = Choice(rawValue: text) { return choice }
            if unknown == nil { unknown = .unknownValue(key: key, text) }
            return nil
        }

        private func require<Value>(
            _ value: Value?, _ key: String, _ reader: borrowing JSONReader
        ) throws(JSONError) -> Value {
            guard let value else {
                throw reader.error("the key \"\(key)\" is missing", at: reader.offset)
            }
            return value
        }

        mutating func finish(_ reader: borrowing JSONReader) throws(JSONError) -> Decoded {
            let version = try require(version, "v", reader)
            if version > Record.version { return .skipped(.newerVersion(version)) }
            guard version >= 1 else { throw reader.error("there is no version \(version)") }
            let kind = try require(kind, "kind", reader)
            let record: Record?
            switch Kind(rawValue: kind) {
            case .session: record = try finishSession(reader).map(Record.session)
            case .begin: record = try finishBegin(reader).map(Record.begin)
            case .call: record = try finishCall(reader).map(Record.call)
            case .usage: record = try finishCall(reader).map(Record.usage)
            case .trace: record = try finishTrace(reader).map(Record.trace)
            case .mark: record = try finishMark(reader).map(Record.mark)
            case nil: return .skipped(.unknownKind(kind))
            }
            if let unknown { return .skipped(unknown) }
            return record.map(Decoded.record) ?? .skipped(.unknownKind(kind))
        }

        private mutating func finishSession(
            _ reader: borrowing JSONReader
        ) throws(JSONError) -> SessionRecord? {
            guard let event: SessionRecord.Event = try choice("event", event, reader) else {
                return nil
            }
            return SessionRecord(
                event: event, id: try require(id, "id", reader),
                time: try require(time, "time", reader), pid: try require(pid, "pid", reader),
                server: server, client: client, exitStatus: exitStatus,
                durationMilliseconds: duration, counts: counts)
        }

        private mutating func finishBegin(
            _ reader: borrowing JSONReader
        ) throws(JSONError) -> BeginRecord? {
            guard
                let direction: CallRecord.Direction = try choice("direction", direction, reader)
            else { return nil }
            return BeginRecord(
                id: try require(id, "id", reader), time: try require(time, "time", reader),
                session: try require(session, "session", reader), direction: direction,
                method: try require(method, "method", reader), tool: tool,
                requestID: try require(requestID, "request_id", reader), server: server)
        }

        private mutating func finishCall(
            _ reader: borrowing JSONReader
        ) throws(JSONError) -> CallRecord? {
            guard
                let direction: CallRecord.Direction = try choice("direction", direction, reader),
                let outcome: CallRecord.Outcome = try choice("outcome", outcome, reader)
            else { return nil }
            var call = CallRecord(
                id: try require(id, "id", reader), time: try require(time, "time", reader),
                durationMilliseconds: try require(duration, "duration_ms", reader),
                session: try require(session, "session", reader), direction: direction,
                method: try require(method, "method", reader),
                requestID: try require(requestID, "request_id", reader), outcome: outcome,
                traceID: try require(traceID, "trace_id", reader),
                spanID: try require(spanID, "span_id", reader),
                requestBytes: try require(requestBytes, "request_bytes", reader))
            call.firstByteMilliseconds = firstByte
            call.tool = tool
            call.server = server
            call.client = client
            call.agentID = agentID
            call.surface = surface
            call.project = project
            call.provider = provider
            call.model = model
            call.modelSource = modelSource.flatMap(CallRecord.ModelSource.init(rawValue:))
            call.serviceTier = serviceTier
            call.usage = usage
            call.cost = cost
            call.errorType = errorType.map { CallRecord.ErrorType(rawValue: $0) ?? .other }
            call.errorCode = errorCode
            call.eventType = eventType
            call.escalationReason = escalationReason
            call.conversation = conversation
            call.toolUseID = toolUseID
            call.parentSpanID = parentSpanID
            call.responseBytes = responseBytes
            call.quality = quality
            call.retryOf = retryOf
            call.partOf = partOf
            call.modelCalls = modelCalls
            call.retryAfterMilliseconds = retryAfter
            call.boxedPolicy = policy
            return call
        }

        /// Nil where the policy says what this version does not know: then there is nothing left.
        private func finishMark(
            _ reader: borrowing JSONReader
        ) throws(JSONError) -> MarkRecord? {
            guard let policy = policy?.note else { return nil }
            return MarkRecord(
                id: try require(id, "id", reader), time: try require(time, "time", reader),
                session: try require(session, "session", reader), policy: policy)
        }

        private mutating func finishTrace(
            _ reader: borrowing JSONReader
        ) throws(JSONError) -> TraceRecord? {
            guard
                let outcome: CallRecord.Outcome = try choice("outcome", outcome, reader),
                let end: TraceRecord.End = try choice("end", end, reader)
            else { return nil }
            var trace = TraceRecord(
                id: try require(id, "id", reader), time: try require(time, "time", reader),
                durationMilliseconds: try require(duration, "duration_ms", reader),
                session: try require(session, "session", reader),
                cost: try require(cost, "cost", reader), outcome: outcome,
                traceID: try require(traceID, "trace_id", reader),
                spanID: try require(spanID, "span_id", reader), end: end,
                turns: try require(turns, "turns", reader), clientTurns: clientTurns ?? 0,
                unpricedTurns: unpricedTurns ?? 0, modelCalls: modelCalls ?? 0)
            trace.tool = tool
            trace.server = server
            trace.client = client
            trace.agentID = agentID
            trace.surface = surface
            trace.errorType = errorType.map { CallRecord.ErrorType(rawValue: $0) ?? .other }
            trace.eventType = eventType
            trace.escalationReason = escalationReason
            trace.conversation = conversation
            trace.parentSpanID = parentSpanID
            trace.quality = quality
            trace.qualitySource = qualitySource.flatMap(TraceRecord.QualitySource.init(rawValue:))
            trace.qualityPerDollar = qualityPerDollar
            return trace
        }
    }
}
