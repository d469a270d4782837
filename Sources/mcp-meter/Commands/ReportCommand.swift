import Ledger
import Posix
import Reports

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// `mcp-meter report`: what the ledger holds, added up.
enum ReportCommand {
    static func run(_ options: ReportOptions) {
        let environment = Environment.current().filter { !$0.value.isEmpty }
        let request = ReportRequest(options, environment)
        if options.isLive { LiveReport.run(request) }
        let report = request.report()
        if !options.recipients.isEmpty { ReportMail.send(report, request) }
        guard Console.print(text(report, options, environment)) else {
            exit(ExitCode.temporaryFailure)
        }
    }

    private static func text(
        _ report: Report, _ options: ReportOptions, _ environment: [String: String]
    ) -> String {
        switch options.format ?? .text {
        case .text: TextReport(report, style(environment)).text
        case .json: String(decoding: JSONReport(report).bytes, as: UTF8.self)
        case .csv: CSVReport(report).text
        case .markdown: MarkdownReport(report).text
        case .html: HTMLReport(report).text
        }
    }

    static func style(_ environment: [String: String]) -> Style {
        Style(hasColour: Terminal(of: 1, environment).hasColour)
    }
}

/// What was asked for, with what it takes to answer; every complaint is made here.
struct ReportRequest {
    let options: ReportOptions
    let environment: [String: String]
    let directory: LedgerDirectory
    let calendar: Calendar
    let budgets: [Budget]

    /// Ends the process, with one line, if the answer can only be a mistake.
    init(_ options: ReportOptions, _ environment: [String: String]) {
        self.options = options
        self.environment = environment
        do throws(LedgerDirectoryError) {
            directory = try LedgerDirectory(
                stateDirectory: environment["MCP_METER_STATE_DIR"],
                xdgStateHome: environment["XDG_STATE_HOME"], home: environment["HOME"])
        } catch {
            Console.fail("\(error).", ExitCode.configuration)
        }
        let now = WallClock.now() / 1_000_000
        guard let zone = Zone(options.timeZone, span: 0...now + 2 * 366 * 86_400) else {
            Console.fail(
                "`--time-zone` takes a name such as Europe/Berlin or UTC; this system knows no "
                    + "`\(options.timeZone ?? "")`.", ExitCode.usage)
        }
        calendar = Calendar(zone)
        budgets = options.budget ?? Self.budgets(environment)
        _ = period(now: now, earliest: 0)
    }

    private static func budgets(_ environment: [String: String]) -> [Budget] {
        guard let text = environment["MCP_METER_BUDGET"] else { return [] }
        let (budgets, wrong) = Budget.parse(text)
        if budgets == nil {
            Console.complain(
                "MCP_METER_BUDGET has `\(wrong)`; expected amounts such as 50/week or "
                    + "10/day,gpt-5=100/month. No budget is shown.")
        }
        return budgets ?? []
    }

    /// - Parameters:
    ///   - now: seconds since 1970.
    ///   - earliest: when the ledger begins.
    private func period(now: Int64, earliest: Int64) -> Period {
        if let name = options.period {
            if let period = Period(named: name, now: now, earliest: earliest, calendar) {
                return period
            }
            Console.fail(
                "`--period` takes \(Period.expectedWhole), not `\(name)`.", ExitCode.usage)
        }
        do throws(Period.Misfit) {
            return try Period(since: options.since, until: options.until, now: now, calendar)
        } catch {
            let option = error.isUntil ? "--until" : "--since"
            if error.isEmpty {
                Console.fail(
                    "Nothing lies between `--since` and `--until`: `\(option) \(error.text)` "
                        + "leaves no time.", ExitCode.usage)
            }
            Console.fail(
                "`\(option)` takes \(Period.expected), not `\(error.text)`.", ExitCode.usage)
        }
    }

    func query(now: Int64, earliest: Int64) -> Query {
        var query = Query(
            // To the end of this second: a call that was just answered is part of what was spent.
            period: period(now: now + 1, earliest: earliest), calendar: calendar, now: now)
        query.dimensions = options.dimensions
        query.filters = options.filters
        query.outcomes = options.outcomes
        query.top = options.top
        query.budgets = budgets
        return query
    }

    func report() -> Report {
        let now = WallClock.now()
        let seconds = now / 1_000_000
        let query = query(now: seconds, earliest: 0)
        let scan = LedgerScan(directory, window: query.window, now: now)
        refresh(scan)
        return report(scan, now: seconds, query)
    }

    func report(_ scan: LedgerScan, now: Int64, _ query: Query) -> Report {
        guard options.period == "all" else { return Report(query, scan) }
        return Report(self.query(now: now, earliest: (scan.earliest ?? 0) / 1_000_000), scan)
    }

    /// Reads what is new. A ledger that cannot be read at all ends the process.
    @discardableResult
    func refresh(_ scan: LedgerScan) -> Bool {
        do throws(LedgerError) {
            return try scan.refresh()
        } catch {
            Console.fail("\(error).", ExitCode.noInput)
        }
    }
}
