/// What a metric is: its name, what it counts, and what tells its series apart. The one description
/// that `/metrics` and the documentation are made from.
package struct Family: Sendable {
    package enum Kind: Sendable, Equatable {
        case counter
        case gauge
        /// Upper bounds of its buckets, ascending, in the metric's unit.
        case histogram([Double])
    }

    /// As Prometheus has it: base units, `_total` for counters.
    package let name: String
    package let kind: Kind
    package let help: String
    package let labels: [String]
    /// Decimal places of its values, which are whole numbers inside: nothing is ever rounded.
    package let decimals: Int
    /// Series it has at most, and what decides how many.
    package let seriesMax: Int
    package let cardinality: String
    /// A query that shows what it is for.
    package let example: String

    package init(
        _ name: String, _ kind: Kind, labels: [String], decimals: Int = 0, seriesMax: Int = 2_000,
        help: String, cardinality: String, example: String
    ) {
        self.name = name
        self.kind = kind
        self.help = help
        self.labels = labels
        self.decimals = decimals
        self.seriesMax = seriesMax
        self.cardinality = cardinality
        self.example = example
    }

    /// Whole numbers a series has: one, or a count for each bucket, one for those above, the sum.
    var width: Int {
        if case .histogram(let bounds) = kind { bounds.count + 2 } else { 1 }
    }
}

/// The value that stands for all labels beyond a family's limit.
let otherLabel = "other"

/// The series of one family.
struct SeriesTable: Sendable {
    let family: Family
    /// Bounds of the buckets in the table's own whole numbers.
    private let bounds: [Int64]
    private(set) var keys: [[String]] = []
    private(set) var values: [Int64] = []
    private var index: [[String]: Int] = [:]

    init(_ family: Family) {
        self.family = family
        if case .histogram(let bounds) = family.kind {
            let scale = powerOfTen(family.decimals)
            self.bounds = bounds.map { Int64(($0 * Double(scale)).rounded()) }
        } else {
            bounds = []
        }
    }

    /// The series with these label values, which from here on is there, with 0.
    mutating func series(_ labels: [String]) -> Int {
        if let found = index[labels] { return found }
        var key = labels
        if keys.count >= family.seriesMax {
            // What is beyond the limit is counted together: the sum stays right.
            key = labels.map { _ in otherLabel }
            if let found = index[key] {
                return found
            }
        }
        let number = keys.count
        keys.append(key)
        index[key] = number
        values.append(contentsOf: repeatElement(0, count: family.width))
        return number
    }

    mutating func add(_ amount: Int64, to series: Int) {
        let (sum, overflow) = values[series].addingReportingOverflow(amount)
        values[series] = overflow ? .max : sum
    }

    mutating func set(_ value: Int64, of series: Int) { values[series] = value }

    /// Counts a value in a histogram.
    mutating func observe(_ value: Int64, in series: Int) {
        let base = series * family.width
        var low = 0
        var high = bounds.count
        while low < high {
            let middle = (low + high) / 2
            if value <= bounds[middle] { high = middle } else { low = middle + 1 }
        }
        values[base + low] &+= 1
        let sum = base + bounds.count + 1
        let (total, overflow) = values[sum].addingReportingOverflow(value)
        values[sum] = overflow ? .max : total
    }

    /// Puts back what was saved; false when it does not fit this version's family.
    mutating func restore(_ labels: [String], _ saved: [Int64]) -> Bool {
        guard labels.count == family.labels.count, saved.count == family.width else {
            return false
        }
        let base = series(labels) * family.width
        for (offset, value) in saved.enumerated() { values[base + offset] = value }
        return true
    }

    func values(of series: Int) -> ArraySlice<Int64> {
        values[(series * family.width)..<((series + 1) * family.width)]
    }

    /// Forgets every series: for gauges that are told anew each time.
    mutating func removeAll() {
        keys.removeAll(keepingCapacity: true)
        values.removeAll(keepingCapacity: true)
        index.removeAll(keepingCapacity: true)
    }
}

func powerOfTen(_ exponent: Int) -> Int64 {
    var value: Int64 = 1
    for _ in 0..<max(0, min(exponent, 18)) { value *= 10 }
    return value
}
