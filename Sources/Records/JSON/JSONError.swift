/// Why a text is not the JSON that was wanted, and where.
package struct JSONError: Error, Equatable, Sendable, CustomStringConvertible {
    /// From 1.
    package var line: Int
    /// From 1, in Unicode scalars.
    package var column: Int
    /// What was expected and what stood there.
    package var reason: String

    package init(line: Int, column: Int, reason: String) {
        self.line = line
        self.column = column
        self.reason = reason
    }

    /// `line:column: reason`, to be put after a file's name and a colon.
    package var description: String { "\(line):\(column): \(reason)" }
}
