package import Posix
import Start

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// How mcp-meter looks as a server's command, wherever it is installed.
package struct MeterCommand: Sendable {
    /// The file's name, by which it is known on any machine.
    static let name = "mcp-meter"
    /// The script that finds mcp-meter and runs a server through it.
    static let script = "mcp-meter-wrap"

    /// This program's file, by which it is known under any name.
    private let own: FileIdentity?

    package init() {
        own = Self.identity((try? executablePath()) ?? "")
    }

    private static func identity(_ path: String) -> FileIdentity? {
        (try? FileStatus(path: path))?.identity
    }

    /// Whether a client that starts this starts mcp-meter.
    package func isMeter(_ command: String) -> Bool {
        if Self.fileName(command) == Self.name { return true }
        guard let own, command.hasPrefix("/") else { return false }
        return Self.identity(command) == own
    }

    static func isScript(_ command: String) -> Bool { fileName(command) == script }

    private static func fileName(_ path: String) -> Substring {
        path.utf8.lastIndex(of: UInt8(ascii: "/")).map { path[path.index(after: $0)...] }
            ?? path[...]
    }

    /// The command behind mcp-meter when it is started with these arguments; nil when it is one of
    /// mcp-meter's own commands, or none.
    static func serverCommand(_ arguments: [String]) -> [String]? {
        guard let first = arguments.first else { return nil }
        if first == "--" { return arguments.count > 1 ? Array(arguments.dropFirst()) : nil }
        return needsDashes(first) ? nil : arguments
    }

    /// Whether a server's command would be taken for something else without `--` before it.
    static func needsDashes(_ command: String) -> Bool {
        command.isEmpty || command.hasPrefix("-") || start_is_own_word(command)
    }

    /// What a client should start so that it gets this program: its name alone where the shell finds
    /// this program by it and the client looks where the shell does; else its path.
    ///
    /// - Parameters:
    ///   - path: the value of `PATH`.
    ///   - usesName: whether the client looks for commands where the shell does.
    package static func command(path: String?, usesName: Bool) throws(SystemError) -> String {
        let executable = try executablePath()
        guard let own = identity(executable) else { return executable }
        // A name on PATH outlives the file it leads to, which a package manager moves with each
        // version. What comes first on PATH is what is started.
        for candidate in CommandSearch.candidates(
            for: Array(name.utf8), path: path.map { Array($0.utf8) })
        {
            let file = String(decoding: candidate.dropLast(), as: UTF8.self)
            guard access(file, X_OK) == 0 else { continue }
            guard file.hasPrefix("/"), identity(file) == own else { break }
            return usesName ? name : file
        }
        return executable
    }
}
