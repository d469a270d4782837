package import Records

/// How delivery to one destination goes, as its shipper tells everybody in a file.
package struct DeliveryStatus: Equatable, Sendable {
    package enum State: String, Sendable, CaseIterable {
        /// Everything there is has been delivered, or waits for others to fill its batch.
        case idle
        case sending
        /// The receiver cannot take it now; it is tried again.
        case waiting
        /// Somebody has to do something: credentials, an address. It is tried again, seldom.
        case blocked
        /// No shipper runs.
        case stopped
    }

    /// The shipper's process id.
    package var pid: Int32
    package var sink: String
    package var address: String
    package var state = State.idle
    /// When it came into this state.
    package var since: Timestamp
    /// Records acknowledged since the first shipper of this destination.
    package var delivered: UInt64 = 0
    /// Records the receiver would not have, now in the dead-letter file or taken in part.
    package var dead: UInt64 = 0
    /// Lines of the ledger that were no record this version knows.
    package var unreadable: UInt64 = 0
    package var lastSuccess: Timestamp?
    /// What went wrong last, without secrets.
    package var lastError: String?
    package var lastErrorAt: Timestamp?
    /// While waiting or blocked.
    package var nextTry: Timestamp?

    package init(pid: Int32, destination: Destination, since: Timestamp) {
        self.pid = pid
        self.since = since
        sink = destination.sink
        address = destination.address
    }

    /// One JSON object in one line.
    package var bytes: [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        encodeMembers(into: &json)
        json.endObject()
        json.newline()
        return json.finish()
    }

    /// The members of that object, for those who put more beside them.
    package func encodeMembers(into json: inout JSONWriter) {
        json.member("pid", pid)
        json.member("sink", sink)
        json.member("address", address)
        json.member("state", state.rawValue)
        json.member("since", since.rfc3339)
        json.member("delivered", delivered)
        json.member("dead", dead)
        json.member("unreadable", unreadable)
        json.member("last_success", lastSuccess?.rfc3339)
        json.member("last_error", lastError)
        json.member("last_error_at", lastErrorAt?.rfc3339)
        json.member("next_try", nextTry?.rfc3339)
    }

    /// Nil when it cannot be read: a status is nice to have, and nothing depends on it.
    package init?(_ bytes: [UInt8]) {
        guard let object = try? JSONValue(parsing: bytes), let sink = object["sink"]?.string,
            let address = object["address"]?.string,
            let state = object["state"]?.string.flatMap(State.init(rawValue:)),
            let since = Self.time(object["since"])
        else { return nil }
        pid = object["pid"]?.int64.flatMap { Int32(exactly: $0) } ?? 0
        self.sink = sink
        self.address = address
        self.state = state
        self.since = since
        delivered = object["delivered"]?.uint64 ?? 0
        dead = object["dead"]?.uint64 ?? 0
        unreadable = object["unreadable"]?.uint64 ?? 0
        lastSuccess = Self.time(object["last_success"])
        lastError = object["last_error"]?.string
        lastErrorAt = Self.time(object["last_error_at"])
        nextTry = Self.time(object["next_try"])
    }

    private static func time(_ value: JSONValue?) -> Timestamp? {
        value?.string.flatMap { Timestamp(rfc3339: $0) }
    }
}
