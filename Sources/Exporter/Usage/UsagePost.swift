package import Records

/// What `POST /usage` takes: usage that some other tool knows of. One JSON object, an array of
/// them, or one a line (NDJSON); each with the names of the ledger's `call`, or with the older
/// exporter's (`inputTokens`, `durationMs` …). All of it is taken, or nothing.
package struct UsagePost: Sendable {
    /// What one request may carry.
    package static let recordsMax = 10_000

    /// Computes a cost where none is given; nil: unpriced.
    private let price: @Sendable (CallRecord) -> Cost?
    /// What is kept of an escalation reason.
    private let reason: @Sendable (String) -> String?

    package init(
        price: @escaping @Sendable (CallRecord) -> Cost?,
        reason: @escaping @Sendable (String) -> String?
    ) {
        self.price = price
        self.reason = reason
    }

    /// Reads a body.
    ///
    /// - Parameters:
    ///   - identity: makes the ids a record did not bring.
    ///   - now: the time of records that have none.
    package func records(
        _ body: [UInt8], at now: Timestamp, identity: () -> PostIdentity
    ) throws(Refusal) -> [CallRecord] {
        let documents = try Self.documents(body)
        guard !documents.isEmpty else { throw Refusal(400, "the body is empty") }
        guard documents.count <= Self.recordsMax else {
            throw Refusal(413, "more than \(Self.recordsMax) records in one request")
        }
        var records: [CallRecord] = []
        for (place, document) in documents.enumerated() {
            do throws(PostedFieldError) {
                var fields = try PostedFields(document)
                records.append(try fields.record(identity(), now, price: price, reason: reason))
            } catch {
                let which = documents.count > 1 ? "record \(place + 1): " : ""
                throw Refusal(400, which + error.reason)
            }
        }
        return records
    }

    private static func documents(_ body: [UInt8]) throws(Refusal) -> [JSONValue] {
        let whole: JSONError
        do throws(JSONError) {
            let value = try JSONValue(parsing: body)
            return value.array ?? [value]
        } catch {
            whole = error
        }
        // No single value: perhaps one a line.
        let lines = body.split(separator: 10).filter { line in
            line.contains { $0 != 32 && $0 != 9 && $0 != 13 }
        }
        guard lines.count > 1 else { throw Refusal(400, "the body is no JSON: \(whole)") }
        var values: [JSONValue] = []
        for (place, line) in lines.enumerated() {
            do throws(JSONError) {
                values.append(try JSONValue(parsing: Array(line)))
            } catch {
                if place == 0 { throw Refusal(400, "the body is no JSON: \(whole)") }
                throw Refusal(400, "line \(place + 1) is no JSON: \(error)")
            }
        }
        return values
    }
}

/// The ids of a record that brings none.
package struct PostIdentity: Sendable {
    package var id: String
    package var traceID: String
    package var spanID: String

    package init(id: String, traceID: String, spanID: String) {
        self.id = id
        self.traceID = traceID
        self.spanID = spanID
    }
}
