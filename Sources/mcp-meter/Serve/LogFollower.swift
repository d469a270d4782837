import Ledger
import Posix
import Records
import SessionLogs

/// Imports what clients write into their session logs, as they write it.
struct LogFollower: Sendable {
    let directory: LedgerDirectory
    let environment: [String: String]
    let prices: PriceTable

    private static let pollNanoseconds: UInt64 = 3_000_000_000

    /// Runs until the latch opens; then saves how far it came.
    func follow(until stop: Latch, _ complain: (String) -> Void) {
        let project = ProjectMode.read(environment, complain: complain)
        var tail = SessionLogTail(
            directory, environment: environment, prices: prices, project: project)
        var lastComplaint = ""
        repeat {
            do throws(LedgerError) {
                for problem in try tail.poll()?.problems ?? [] {
                    complain("\(problem.path): \(problem.reason).")
                }
            } catch {
                // A full disk would otherwise be told of every few seconds.
                let text = "session logs: \(error)."
                if text != lastComplaint { complain(text) }
                lastComplaint = text
            }
        } while !stop.wait(until: MonotonicClock.now() &+ Self.pollNanoseconds)
        try? tail.close()
    }
}
