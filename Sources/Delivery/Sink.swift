package import Records

/// A place that records are sent to, and how they are said there: pure translation. It opens no
/// connection, reads no file and knows no clock; the shipper does all of that for it.
///
/// A sink is owned by one thread. The same records in the same order give the same messages, so
/// that what is sent again after a crash is what was sent before.
package protocol Sink: Sendable {
    /// Where it sends, for the cursor, the lock, dead letters and whoever asks.
    var destination: Destination { get }

    /// How many records go into one batch, and how long the first may wait for others.
    var batch: BatchLimits { get }

    /// Whether a record means anything to this sink. Others are passed over and acknowledged.
    func wants(_ record: Record) -> Bool

    /// What is to be sent for a batch, in this order, each message after the one before was
    /// accepted. None for a batch that needs nothing.
    ///
    /// May be asked again for the same records, or for some of them: when a message was refused,
    /// or the answer was `sayAgain`. So what the sink remembers is changed in `judge`, by messages
    /// that were delivered, and not here.
    ///
    /// - Parameter records: those it wants, in ledger order.
    mutating func messages(for records: [Record]) -> [Message]

    /// What an answer means.
    mutating func judge(_ answer: HTTPResponse, to message: Message) -> Verdict

    /// What it must remember beside its cursor, such as running totals; nil when nothing. Read
    /// after every acknowledged batch and saved together with the cursor.
    var state: [UInt8]? { get }

    /// Takes up the state that was saved with the cursor, before the first batch. Damaged state is
    /// the same as none.
    mutating func restore(_ state: [UInt8])
}

extension Sink {
    package var state: [UInt8]? { nil }
    package mutating func restore(_ state: [UInt8]) {}
    package mutating func judge(_ answer: HTTPResponse, to message: Message) -> Verdict {
        Verdict(status: answer)
    }
}

/// One HTTP request of a batch.
package struct Message: Sendable {
    package var request: HTTPRequest
    /// The records it carries, by their index in the batch: those set aside if it is refused.
    package var records: [Int]

    package init(_ request: HTTPRequest, records: [Int]) {
        self.request = request
        self.records = records
    }
}

/// The size of a batch.
package struct BatchLimits: Sendable, Equatable {
    /// At least 1.
    package var records: Int
    /// How long the first record of a batch may wait for others, in milliseconds.
    package var ageMilliseconds: UInt64

    package init(records: Int, ageMilliseconds: UInt64) {
        self.records = records
        self.ageMilliseconds = ageMilliseconds
    }
}

/// Where a sink sends: what its cursor and its lock are named after.
package struct Destination: Sendable, Hashable {
    /// `evalops-meter`, `evalops-traces`, `otlp-traces`, `otlp-metrics`, `mosaic`, `harper`.
    package let sink: String
    /// The endpoint's URL without user, password and query, or a file's path.
    package let address: String

    package init(sink: String, address: String) {
        self.sink = sink
        self.address = address
    }

    /// The name of its cursors, lock, state and dead letters: the sink's, and a hash of the address
    /// so that a new endpoint is a new destination.
    package var name: String {
        sink + "-" + Hex.string(FNV1a.hash(address))
    }
}

/// What becomes of a message.
package enum Verdict: Sendable, Equatable {
    /// It is there. With a remark when the receiver took it but had something to say.
    case delivered(remark: String?)
    /// The receiver took some of it and will never take the rest (OTLP's partial success).
    case partlyRefused(count: UInt64, reason: String)
    /// The same message may be taken later; not before so many milliseconds, if it says so.
    case retry(after: UInt64?, reason: String)
    /// This message will never be taken as it is. Sent in smaller parts the rest of it may be.
    case refused(reason: String)
    /// Nothing will be taken until somebody does something: credentials, an address. The records
    /// stay where they are.
    case blocked(reason: String)
    /// The receiver does not speak this way, and the sink now knows another: `messages(for:)` is to
    /// be asked again.
    case sayAgain

    /// What HTTP itself says: 2xx is delivered; 408, 429 and 5xx may be tried again; 401, 403, 404,
    /// 405, 407 and redirects need a hand; 413 and every other 4xx is about this message.
    package init(status answer: HTTPResponse) {
        let reason = answer.summary
        switch answer.status {
        case 200..<300: self = .delivered(remark: nil)
        case 408, 429, 500...: self = .retry(after: answer.retryAfterMilliseconds, reason: reason)
        case 300..<400, 401, 403, 404, 405, 407: self = .blocked(reason: reason)
        default: self = .refused(reason: reason)
        }
    }
}
