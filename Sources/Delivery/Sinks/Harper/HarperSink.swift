package import Records

/// Model calls for a Harper database, by its operations API: a row for each call, and the figures
/// of those that succeeded.
///
/// Both go by `upsert` under the ledger's ids, so that what is sent again changes nothing. Harper's
/// own `hdb_model_calls` and `hdb_raw_analytics` are system tables which nobody else may write to:
/// these are tables of the same shape in a database of the user's.
package struct HarperSink: Sink {
    static let callsTable = "model_calls"
    static let metricsTable = "model_metrics"

    package let destination: Destination
    package let batch = BatchLimits(records: 1000, ageMilliseconds: 5000)
    let url: String
    /// The `Authorization` header; nil without one.
    let authorization: String?
    let database: String
    let tenant: String?

    package func wants(_ record: Record) -> Bool { ModelCalls.call(of: record) != nil }

    package mutating func messages(for records: [Record]) -> [Message] {
        var rows = JSONWriter()
        begin(Self.callsTable, &rows)
        var metrics = MetricRows(JSONWriter())
        begin(Self.metricsTable, &metrics.json)
        var carried: [Int] = []
        var measured: [Int] = []
        for (index, record) in records.enumerated() {
            guard var call = HarperModelCall(record) else { continue }
            call.tenant = tenant
            call.encode(into: &rows)
            carried.append(index)
            let before = metrics.count
            metrics.call = (call.id, call.time)
            call.emit(to: &metrics)
            if metrics.count > before { measured.append(index) }
        }
        end(&rows)
        end(&metrics.json)
        var messages: [Message] = []
        if !carried.isEmpty { messages.append(Message(request(rows.finish()), records: carried)) }
        if !measured.isEmpty {
            messages.append(Message(request(metrics.json.finish()), records: measured))
        }
        return messages
    }

    package mutating func judge(_ answer: HTTPResponse, to message: Message) -> Verdict {
        switch answer.status {
        case 400 where answer.says("does not exist"):
            // `Table 'mcp_meter.model_calls' does not exist`: no fault of the records'.
            return .blocked(
                reason: answer.summary + "; make the tables \(Self.callsTable) and "
                    + "\(Self.metricsTable) in the database \(database), with the primary key id")
        case 200 where !answer.says("upserted"):
            // Taken or not: whoever answers is not the operations API, or not itself.
            return .retry(
                after: nil,
                reason: "HTTP 200, but not the answer of Harper's operations API: is "
                    + "HARPER_ANALYTICS_URL its address, port 9925 by default?")
        default: return Verdict(status: answer)
        }
    }

    private func begin(_ table: String, _ json: inout JSONWriter) {
        json.beginObject()
        json.key("operation")
        json.string("upsert" as StaticString)
        json.key("database")
        json.string(database)
        json.key("table")
        json.string(table)
        json.key("records")
        json.beginArray()
    }

    private func end(_ json: inout JSONWriter) {
        json.endArray()
        json.endObject()
    }

    private func request(_ body: [UInt8]) -> HTTPRequest {
        var headers = [(name: "Content-Type", value: "application/json")]
        if let authorization { headers.append((name: "Authorization", value: authorization)) }
        return HTTPRequest(url: url, headers: headers, body: body)
    }
}

/// Writes what is emitted for one call after another as rows, each under an id of its own that is
/// the same whenever the call is sent.
private struct MetricRows: HarperEmitter, ~Copyable {
    var json: JSONWriter
    var call: (id: String, time: Timestamp) = ("", Timestamp(microseconds: 0))
    var count = 0

    init(_ json: consuming JSONWriter) { self.json = json }

    mutating func emit(_ value: UInt64, _ metric: String, _ path: String) {
        json.beginObject()
        json.key("id")
        json.string("\(call.id)/\(metric)")
        json.key("time")
        json.timestamp(call.time)
        json.key("metric")
        json.string(metric)
        json.key("path")
        json.string(path)
        json.key("value")
        json.number(value)
        json.endObject()
        count += 1
    }
}

extension HTTPResponse {
    /// Whether these words stand in the body.
    fileprivate func says(_ words: StaticString) -> Bool {
        let length = words.utf8CodeUnitCount
        guard body.count >= length else { return false }
        return words.withUTF8Buffer { words in
            (0...(body.count - length)).contains { body[$0..<($0 + length)].elementsEqual(words) }
        }
    }
}
