import Delivery
import Ledger

/// A ledger and the receivers its records go to, as one set of variables has it.
struct Shipment {
    let sinks: [any Sink]
    let environment: [String: String]
    /// Nil where there is no place for a ledger.
    let directory: LedgerDirectory?

    /// What this shell's variables say, then what those of clients' configurations say besides;
    /// none without a receiver.
    ///
    /// - Parameter complain: gets a line for each bad value, and the server that has it; nil for the
    ///   shell.
    static func all(
        _ environment: [String: String], _ servers: [WrappedServer],
        complain: (String, WrappedServer?) -> Void
    ) -> [Shipment] {
        var seen: Set<String> = []
        var shipments: [Shipment] = []
        func add(_ variables: [String: String], _ server: WrappedServer?) {
            let directory = try? LedgerDirectory(variables)
            let sinks = Sinks.configured(variables) { complain($0, server) }.filter {
                seen.insert("\($0.destination.name) \(directory?.state ?? "")").inserted
            }
            if !sinks.isEmpty {
                shipments.append(
                    Shipment(sinks: sinks, environment: variables, directory: directory))
            }
        }
        add(environment, nil)
        for server in servers where server.isMetered { add(server.variables, server) }
        return shipments
    }
}

extension LedgerDirectory {
    /// Where the ledger of a session with these variables is.
    init(_ environment: [String: String]) throws(LedgerDirectoryError) {
        try self.init(
            stateDirectory: environment["MCP_METER_STATE_DIR"],
            xdgStateHome: environment["XDG_STATE_HOME"], home: environment["HOME"])
    }
}
