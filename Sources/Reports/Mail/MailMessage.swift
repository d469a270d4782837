import Records

/// A report as a mail: RFC 5322, with a plain and an HTML part that say the same (RFC 2046 §5.1.4).
package struct MailMessage {
    private let report: Report
    private let sender: String
    private let recipients: [String]

    /// - Parameters:
    ///   - sender: an address; nothing in it can end a line.
    ///   - recipients: addresses likewise, at least one.
    package init(_ report: Report, from sender: String, to recipients: [String]) {
        self.report = report
        self.sender = sender
        self.recipients = recipients
    }

    /// `mcp-meter: $12.34, 2026-11-09 to 2026-11-15`, in ASCII.
    package var subject: String {
        let amount = report.total.cost.map { Figures.dollars($0) } ?? "nothing spent"
        let text = "mcp-meter: \(amount), \(report.periodText)"
        return String(
            decoding: text.utf8.map { (0x20..<0x7f).contains($0) ? $0 : 0x3f }, as: UTF8.self)
    }

    /// The message, lines ending in CRLF.
    ///
    /// - Parameters:
    ///   - now: seconds since 1970.
    ///   - identity: no other message has it: letters, digits and `-`.
    package func bytes(now: Int64, identity: String) -> [UInt8] {
        let boundary = "mcp-meter-\(identity)"
        let domain = sender.split(separator: "@").last ?? "localhost"
        var lines = [
            "Date: \(Self.date(now))", "From: mcp-meter <\(sender)>",
            "To: " + recipients.joined(separator: ",\r\n "), "Subject: \(subject)",
            "Message-ID: <\(identity)@\(domain)>", "MIME-Version: 1.0",
            // RFC 3834: nobody is to answer it by machine.
            "Auto-Submitted: auto-generated",
            "Content-Type: multipart/alternative;\r\n boundary=\"\(boundary)\"", "",
        ]
        let text = TextReport(report, Style(hasColour: false, width: 78)).text
        // The last part is the one a reader is to prefer.
        for (type, content) in [("plain", text), ("html", HTMLReport(report).text)] {
            lines += [
                "--\(boundary)", "Content-Type: text/\(type); charset=utf-8",
                "Content-Transfer-Encoding: base64", "",
            ]
            lines += Self.base64(Array(content.utf8))
        }
        lines += ["--\(boundary)--", ""]
        return Array(lines.joined(separator: "\r\n").utf8)
    }

    /// RFC 5322 §3.3: `Sat, 21 Nov 2026 15:04:05 +0000`.
    static func date(_ moment: Int64) -> String {
        let (day, second) = moment.quotientFloored(by: 86_400)
        let date = CivilDate(daysSince1970: day)
        let names = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
        let months = [
            "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
        ]
        let weekday = names[Int((day + 3).quotientFloored(by: 7).second)]
        return "\(weekday), \(date.day) \(months[Int(date.month) - 1]) \(digits(date.year, 4)) "
            + digits(second / 3_600, 2) + ":" + digits(second / 60 % 60, 2) + ":"
            + digits(second % 60, 2) + " +0000"
    }

    /// Lines of at most 76 characters (RFC 2045 §6.8): of 57 bytes each.
    private static func base64(_ bytes: [UInt8]) -> [String] {
        stride(from: 0, to: bytes.count, by: 57).map {
            Base64.encoded(bytes[$0..<min($0 + 57, bytes.count)])
        }
    }
}
