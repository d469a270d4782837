/// A server as a client's configuration has it.
package struct ServerEntry: Equatable, Sendable {
    /// What the client calls it.
    package var name: String
    /// The project it is for, where one file holds several projects' servers (`~/.claude.json`).
    package var project: String?
    /// What the client starts; nil if it starts nothing.
    package var command: String?
    package var arguments: [String] = []
    /// The variables the client adds to the server's environment, in the file's order. Values are
    /// as written, `${…}` included: they are often secrets, and must not be printed.
    package var environment: [Variable] = []
    /// Why mcp-meter cannot, or need not, be put in front of it.
    package var obstacle: Obstacle?
    /// The server's command and arguments behind mcp-meter; nil if mcp-meter is not in front.
    package var wrapped: [String]?
    /// Where its value begins, line and column from 1, the column in Unicode scalars.
    package var line: Int
    package var column: Int

    /// Whether mcp-meter is in front of it.
    package var isWrapped: Bool { wrapped != nil }

    /// What the client starts, mcp-meter left out.
    package var serverCommand: [String] { wrapped ?? command.map { [$0] + arguments } ?? [] }

    package struct Variable: Equatable, Sendable {
        package var name: String
        /// As the client's file has it; nil where that is no string.
        package var value: String?
    }

    /// What keeps mcp-meter from a server.
    package enum Obstacle: Equatable, Sendable {
        /// It is reached over HTTP, SSE or a socket: its `type`, or `http`.
        case remote(String)
        /// The client is told not to start it.
        case disabled
        /// There is neither a command nor an address.
        case noCommand
        /// It is mcp-meter itself that is started: one of its commands, or its wrapper script.
        case isMeter
        /// The entry is not what clients expect: what is wrong.
        case malformed(String)
    }
}
