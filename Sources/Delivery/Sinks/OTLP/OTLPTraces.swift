package import Records

/// Sends the spans of escalations and of every other request (OpenTelemetry Protocol, traces).
package struct OTLPTraces: Sink {
    /// What a request may grow to before the next one is begun. Collectors take 4 MiB and more, and
    /// the last record is not known to fit before it is written.
    static let requestBytesMax = 3 << 20

    package let batch: BatchLimits
    private let connection: OTLPConnection
    private let resource: [Attribute]
    private let conventions: Conventions

    init(
        connection: OTLPConnection, resource: [Attribute], conventions: Conventions,
        batch: BatchLimits
    ) {
        self.connection = connection
        self.resource = resource
        self.conventions = conventions
        self.batch = batch
    }

    package var destination: Destination { connection.destination }

    /// Those that stand for spans (`Span.spans`) which a receiver can take: one id that is none would
    /// spoil the whole request.
    package func wants(_ record: Record) -> Bool {
        switch record {
        case .call(let call), .usage(let call): Self.areIdentifiers(call.traceID, call.spanID)
        case .trace(let trace):
            trace.conversation != nil && Self.areIdentifiers(trace.traceID, trace.spanID)
        case .session, .begin, .mark: false
        }
    }

    package func messages(for records: [Record]) -> [Message] {
        var messages: [Message] = []
        var rest = records.indices
        while true {
            let (body, carried) =
                switch connection.encoding {
                case .protobuf: encode(ProtobufEncoder(), records, &rest)
                case .json: encode(OTLPJSONEncoder(), records, &rest)
                }
            guard !carried.isEmpty else { return messages }
            messages.append(Message(connection.request(body), records: carried))
        }
    }

    package func judge(_ answer: HTTPResponse, to message: Message) -> Verdict {
        Verdict(otlp: answer)
    }

    private static func areIdentifiers(_ traceID: String, _ spanID: String) -> Bool {
        traceID.isIdentifier(ofDigits: 32) && spanID.isIdentifier(ofDigits: 16)
    }

    /// An `ExportTraceServiceRequest` of as many records as fit, and which they are.
    ///
    /// - Parameter rest: the records that are left; those that were written are taken from it.
    private func encode<Encoder: MessageEncoder & ~Copyable>(
        _ encoder: consuming Encoder, _ records: [Record], _ rest: inout Range<Int>
    ) -> (body: [UInt8], records: [Int]) {
        var carried: [Int] = []
        encoder.export(
            OTLPFields.resourceSpans, OTLPFields.Resource.scopeSpans, resource: resource,
            schemaURL: conventions.schemaURL
        ) { encoder in
            encoder.repeated(OTLPFields.Scope.spans) { encoder in
                while let index = rest.first, encoder.byteCount < Self.requestBytesMax {
                    rest = rest.dropFirst()
                    guard wants(records[index]) else { continue }
                    carried.append(index)
                    for span in Span.spans(of: records[index]) {
                        encoder.element(OTLPFields.Scope.spans) { $0.span(span, conventions) }
                    }
                }
            }
        }
        return (encoder.finish(), carried)
    }
}

extension MessageEncoder where Self: ~Copyable {
    fileprivate mutating func span(_ span: Span, _ conventions: Conventions) {
        typealias Fields = OTLPFields.Span
        identifier(Fields.traceID, span.traceID)
        identifier(Fields.spanID, span.spanID)
        if let parent = span.parentSpanID, parent.isIdentifier(ofDigits: 16) {
            identifier(Fields.parentSpanID, parent)
        }
        let description = SpanDescription(span, conventions)
        string(Fields.name, description.name.clipped(to: SpanDescription.nameBytesMax))
        enumeration(Fields.kind, description.kind.rawValue)
        fixed64(Fields.start, span.start.unixNanoseconds)
        fixed64(Fields.end, max(span.start, span.end).unixNanoseconds)
        attributes(Fields.attributes, description.attributes)
        if description.hasFailed {
            message(Fields.status) {
                $0.enumeration(Fields.statusCode, SpanDescription.statusError)
            }
        }
    }
}

extension String {
    /// Whether it is a trace or span id: so many hexadecimal digits, not all of them 0 (W3C Trace
    /// Context §3.2.2).
    fileprivate func isIdentifier(ofDigits count: Int) -> Bool {
        guard utf8.count == count else { return false }
        var isZero = true
        for byte in utf8 {
            switch byte {
            case UInt8(ascii: "0"): break
            case UInt8(ascii: "1")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
                UInt8(ascii: "A")...UInt8(ascii: "F"):
                isZero = false
            default: return false
            }
        }
        return !isZero
    }
}
