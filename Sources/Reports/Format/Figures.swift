import Records

/// Numbers as people read them.
package enum Figures {
    /// `1,234,567`.
    static func count(_ value: some BinaryInteger) -> String {
        let digits = Array(String(value.magnitude).utf8)
        var text: [UInt8] = value < 0 ? [UInt8(ascii: "-")] : []
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0 { text.append(UInt8(ascii: ",")) }
            text.append(digit)
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// `950`, `1.2k`, `34k`, `5.6M`: at most five characters, rounded to the nearest.
    static func short(_ value: UInt64) -> String {
        if value < 1_000 { return String(value) }
        var (scaled, unit) = (Double(value), 0)
        while scaled >= 999.5, unit < 5 {
            scaled /= 1_000
            unit += 1
        }
        let units = ["", "k", "M", "G", "T", "P"]
        return (scaled < 9.95 ? fixed(scaled, 1) : fixed(scaled, 0)) + units[unit]
    }

    /// `$1,234.57`, `$0.0123`, `$0.00000042`: cents, or as many digits as show three that count.
    package static func dollars(_ nanodollars: Int64) -> String {
        let sign = nanodollars < 0 ? "-$" : "$"
        let amount = nanodollars.magnitude
        if amount == 0 { return "$0.00" }
        var places = 2
        if amount < 1_000_000_000 {
            // Enough for two digits after the zeros.
            var limit: UInt64 = 100_000_000
            while amount < limit, places < 9 {
                limit /= 10
                places += 1
            }
            places = min(9, max(places + 1, 2))
        }
        var unit: UInt64 = 1
        for _ in places..<9 { unit *= 10 }
        let rounded = (amount + unit / 2) / unit
        var scale: UInt64 = 1
        for _ in 0..<places { scale *= 10 }
        return sign + count(rounded / scale) + "."
            + digits(Int64(truncatingIfNeeded: rounded % scale), places)
    }

    /// As `dollars`, of a number of dollars.
    static func dollars(_ value: Double) -> String {
        let scaled = (value * 1e9).rounded()
        return dollars(Int64(exactly: scaled) ?? (scaled < 0 ? .min : .max))
    }

    /// Every digit: `0.0100125`.
    package static func exactDollars(_ nanodollars: Int64) -> String {
        let amount = nanodollars.magnitude
        var text = digits(Int64(truncatingIfNeeded: amount % 1_000_000_000), 9)
        while text.utf8.count > 2, text.utf8.last == UInt8(ascii: "0") { text.removeLast() }
        return (nanodollars < 0 ? "-" : "") + "\(amount / 1_000_000_000).\(text)"
    }

    /// `41ms`, `1.8s`, `18s`, `5.2m`, `3.1h`: at most five characters.
    static func duration(_ microseconds: UInt64) -> String {
        let milliseconds = Double(microseconds) / 1_000
        if milliseconds < 9.95 { return fixed(milliseconds, 1) + "ms" }
        if milliseconds < 999.5 { return fixed(milliseconds, 0) + "ms" }
        let seconds = milliseconds / 1_000
        if seconds < 99.5 { return fixed(seconds, seconds < 9.95 ? 1 : 0) + "s" }
        if seconds < 5_970 { return fixed(seconds / 60, seconds < 597 ? 1 : 0) + "m" }
        return fixed(seconds / 3_600, seconds < 35_820 ? 1 : 0) + "h"
    }

    /// `41 %`, `0.3 %`: of a share of 1.
    static func percent(_ share: Double) -> String {
        let value = share * 100
        if value == 0 { return "0 %" }
        if abs(value) < 0.05 { return "<0.1 %" }
        return fixed(value, abs(value) < 9.95 && value != value.rounded() ? 1 : 0) + " %"
    }

    /// `+12 %`, `-3 %`; nil when there is nothing to compare with.
    static func change(_ now: Int64, _ before: Int64) -> String? {
        guard before > 0 else { return nil }
        let share = Double(now) / Double(before) - 1
        if share >= 9.995 { return fixed(share + 1, 0) + " times" }
        let text = fixed(abs(share) * 100, 0)
        return text == "0" ? "±0 %" : (share < 0 ? "-" : "+") + text + " %"
    }

    /// Rounded to so many digits after the point.
    static func fixed(_ value: Double, _ places: Int) -> String {
        var scale = 1.0
        for _ in 0..<places { scale *= 10 }
        guard let scaled = Int64(exactly: (value * scale).rounded()) else { return "\(value)" }
        let whole = scaled.magnitude / UInt64(scale)
        let sign = scaled < 0 ? "-" : ""
        guard places > 0 else { return sign + count(whole) }
        let rest = Int64(truncatingIfNeeded: scaled.magnitude % UInt64(scale))
        return sign + count(whole) + "." + digits(rest, places)
    }
}

/// Text from the ledger, which servers and clients chose.
enum Plain {
    /// Without anything a terminal would obey or a reader be misled by: control characters, and
    /// those that turn the direction of writing.
    static func text(_ text: String) -> String {
        var clean = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar.value {
            case 0..<0x20, 0x7f..<0xa0, 0x200b...0x200f, 0x2028...0x202e, 0x2066...0x2069, 0xfeff:
                clean.append("\u{fffd}")
            default: clean.append(scalar)
            }
        }
        return String(clean)
    }

    /// At most so many characters; what was cut off is an ellipsis in the middle, since names
    /// differ at their ends.
    static func text(_ text: String, width: Int) -> String {
        let clean = self.text(text)
        guard clean.count > width, width > 2 else { return clean }
        let head = (width - 1) / 2
        return clean.prefix(head) + "…" + clean.suffix(width - 1 - head)
    }
}

extension Report {
    /// The keys of a group as one text.
    func title(_ group: Group) -> [String] {
        zip(query.dimensions, group.keys).map { dimension, key in
            key.map { Plain.text($0) } ?? "(no \(dimension.rawValue))"
        }
    }

    /// `2026-11-14 15:10 to 2026-11-21 15:10`; whole days without their times.
    var periodText: String {
        let calendar = query.calendar
        let (start, end) = (query.period.range.lowerBound, query.period.range.upperBound)
        func isMidnight(_ moment: Int64) -> Bool {
            calendar.start(of: .day, moment) == moment
        }
        let zone = calendar.zone.name == "local" ? "" : " (\(calendar.zone.name))"
        guard isMidnight(start), isMidnight(end) else {
            return "\(calendar.minuteText(start)) to \(calendar.minuteText(end))\(zone)"
        }
        let first = calendar.name(of: .day, start)
        let last = calendar.name(of: .day, end - 1)
        return (first == last ? first : "\(first) to \(last)") + zone
    }

    /// What a reader must know to take the figures for what they are, a sentence each.
    var remarks: [String] {
        var remarks: [String] = []
        if total.unpriced > 0 {
            let names = unpriced.prefix(5).map { "\(Plain.text($0.model)) (\($0.records))" }
            let more = unpriced.count > 5 ? " and \(unpriced.count - 5) more" : ""
            remarks.append(
                "\(Figures.count(total.unpriced)) model "
                    + (total.unpriced == 1 ? "call has" : "calls have")
                    + " no price and no cost here: " + names.joined(separator: ", ") + more
                    + ". MCP_METER_PRICES can name prices.")
        }
        if let share = total.estimatedCostShare, share > 0 {
            remarks.append("\(Figures.percent(share)) of the cost rests on estimated tokens (~).")
        } else if let share = total.estimatedTokenShare, share > 0 {
            remarks.append("\(Figures.percent(share)) of the tokens are estimates (~).")
        }
        if total.lost > 0 {
            remarks.append(
                "\(Figures.count(total.lost)) "
                    + (total.lost == 1 ? "request was" : "requests were")
                    + " never answered and may be billed all the same.")
        }
        return remarks + ledgerRemarks
    }

    private var ledgerRemarks: [String] {
        var remarks: [String] = []
        if ledger.skipped > 0 {
            remarks.append("\(Figures.count(ledger.skipped)) lines of the ledger are no records.")
        }
        if ledger.unknown > 0 {
            remarks.append(
                "\(Figures.count(ledger.unknown)) lines are of a later version and left out.")
        }
        if ledger.future > 0 {
            remarks.append(
                "\(Figures.count(ledger.future)) records are dated later than now: "
                    + "a clock was wrong.")
        }
        if ledger.torn > 0 {
            remarks.append("\(Figures.count(ledger.torn)) ledger files end in a torn line.")
        }
        if ledger.unreadable > 0 {
            remarks.append(
                "\(Figures.count(ledger.unreadable)) ledger files could not be read: "
                    + "\(ledger.firstError ?? "unknown").")
        }
        return remarks
    }
}
