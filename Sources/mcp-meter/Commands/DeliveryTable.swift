import Delivery
import Records

/// What `deliver --status` shows.
enum DeliveryTable {
    static func text(_ reports: [DestinationReport], _ now: Timestamp) -> String {
        reports.map { paragraph($0, now) }.joined(separator: "\n")
    }

    static func json(_ reports: [DestinationReport], _ now: Timestamp) -> String {
        var json = JSONWriter()
        json.beginArray()
        for report in reports { report.encode(into: &json, now: now) }
        json.endArray()
        json.newline()
        return String(decoding: json.finish(), as: UTF8.self)
    }

    private static func paragraph(_ report: DestinationReport, _ now: Timestamp) -> String {
        var rows: [(String, String)] = [("state", state(report))]
        let backlog = report.backlog
        if backlog.records == 0 {
            rows.append(("backlog", "none"))
        } else {
            let age = report.oldestSeconds(now).map { ", the oldest \(duration($0)) old" } ?? ""
            rows.append(
                ("backlog", "\(backlog.records) records, \(size(backlog.bytes))\(age)"))
        }
        rows.append(("delivered", "\(report.status?.delivered ?? 0) records"))
        if report.deadLetters > 0 {
            rows.append(
                ("dead letters", "\(report.deadLetters) (`deliver --retry-dead` tries again)"))
        }
        if let success = report.status?.lastSuccess {
            rows.append(("last success", ago(success, now)))
        }
        if let error = report.status?.lastError {
            let when = report.status?.lastErrorAt.map { ago($0, now) + ": " } ?? ""
            rows.append(("last error", when + error))
        }
        if let trouble = report.trouble { rows.append(("trouble", trouble)) }
        let lines = rows.map { name, value in
            "  " + name + String(repeating: " ", count: max(1, 14 - name.count)) + value + "\n"
        }
        return "\(report.destination.sink)  \(report.destination.address)\n" + lines.joined()
    }

    private static func state(_ report: DestinationReport) -> String {
        var text = report.state.rawValue
        if case .process(let pid) = report.holder {
            text += pid.map { " (process \($0))" } ?? " (another process)"
        }
        if let next = report.status?.nextTry { text += ", next try \(next.rfc3339)" }
        return text
    }

    private static func ago(_ time: Timestamp, _ now: Timestamp) -> String {
        let (age, overflow) = now.microseconds.subtractingReportingOverflow(time.microseconds)
        return overflow || age < 0
            ? time.rfc3339 : "\(time.rfc3339), \(duration(age / 1_000_000)) ago"
    }

    private static func duration(_ seconds: Int64) -> String {
        switch seconds {
        case ..<120: "\(seconds) s"
        case ..<7_200: "\(seconds / 60) min"
        case ..<172_800: "\(seconds / 3_600) h"
        default: "\(seconds / 86_400) d"
        }
    }

    private static func size(_ bytes: UInt64) -> String {
        switch bytes {
        case ..<10_240: "\(bytes) bytes"
        case ..<10_485_760: "\(bytes / 1_024) KiB"
        default: "\(bytes / 1_048_576) MiB"
        }
    }
}
