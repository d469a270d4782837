import Records

extension Verdict {
    /// What an answer means by the OpenTelemetry Protocol ("OTLP/HTTP Response"): of a success,
    /// whether it was a partial one; of a failure, that nothing but 429, 502, 503 and 504 may be
    /// sent again.
    init(otlp answer: HTTPResponse) {
        switch answer.status {
        case 200..<300: self = Self.success(answer)
        case 429, 502, 503, 504:
            self = .retry(after: answer.retryAfterMilliseconds, reason: answer.summary)
        case 408, 500...: self = .refused(reason: answer.summary)
        default: self.init(status: answer)
        }
    }

    private static func success(_ answer: HTTPResponse) -> Verdict {
        guard !answer.body.isEmpty else { return .delivered(remark: nil) }
        let partial: PartialSuccess? =
            switch answer.contentType {
            case "application/json": PartialSuccess(json: answer.body)
            case "application/x-protobuf", "application/protobuf":
                PartialSuccess(protobuf: answer.body)
            default: nil
            }
        guard let partial else {
            return .delivered(remark: "the answer is not one of OTLP's: \(answer.summary)")
        }
        guard partial.rejected > 0 else {
            return .delivered(remark: partial.message.isEmpty ? nil : partial.message)
        }
        return .partlyRefused(
            count: partial.rejected,
            reason: partial.message.isEmpty ? "the receiver does not say why" : partial.message)
    }
}

/// `ExportTracePartialSuccess` and `ExportMetricsPartialSuccess`, which have the same fields.
struct PartialSuccess: Equatable {
    /// Spans or data points.
    var rejected: UInt64 = 0
    /// In one line; empty without one.
    var message = ""

    /// Of an `Export…ServiceResponse`; nil when it is none. Fields that are not known are passed
    /// over.
    init?(protobuf body: [UInt8]) {
        var response = ProtobufReader(body[...])
        while let field = response.next() {
            guard field.number == 1, case .bytes(let bytes) = field.value else { continue }
            var partial = ProtobufReader(bytes)
            while let field = partial.next() {
                switch (field.number, field.value) {
                case (1, .varint(let value)): reject(Int64(bitPattern: value))
                case (2, .bytes(let text)): say(String(decoding: text, as: UTF8.self))
                default: break
                }
            }
            if partial.isMalformed { return nil }
        }
        if response.isMalformed { return nil }
    }

    init?(json body: [UInt8]) {
        guard let response = try? JSONValue(parsing: body.span), case .object = response else {
            return nil
        }
        guard let partial = response["partialSuccess"] else { return }
        // 64-bit integers may be strings or numbers.
        for key in ["rejectedSpans", "rejectedDataPoints"] {
            guard let count = partial[key] else { continue }
            reject(count.int64 ?? count.string.flatMap { Int64($0) } ?? 0)
        }
        if let message = partial["errorMessage"]?.string { say(message) }
    }

    private mutating func reject(_ count: Int64) { rejected = UInt64(max(0, count)) }

    private mutating func say(_ text: String) {
        message = text.clipped(to: 300).unicodeScalars
            .map { $0.value < 0x20 ? " " : String($0) }.joined()
    }
}
