import Posix

/// Where the ledger is: the state directory and the places in it.
package struct LedgerDirectory: Equatable, Sendable {
    /// Absolute path of the state directory; may not exist yet.
    package let state: String

    package init(state: String) { self.state = state }

    /// Finds the state directory in the environment, without touching the disk.
    ///
    /// - Parameters:
    ///   - stateDirectory: `MCP_METER_STATE_DIR`, an absolute path.
    ///   - xdgStateHome: `XDG_STATE_HOME`. The XDG Base Directory Specification has an empty one
    ///     count as unset, and a relative one be ignored.
    ///   - home: `HOME`.
    package init(
        stateDirectory: String?, xdgStateHome: String?, home: String?
    ) throws(LedgerDirectoryError) {
        if let stateDirectory, !stateDirectory.isEmpty {
            guard isAbsolute(stateDirectory) else { throw .relative(stateDirectory) }
            state = withoutTrailingSlashes(stateDirectory)
        } else if let xdgStateHome, isAbsolute(xdgStateHome) {
            state = withoutTrailingSlashes(xdgStateHome) + "/mcp-meter"
        } else if let home, isAbsolute(home) {
            state = withoutTrailingSlashes(home) + "/.local/state/mcp-meter"
        } else {
            throw .unknown
        }
    }

    /// The directory of the day directories.
    package var ledger: String { state + "/ledger" }
    /// The directory of the sinks' cursors.
    package var cursors: String { state + "/cursors" }
    /// The directory of what relays say of calls under way, where budgets or limits are set.
    package var policy: String { state + "/policy" }
    /// Says on which day old segments were last looked for.
    package var retentionStamp: String { state + "/retention" }

    package func path(of day: Day) -> String { "\(ledger)/\(day)" }
    package func path(of segment: SegmentName) -> String { "\(ledger)/\(segment)" }

    /// Makes what is missing on the way to `path`, for this user alone (0700). What exists keeps
    /// its mode; it may be a symbolic link.
    package func create(_ path: String) throws(LedgerError) {
        try naming(.createDirectory, path) { () throws(SystemError) in
            try makeDirectories(path, mode: 0o700)
        }
    }
}

/// The environment does not say where the ledger can be.
package enum LedgerDirectoryError: Error, Equatable, Sendable, CustomStringConvertible {
    /// `MCP_METER_STATE_DIR` is not an absolute path: it would be another place in every directory
    /// a client starts servers from.
    case relative(String)
    /// None of the three variables is an absolute path.
    case unknown

    package var description: String {
        switch self {
        case .relative(let path):
            "MCP_METER_STATE_DIR is '\(path)': expected an absolute path ('~' is not expanded)"
        case .unknown:
            "no place for the ledger: set MCP_METER_STATE_DIR, XDG_STATE_HOME or HOME "
                + "to an absolute path"
        }
    }
}

private func isAbsolute(_ path: String) -> Bool { path.utf8.first == UInt8(ascii: "/") }

/// `/` itself becomes empty, which is right in front of `/name`.
private func withoutTrailingSlashes(_ path: String) -> String {
    var rest = path[...]
    while rest.utf8.last == UInt8(ascii: "/") { rest.removeLast() }
    return String(rest)
}
