/// A client's configuration that is there, and what it says of servers.
package struct ConfigurationFile: Sendable {
    /// Where it was looked for; it may be a symbolic link.
    package let path: String
    /// Nil for a file that was named and is at no client's usual place.
    package let client: Client?
    /// The servers in the file's order; empty when it could not be read.
    package let entries: [ServerEntry]
    /// Why there are none.
    package let problem: ConfigurationProblem?
}

/// Why a configuration cannot be used.
package enum ConfigurationProblem: Error, Equatable, Sendable, CustomStringConvertible {
    /// No file is there.
    case missing(path: String)
    /// It is there and cannot be read: the system's reason.
    case unreadable(path: String, reason: String)
    /// It is not what it should be; line and column from 1, the column in Unicode scalars.
    case malformed(path: String, line: Int, column: Int, reason: String)

    package var description: String {
        switch self {
        case .missing(let path): "\(path): no such file"
        case .unreadable(let path, let reason): "\(path): cannot be read: \(reason)"
        case .malformed(let path, let line, let column, let reason):
            "\(path):\(line):\(column): \(reason)"
        }
    }
}
