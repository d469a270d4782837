package import Ledger
import Posix
package import Records

/// All that can be said of delivery to one destination, by whoever asks.
package struct DestinationReport: Sendable, Equatable {
    package var destination: Destination
    package var holder = LockHolder.nobody
    /// As the last shipper left it; nil when there was none.
    package var status: DeliveryStatus?
    package var backlog = Backlog()
    /// Lines of the dead-letter file.
    package var deadLetters = 0
    /// Why some of this is not known.
    package var trouble: String?

    package init(of destination: Destination, in directory: LedgerDirectory) {
        self.destination = destination
        let files = DeliveryFiles(of: destination, in: directory)
        do throws(SystemError) {
            holder = try LockHolder.of(files)
        } catch {
            trouble = "cannot read \(files.lock): \(error.reason)"
        }
        status = StatusFile.read(files)
        // A shipper that was killed did not say so.
        if holder == .nobody {
            status?.state = .stopped
            status?.nextTry = nil
        }
        deadLetters = DeadLetters(files).count()
        do throws(LedgerError) {
            backlog = try Backlog(of: destination, in: directory)
        } catch {
            trouble = "\(error)"
        }
    }

    /// One JSON object.
    package func encode(into json: inout JSONWriter, now: Timestamp) {
        json.beginObject()
        json.member("name", destination.name)
        json.member("sink", destination.sink)
        json.member("address", destination.address)
        json.member("state", state.rawValue)
        if case .process(let pid) = holder { json.member("pid", pid) }
        json.member("since", status?.since.rfc3339)
        json.member("backlog_records", backlog.records)
        json.member("backlog_bytes", backlog.bytes)
        json.member("oldest", backlog.oldest?.rfc3339)
        json.member("oldest_seconds", oldestSeconds(now))
        json.member("delivered", status?.delivered ?? 0)
        json.member("dead_letters", deadLetters)
        json.member("unreadable", status?.unreadable ?? 0)
        json.member("last_success", status?.lastSuccess?.rfc3339)
        json.member("last_error", status?.lastError)
        json.member("last_error_at", status?.lastErrorAt?.rfc3339)
        json.member("next_try", status?.nextTry?.rfc3339)
        json.member("trouble", trouble)
        json.endObject()
    }

    package var state: DeliveryStatus.State { status?.state ?? .stopped }

    /// How long the oldest record has been waiting; nil when none is.
    package func oldestSeconds(_ now: Timestamp) -> Int64? {
        backlog.oldest.map { oldest in
            let (age, overflow) = now.microseconds.subtractingReportingOverflow(oldest.microseconds)
            return overflow ? 0 : max(0, age / 1_000_000)
        }
    }
}
