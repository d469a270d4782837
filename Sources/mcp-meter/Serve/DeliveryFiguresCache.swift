import Delivery
import Exporter
import Ledger
import Posix
import Records
import Synchronization

/// How deliveries stand, looked at anew every few seconds and not for every scrape: a backlog is
/// counted by reading it.
final class DeliveryFiguresCache: Sendable {
    private let destinations: [Destination]
    private let directory: LedgerDirectory
    private let held = Mutex<(at: UInt64, figures: [DeliveryFigures])>((0, []))

    private static let freshNanoseconds: UInt64 = 5_000_000_000

    init(_ destinations: [Destination], in directory: LedgerDirectory) {
        self.destinations = destinations
        self.directory = directory
    }

    func current() -> [DeliveryFigures] {
        held.withLock { held in
            let now = MonotonicClock.now()
            if held.at > 0, now &- held.at < Self.freshNanoseconds { return held.figures }
            held.at = now
            held.figures = destinations.map { destination in
                let report = DestinationReport(of: destination, in: directory)
                return DeliveryFigures(
                    sink: destination.sink, backlogBytes: Int64(clamping: report.backlog.bytes),
                    deadLetters: Int64(report.deadLetters),
                    delivered: Int64(clamping: report.status?.delivered ?? 0))
            }
            return held.figures
        }
    }
}
