package import Ledger

/// Where the shipper keeps what it knows of one destination, below the state directory.
package struct DeliveryFiles: Sendable, Equatable {
    private let name: String
    private let directory: LedgerDirectory

    package init(of destination: Destination, in directory: LedgerDirectory) {
        name = destination.name
        self.directory = directory
    }

    /// The directory of locks, dead letters and status files.
    package var folder: String { directory.state + "/delivery" }
    /// Held by whoever delivers to the destination.
    package var lock: String { "\(folder)/\(name).lock" }
    /// What the receiver would not have: one JSON object a line.
    package var deadLetters: String { "\(folder)/\(name).dead.jsonl" }
    /// How it goes: one JSON object.
    package var status: String { "\(folder)/\(name).status.json" }
    /// What the sink must remember, beside its cursors.
    package var sinkState: String { "\(directory.cursors)/\(name)/state" }
}

extension Destination: CustomStringConvertible {
    /// For messages: `otlp-traces (https://collector:4318/v1/traces)`.
    package var description: String { "\(sink) (\(address))" }
}
