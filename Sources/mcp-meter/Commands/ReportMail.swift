import Delivery
import Ledger
import Posix
import Records
import Reports

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// `mcp-meter report --mail`: the report to whoever it concerns; of a whole week or month, once.
enum ReportMail {
    static func send(_ report: Report, _ request: ReportRequest) -> Never {
        let options = request.options
        let server = options.usesSendmail ? nil : server(request.environment)
        let sender = sender(options, request.environment)
        Signals.prepare()
        let stamp = SentStamp(report, request)
        if let stamp, !stamp.isDue() {
            Console.complain("the report of \(stamp.stretch) was mailed before.")
            exit(0)
        }
        let message = MailMessage(report, from: sender, to: options.recipients)
        let bytes = message.bytes(
            now: WallClock.now() / 1_000_000,
            identity: UUIDv7().description)
        if let server {
            let transport = SMTPTransport(server, environment: request.environment)
            switch transport.send(bytes, from: sender, to: options.recipients) {
            case .success: break
            case .failure(.noLibrary(let what)): Console.fail("\(what).", ExitCode.unavailable)
            case .failure(let error):
                Console.fail("the report was not mailed: \(error).", ExitCode.temporaryFailure)
            }
        } else {
            sendmail(
                bytes, from: options.sender, to: options.recipients, request.environment)
        }
        stamp?.write()
        Console.print("mailed to \(options.recipients.joined(separator: ", "))\n")
        exit(0)
    }

    private static func server(_ environment: [String: String]) -> SMTPServer {
        guard let url = environment["MCP_METER_SMTP_URL"] else {
            Console.fail(
                "`--mail` needs MCP_METER_SMTP_URL, such as smtps://mail.example.org, or "
                    + "`--sendmail`.", ExitCode.configuration)
        }
        if let flaw = SMTPTransport.flaw(of: url) {
            // It may hold a password.
            Console.fail("MCP_METER_SMTP_URL cannot be used: \(flaw).", ExitCode.configuration)
        }
        return SMTPServer(
            url: url, user: environment["MCP_METER_SMTP_USER"],
            password: environment["MCP_METER_SMTP_PASSWORD"])
    }

    /// Servers that know their users take mail from them in their own name only.
    private static func sender(
        _ options: ReportOptions, _ environment: [String: String]
    ) -> String {
        if let sender = options.sender { return sender }
        if let user = environment["MCP_METER_SMTP_USER"], Arguments.isAddress(user) { return user }
        return options.recipients.first ?? "mcp-meter@localhost"
    }

    // MARK: sendmail

    private static func sendmail(
        _ message: [UInt8], from sender: String?, to recipients: [String],
        _ environment: [String: String]
    ) {
        // What whoever runs this has put into PATH comes first; that of cron has no `sbin`.
        let directories =
            (environment["PATH"] ?? "").split(separator: ":").map(String.init)
            .filter { $0.utf8.first == UInt8(ascii: "/") }
            + ["/usr/sbin", "/usr/lib", "/usr/bin"]
        let programs = directories.map { $0 + "/sendmail" }
        guard let program = programs.first(where: isProgram) else {
            Console.fail(
                "there is no sendmail: looked in \(directories.joined(separator: ", ")).",
                ExitCode.unavailable)
        }
        do {
            var pipe = try Pipe()
            let input = pipe.takeReader()
            let from = sender.map { ["-f", $0] } ?? []
            var launch = Launch(
                arguments: CStringArray([program, "-i"] + from + ["--"] + recipients),
                environment: .environment(
                    removing: Configuration.ownNames, prefixes: Configuration.ownPrefixes,
                    adding: []))
            launch.input = input.raw
            let child = try launch.start()
            _ = consume input
            let output = pipe.takeWriter()
            // It takes lines as this system ends them.
            let message = message.filter { $0 != 0x0d }
            let written = Result { () throws(SystemError) in try output.writeAll(message) }
            _ = consume output
            // How it ended says more than that it did not read to the end.
            let status = child.reap()
            guard status == .exited(0) else {
                Console.fail(
                    "the report was not mailed: \(program) \(ending(status)).",
                    ExitCode.temporaryFailure)
            }
            try written.get()
        } catch {
            Console.fail(
                "the report was not mailed: \(program): \(error).", ExitCode.temporaryFailure)
        }
    }

    private static func ending(_ status: TerminationStatus) -> String {
        switch status {
        case .exited(let code): "ended with status \(code)"
        case .signalled(let signal): "was ended by signal \(signal)"
        }
    }

    private static func isProgram(_ path: String) -> Bool {
        access(path, X_OK) == 0 && (try? FileStatus(path: path))?.kind == .regular
    }
}

/// Remembers which week or month was mailed last, so that each is mailed once.
struct SentStamp {
    /// The week or month.
    let stretch: String
    private let path: String
    private let directory: String
    private let lock: SentLock

    /// Nil unless a whole week or month was asked for.
    init?(_ report: Report, _ request: ReportRequest) {
        let options = request.options
        let units: [String: CalendarUnit] = [
            "weekly": .week, "last-week": .week, "monthly": .month, "last-month": .month,
        ]
        guard let unit = options.period.flatMap({ units[$0] }) else { return nil }
        stretch = request.calendar.name(of: unit, report.query.period.range.lowerBound)
        directory = request.directory.state + "/reports"
        // Another report to the same people is another report.
        let parts =
            options.recipients.sorted() + options.dimensions.map(\.rawValue)
            + options.filters.map { "\($0.key)=\($0.value.sorted())" }.sorted()
            + options.outcomes.map { "\($0.name)" }.sorted() + [options.timeZone ?? ""]
        path =
            "\(directory)/\(unit.rawValue)-" + Self.hash(parts.joined(separator: "\n")) + ".sent"
        lock = SentLock()
    }

    /// Whether it was not mailed before. Another process that is about to ends this one.
    func isDue() -> Bool {
        do throws(SystemError) {
            try makeDirectories(directory, mode: 0o700)
            guard try lock.take(path) else {
                Console.fail(
                    "another process is mailing this report.", ExitCode.temporaryFailure)
            }
            return try readWholeFile(path, atMost: 64) != Array("\(stretch)\n".utf8)
        } catch {
            Console.fail(
                "cannot tell whether the report was mailed before: \(path): \(error).",
                ExitCode.temporaryFailure)
        }
    }

    /// To be called once a server has taken it.
    func write() {
        do throws(SystemError) {
            try writeWholeFile(path, Array("\(stretch)\n".utf8))
        } catch {
            Console.complain(
                "the report was mailed, but may be mailed again: \(path): \(error).")
        }
    }

    /// The same in every version.
    private static func hash(_ text: String) -> String { String(FNV1a.hash(text), radix: 16) }
}

/// Holds a file's lock until the process ends.
final class SentLock {
    private var file: Descriptor?

    /// False when another process holds it.
    func take(_ path: String) throws(SystemError) -> Bool {
        let file = try Descriptor.open(path, O_RDWR | O_CREAT, mode: 0o600)
        guard try file.tryLock(.exclusive) else { return false }
        self.file = consume file
        return true
    }
}
