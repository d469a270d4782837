/// The two text formats that Prometheus reads.
package enum ExpositionFormat: Sendable, Equatable {
    /// Prometheus text format 0.0.4.
    case text
    /// OpenMetrics 1.0.0.
    case openMetrics

    package var contentType: String {
        switch self {
        case .text: "text/plain; version=0.0.4; charset=utf-8"
        case .openMetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8"
        }
    }

    /// What an `Accept` header asks for: OpenMetrics where it weighs no less than plain text.
    package init(accept: String?) {
        var best = (open: 0.0, text: 0.0)
        for range in (accept ?? "").split(separator: ",") {
            let parts = range.split(separator: ";").map { trimmed($0).lowercased() }
            guard let type = parts.first else { continue }
            let weight =
                parts.dropFirst().first { $0.hasPrefix("q=") }
                .flatMap { Double($0.dropFirst(2)) } ?? 1
            switch type {
            case "application/openmetrics-text":
                // A version we do not write is not ours to answer with.
                let version = parts.dropFirst().first { $0.hasPrefix("version=") }
                if version == nil || version == "version=1.0.0" || version == "version=0.0.1" {
                    best.open = max(best.open, weight)
                }
            case "text/plain", "text/*", "*/*": best.text = max(best.text, weight)
            default: continue
            }
        }
        self = best.open > 0 && best.open >= best.text ? .openMetrics : .text
    }
}

/// Writes series as text.
struct Exposition {
    let format: ExpositionFormat
    private(set) var bytes: [UInt8] = []

    init(_ format: ExpositionFormat) {
        self.format = format
        bytes.reserveCapacity(64 << 10)
    }

    /// Appends one family. Without series only what it is, so that a reader learns its name.
    mutating func write(_ table: SeriesTable) {
        let family = table.family
        // OpenMetrics names a counter's family without the suffix of its samples.
        let isCounter = family.kind == .counter
        let base =
            format == .openMetrics && isCounter && family.name.hasSuffix("_total")
            ? String(family.name.dropLast(6)) : family.name
        append("# HELP \(base) \(helpText(family.help))\n# TYPE \(base) \(typeName(family.kind))\n")
        for series in table.keys.indices {
            let labels = labelText(family.labels, table.keys[series])
            let values = table.values(of: series)
            guard case .histogram(let bounds) = family.kind else {
                sample(family.name, labels, decimal(values.first ?? 0, family.decimals))
                continue
            }
            histogram(family, bounds, labels, Array(values))
        }
    }

    mutating func finish() -> [UInt8] {
        if format == .openMetrics { append("# EOF\n") }
        return bytes
    }

    private mutating func histogram(
        _ family: Family, _ bounds: [Double], _ labels: String, _ values: [Int64]
    ) {
        var count: Int64 = 0
        for (place, bound) in bounds.enumerated() {
            count &+= values[place]
            let limit = joined(labels, "le=\"\(boundText(bound))\"")
            sample(family.name + "_bucket", limit, String(count))
        }
        count &+= values[bounds.count]
        sample(family.name + "_bucket", joined(labels, "le=\"+Inf\""), String(count))
        sample(family.name + "_sum", labels, decimal(values[bounds.count + 1], family.decimals))
        sample(family.name + "_count", labels, String(count))
    }

    /// 1 is `1` in the older format by custom, and `1.0` in OpenMetrics by its rules.
    private func boundText(_ bound: Double) -> String {
        let text = "\(bound)"
        return format == .text && text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    }

    private mutating func sample(_ name: String, _ labels: String, _ value: String) {
        append(name)
        if !labels.isEmpty {
            append("{")
            append(labels)
            append("}")
        }
        append(" ")
        append(value)
        append("\n")
    }

    private mutating func append(_ text: String) { bytes.append(contentsOf: text.utf8) }

    private func joined(_ labels: String, _ last: String) -> String {
        labels.isEmpty ? last : labels + "," + last
    }

    private func labelText(_ names: [String], _ values: [String]) -> String {
        var text = ""
        for (name, value) in zip(names, values) {
            if !text.isEmpty { text += "," }
            text += name + "=\"" + escaped(value, quotes: true) + "\""
        }
        return text
    }

    private func helpText(_ text: String) -> String {
        escaped(text, quotes: format == .openMetrics)
    }

    private func escaped(_ text: String, quotes: Bool) -> String {
        guard text.utf8.contains(where: { $0 == 92 || $0 == 10 || $0 == 34 }) else { return text }
        var result = ""
        for character in text.unicodeScalars {
            switch character {
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\"" where quotes: result += "\\\""
            default: result.unicodeScalars.append(character)
            }
        }
        return result
    }

    private func typeName(_ kind: Family.Kind) -> String {
        switch kind {
        case .counter: "counter"
        case .gauge: "gauge"
        case .histogram: "histogram"
        }
    }
}

/// A whole number with its decimal point put back, exactly: 10012500 with 9 places is 0.0100125.
func decimal(_ value: Int64, _ places: Int) -> String {
    guard places > 0 else { return String(value) }
    let scale = UInt64(powerOfTen(places))
    let (whole, part) = value.magnitude.quotientAndRemainder(dividingBy: scale)
    var digits = String(part)
    digits = String(repeating: "0", count: places - digits.utf8.count) + digits
    while digits.utf8.last == UInt8(ascii: "0") { digits.removeLast() }
    return (value < 0 ? "-" : "") + String(whole) + (digits.isEmpty ? "" : "." + digits)
}
