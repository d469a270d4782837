import Foundation
import Testing

@testable import Exporter

/// examples/prometheus/METRICS.md says of every metric what it is. To renew it after a change of
/// the families: UPDATE_EXAMPLES=1 swift test --filter MetricsDocument
struct MetricsDocumentTests {
    @Test func `the documentation is what the families say`() throws {
        let file = URL(filePath: #filePath)
            .appending(path: "../../../examples/prometheus/METRICS.md").standardized
        let text = Self.document(Exporter.families)
        if ProcessInfo.processInfo.environment["UPDATE_EXAMPLES"] != nil {
            try Data(text.utf8).write(to: file)
        }
        #expect(try String(contentsOf: file, encoding: .utf8) == text)
    }

    @Test func `every family is named and described as Prometheus has it`() {
        #expect(Set(Exporter.families.map(\.name)).count == Exporter.families.count)
        for family in Exporter.families {
            let isCounter = family.kind == .counter
            #expect(family.name.hasSuffix("_total") == isCounter, "\(family.name)")
            #expect(family.name.hasPrefix("mcp_ai_") || family.name.hasPrefix("mcp_meter_"))
            #expect(family.help.hasSuffix("."), "\(family.name)")
            #expect(family.example.contains(family.name), "\(family.name)")
            #expect(family.seriesMax <= 8_000, "\(family.name)")
            #expect(Set(family.labels).count == family.labels.count, "\(family.name)")
        }
    }

    private static func document(_ families: [Family]) -> String {
        var text = """
            # Metrics of `mcp-meter serve`

            What `/metrics` on 127.0.0.1:9091 shows. Written from the program's own table, and held
            to it by a test: edit `Sources/Exporter/Metrics/Families.swift`, not this page.

            - Every series is counted from the ledger, each record once, so that a restart neither
              loses nor repeats anything. A counter goes back to 0 only with a new ledger, or when
              what it was counted from is beyond the retention and the checkpoint is lost.
            - Values are exact: money is whole nano-dollars inside, time whole microseconds.
            - A family has at most the series written below. What is beyond is counted under
              `other` in all labels: sums stay right.
            - The metrics that begin with `mcp_ai_` have the names and first labels of an older
              exporter, whose dashboards go on working.


            """
        for family in families {
            text += "## \(family.name)\n\n\(family.help)\n\n"
            text += "| | |\n| --- | --- |\n"
            text += "| type | \(type(family.kind)) |\n"
            let labels = family.labels.map { "`\($0)`" }.joined(separator: ", ")
            text += "| labels | \(labels.isEmpty ? "none" : labels) |\n"
            text += "| series | \(family.cardinality) |\n\n"
            text += "```promql\n\(family.example)\n```\n\n"
        }
        return String(text.dropLast())
    }

    private static func type(_ kind: Family.Kind) -> String {
        switch kind {
        case .counter: "counter"
        case .gauge: "gauge"
        case .histogram(let bounds):
            "histogram, up to "
                + bounds.map { bound in
                    bound == bound.rounded() ? String(Int(bound)) : String(bound)
                }.joined(separator: ", ")
        }
    }
}
