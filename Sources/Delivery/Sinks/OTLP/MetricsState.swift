import Records

/// A stream's state in bytes: a message of our own in Protocol Buffers' encoding, and a checksum of
/// it. Texts stand in it once; series refer to them.
enum MetricsState {
    /// It changes when a field changes its meaning.
    private static let version: UInt64 = 1

    private static let checksumBytes = 8

    private enum Fields {
        static let version = Field(1, "version")
        /// What totals are for: they are worth nothing to other temporalities and conventions.
        static let temporality = Field(2, "temporality")
        static let conventions = Field(3, "conventions")
        static let instance = Field(4, "instance")
        static let start = Field(5, "start")
        static let time = Field(6, "time")
        static let tools = Field(7, "tools")
        /// The texts that series refer to, counted from 0.
        static let texts = Field(8, "texts")
        static let series = Field(9, "series")
    }

    private enum SeriesFields {
        static let metric = Field(1, "metric")
        /// Pairs of a key and a text.
        static let labels = Field(2, "labels")
        static let sum = Field(3, "sum")
        static let bucketCounts = Field(4, "bucketCounts")
    }

    // MARK: Writing

    static func encode(
        _ stream: MetricsStream, _ temporality: OTLP.Temporality, _ conventions: Conventions
    ) -> [UInt8] {
        var texts: [String: UInt64] = [:]
        var encoder = ProtobufEncoder()
        encoder.varint(Fields.version, version)
        encoder.varint(Fields.temporality, UInt64(temporality.rawValue))
        encoder.varint(Fields.conventions, UInt64(conventions.rawValue))
        encoder.string(Fields.instance, stream.head.instance)
        encoder.sfixed64(Fields.start, stream.head.start.microseconds)
        encoder.sfixed64(Fields.time, stream.head.time.microseconds)
        for tool in stream.head.tools { encoder.string(Fields.tools, tool) }
        for (series, total) in stream.totals {
            var labels: [UInt64] = []
            for label in series.labels {
                if texts[label.value] == nil {
                    texts[label.value] = UInt64(texts.count)
                    encoder.string(Fields.texts, label.value)
                }
                labels.append(UInt64(label.key.rawValue))
                labels.append(texts[label.value] ?? 0)
            }
            encoder.message(Fields.series) {
                $0.varint(SeriesFields.metric, UInt64(series.metric.rawValue))
                $0.varints(SeriesFields.labels, labels)
                $0.varint(SeriesFields.sum, total.sum)
                $0.varints(SeriesFields.bucketCounts, total.bucketCounts)
            }
        }
        var bytes = encoder.finish()
        let checksum = checksum(bytes[...])
        bytes.append(
            contentsOf: (0..<checksumBytes).map { UInt8(truncatingIfNeeded: checksum >> ($0 * 8)) })
        return bytes
    }

    // MARK: Reading

    /// Nil for what is damaged, or of another version.
    static func decode(
        _ bytes: [UInt8], _ temporality: OTLP.Temporality, _ conventions: Conventions
    ) -> MetricsStream? {
        let message = bytes.dropLast(checksumBytes)
        let end = bytes.suffix(checksumBytes).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard bytes.count > checksumBytes, end == checksum(message) else { return nil }

        var stream = MetricsStream()
        var texts: [String] = []
        var ofVersion: UInt64 = 0
        var goesOn = (temporality: false, conventions: false)
        var fields = ProtobufReader(message)
        while let field = fields.next() {
            switch (UInt32(clamping: field.number), field.value) {
            case (Fields.version.number, .varint(let value)): ofVersion = value
            case (Fields.temporality.number, .varint(let value)):
                goesOn.temporality = value == UInt64(temporality.rawValue)
            case (Fields.conventions.number, .varint(let value)):
                goesOn.conventions = value == UInt64(conventions.rawValue)
            case (Fields.instance.number, .bytes(let text)):
                stream.head.instance = String(decoding: text, as: UTF8.self)
            case (Fields.start.number, .fixed64(let value)):
                stream.head.start = Timestamp(microseconds: Int64(bitPattern: value))
            case (Fields.time.number, .fixed64(let value)):
                stream.head.time = Timestamp(microseconds: Int64(bitPattern: value))
            case (Fields.tools.number, .bytes(let text)):
                stream.head.tools.insert(String(decoding: text, as: UTF8.self))
            case (Fields.texts.number, .bytes(let text)):
                texts.append(String(decoding: text, as: UTF8.self))
            case (Fields.series.number, .bytes(let bytes)):
                guard let (series, total) = series(bytes, texts) else { return nil }
                stream.add(total, to: series)
            default: break
            }
        }
        guard !fields.isMalformed, ofVersion == version, !stream.head.instance.isEmpty else {
            return nil
        }
        guard goesOn == (true, true) else {
            // A new stream, whose points still come after those of the old one.
            var next = MetricsStream()
            next.head.time = stream.head.time
            return next
        }
        return stream
    }

    private static func series(
        _ bytes: ArraySlice<UInt8>, _ texts: [String]
    ) -> (Series, Total)? {
        var metric: Metric?
        var labels: [Label] = []
        var sum: UInt64?
        var bucketCounts: [UInt64] = []
        var fields = ProtobufReader(bytes)
        while let field = fields.next() {
            switch (UInt32(clamping: field.number), field.value) {
            case (SeriesFields.metric.number, .varint(let value)):
                metric = Metric(rawValue: UInt8(clamping: value))
            case (SeriesFields.labels.number, .bytes(let packed)):
                var numbers = ProtobufReader(packed)
                while let key = numbers.nextPacked(), let text = numbers.nextPacked() {
                    guard let key = LabelKey(rawValue: UInt8(clamping: key)),
                        texts.indices.contains(Int(clamping: text))
                    else { return nil }
                    labels.append(Label(key: key, value: texts[Int(clamping: text)]))
                }
            case (SeriesFields.sum.number, .varint(let value)): sum = value
            case (SeriesFields.bucketCounts.number, .bytes(let packed)):
                var numbers = ProtobufReader(packed)
                while let count = numbers.nextPacked() { bucketCounts.append(count) }
            default: break
            }
        }
        guard let metric, let sum, metric.bucketCount == bucketCounts.count else { return nil }
        return (
            Series(metric: metric, labels: labels), Total(sum: sum, bucketCounts: bucketCounts)
        )
    }

    /// It finds damage, and nobody is to be kept from writing a state.
    private static func checksum(_ bytes: ArraySlice<UInt8>) -> UInt64 { FNV1a.hash(bytes.span) }
}
