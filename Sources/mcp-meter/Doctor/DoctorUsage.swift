import Ledger
import Metering
import Posix
import Records
import Reports

/// Checks of what was metered lately: models nobody knows the price of, servers nobody describes.
extension DoctorReport {
    private static let days: Int64 = 30
    /// More names than this are counted.
    private static let namesMax = 5

    mutating func checkUsage(
        _ directory: LedgerDirectory, _ configuration: Configuration, now: Timestamp
    ) {
        let area = "last \(Self.days) days"
        // Up to the end of this second: what was just metered counts.
        let seconds = now.microseconds / 1_000_000 &+ 1
        guard let zone = Zone("UTC", span: 0...max(0, seconds)) else { return }
        let calendar = Calendar(zone)
        guard
            let period = try? Period(
                since: "\(Self.days)d", until: nil, now: seconds, calendar)
        else { return }
        var query = Query(period: period, calendar: calendar, now: seconds)
        query.dimensions = [.server]
        query.top = 0
        let scan = LedgerScan(directory, window: query.window, now: now.microseconds)
        // What cannot be read is said where the ledger is looked at.
        guard (try? scan.refresh()) != nil else { return }
        let report = Report(query, scan)
        guard report.total.requests + report.total.clientTurns > 0 else { return }
        checkPrices(area, report)
        checkServers(area, report, Self.profiles(configuration))
    }

    private mutating func checkPrices(_ area: String, _ report: Report) {
        guard !report.unpriced.isEmpty else {
            ok(area, "models", "every one has a price")
            return
        }
        let names = report.unpriced.map { "\($0.model) (\(Self.count($0.records, "call")))" }
        warn(
            area, "models",
            "no price for \(Self.list(names)): their cost is in no sum",
            remedy: "mcp-meter prices --check FILE, then export MCP_METER_PRICES=FILE with the "
                + "prices of \(report.unpriced.first?.model ?? "it")")
    }

    /// Servers that no profile describes, and what therefore is not known of them.
    private mutating func checkServers(_ area: String, _ report: Report, _ own: [Profile]) {
        var estimated: [String] = []
        var silent: [String] = []
        for group in report.groups {
            guard let server = group.keys.first ?? nil, group.sum.requests > 0,
                !Profiles.know(server, own: own)
            else { continue }
            if group.sum.modelRequests == 0 {
                silent.append(server)
            } else if group.sum.estimatedTokens == group.sum.tokens {
                estimated.append(server)
            }
        }
        if estimated.isEmpty, silent.isEmpty {
            ok(area, "servers", "every one reports what it uses, or has a profile")
        }
        let describe = "describe its tools in the file that MCP_METER_PROFILES names"
        if !estimated.isEmpty {
            warn(
                area, "servers",
                "tokens are estimates alone of \(Self.list(estimated)), which no profile describes",
                remedy: "mcp-meter inspect < captured.jsonl shows what it reports; \(describe)")
        }
        if !silent.isEmpty {
            warn(
                area, "servers",
                "no model was seen at \(Self.list(silent)), which no profile describes",
                remedy: "nothing, if it calls none; else \(describe)")
        }
    }

    private static func list(_ names: [String]) -> String {
        let shown = names.prefix(namesMax).joined(separator: ", ")
        let more = names.count - namesMax
        return more > 0 ? "\(shown) and \(more) more" : shown
    }

    private static func profiles(_ configuration: Configuration) -> [Profile] {
        guard let path = configuration.profilesPath,
            let bytes = try? readWholeFile(path, atMost: ConfigurationFiles.bytesMax)
        else { return [] }
        return (try? ProfileFile.read(bytes)) ?? []
    }
}
