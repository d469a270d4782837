import Posix
import Reports

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// `mcp-meter report --live`: the report, drawn again where it stands when something came.
enum LiveReport {
    /// A screen that changes more often is not read faster, in nanoseconds.
    private static let pauseMin: UInt64 = 1_000_000_000
    /// What was spent on a drawing is rested so many times over: less than 2 % of a core.
    private static let restPerWork: UInt64 = 75
    /// Times pass also when nothing comes, in seconds.
    private static let staleAfter: Int64 = 60

    static func run(_ request: ReportRequest) -> Never {
        guard isatty(1) == 1 else {
            Console.fail("`--live` draws on a terminal, and standard output is none.", .usage)
        }
        let style = ReportCommand.style(request.environment)
        var scan: LedgerScan?
        var scannedDay: Int64 = 0
        var drawnAt: Int64 = 0
        Console.print("\u{1b}[2J")
        while true {
            var begun = processorTime()
            let now = WallClock.now()
            let seconds = now / 1_000_000
            // What has left the period is let go of once a day.
            if scan == nil || scannedDay != seconds / 86_400 {
                let window = request.query(now: seconds, earliest: 0).window
                let end = window.upperBound + 2 * 86_400_000_000
                scan = LedgerScan(
                    request.directory, window: window.lowerBound..<end, now: now)
                scannedDay = seconds / 86_400
                drawnAt = 0
                if let scan { request.refresh(scan) }
                // What has to be read once need not be rested from.
                begun = processorTime()
            }
            if let scan {
                let isNew = request.refresh(scan)
                if isNew || seconds - drawnAt >= staleAfter || seconds < drawnAt {
                    let query = request.query(now: seconds, earliest: 0)
                    draw(request.report(scan, now: seconds, query), style)
                    drawnAt = seconds
                }
            }
            let work = processorTime() &- begun
            MonotonicClock.sleep(nanoseconds: max(pauseMin, work &* restPerWork))
        }
    }

    /// Goes to the corner, writes each line over the old one, and clears what is below.
    private static func draw(_ report: Report, _ style: Style) {
        var text = "\u{1b}[H"
        for line in TextReport(report, style).text.split(
            separator: "\n", omittingEmptySubsequences: false)
        {
            text += line + "\u{1b}[K\n"
        }
        guard Console.print(text + "\u{1b}[J") else { exit(0) }
    }

    /// What this process has used of processors, in nanoseconds.
    private static func processorTime() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return UInt64(clamping: time.tv_sec) &* 1_000_000_000 &+ UInt64(clamping: time.tv_nsec)
    }
}
