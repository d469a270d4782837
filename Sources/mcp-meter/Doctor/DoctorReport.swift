import Records

/// What one check of `mcp-meter doctor` found.
struct DoctorFinding: Equatable {
    enum State: String {
        case ok
        /// Worth knowing; nothing is lost by leaving it.
        case warn
        /// Somebody has to do something.
        case fail
    }

    var area: String
    var name: String
    var state: State
    /// One line, without secrets.
    var text: String
    /// The command or action that mends it.
    var remedy: String?
}

/// The findings in order, and how they are shown.
struct DoctorReport {
    private(set) var findings: [DoctorFinding] = []

    mutating func ok(_ area: String, _ name: String, _ text: String) {
        findings.append(DoctorFinding(area: area, name: name, state: .ok, text: text))
    }

    mutating func warn(_ area: String, _ name: String, _ text: String, remedy: String) {
        findings.append(
            DoctorFinding(area: area, name: name, state: .warn, text: text, remedy: remedy))
    }

    mutating func fail(_ area: String, _ name: String, _ text: String, remedy: String) {
        findings.append(
            DoctorFinding(area: area, name: name, state: .fail, text: text, remedy: remedy))
    }

    var isHealthy: Bool { !findings.contains { $0.state == .fail } }

    /// A line a check, below a heading for each area; what mends it below those that are not well.
    func text(_ terminal: Terminal) -> String {
        var lines: [String] = []
        var area: String?
        let width = findings.map(\.name.count).max() ?? 0
        for finding in findings {
            if finding.area != area {
                if area != nil { lines.append("") }
                lines.append(terminal.bold(finding.area))
                area = finding.area
            }
            let state =
                switch finding.state {
                case .ok: terminal.green("ok   ")
                case .warn: terminal.yellow("warn ")
                case .fail: terminal.red("FAIL ")
                }
            let padding = String(repeating: " ", count: width - finding.name.count)
            lines.append("  \(state) \(finding.name)\(padding)  \(finding.text)")
            if let remedy = finding.remedy { lines.append("        -> \(remedy)") }
        }
        let failures = findings.count { $0.state == .fail }
        let warnings = findings.count { $0.state == .warn }
        lines += ["", "\(findings.count) checks, \(warnings) to know of, \(failures) to mend"]
        return lines.joined(separator: "\n") + "\n"
    }

    /// One JSON object in one line.
    var json: String {
        var json = JSONWriter()
        json.beginObject()
        json.member("version", Version.text)
        json.member("healthy", isHealthy)
        json.key("checks")
        json.beginArray()
        for finding in findings {
            json.beginObject()
            json.member("area", finding.area)
            json.member("name", finding.name)
            json.member("state", finding.state.rawValue)
            json.member("text", finding.text)
            json.member("remedy", finding.remedy)
            json.endObject()
        }
        json.endArray()
        json.endObject()
        json.newline()
        return String(decoding: json.finish(), as: UTF8.self)
    }

    /// A number of bytes for people: `512 B`, `1.4 GiB`.
    static func bytes(_ count: UInt64) -> String {
        let units = ["KiB", "MiB", "GiB", "TiB"]
        guard count >= 1024 else { return "\(count) B" }
        var value = Double(count) / 1024
        var unit = 0
        while value >= 1024, unit < units.count - 1 {
            value /= 1024
            unit += 1
        }
        return "\((value * 10).rounded() / 10) \(units[unit])"
    }

    /// `1 call`, `3 calls`.
    static func count(_ number: some BinaryInteger, _ what: String) -> String {
        "\(number) \(what)" + (number == 1 ? "" : "s")
    }
}
