#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// Where a command is looked for, by the rules of `execvp` (POSIX, "Environment Variables", PATH).
package enum CommandSearch {
    /// What `execvp` searches when PATH is not set.
    package static let defaultPath: [UInt8] = Array("/bin:/usr/bin".utf8)

    /// The files to try, in order, each NUL-terminated.
    ///
    /// - Parameters:
    ///   - command: the command as typed. One with a slash is a path and is not searched for.
    ///   - path: the value of PATH, or nil when it is not set. An empty element means the working
    ///     directory.
    package static func candidates(for command: [UInt8], path: [UInt8]?) -> [[UInt8]] {
        guard !command.isEmpty else { return [] }
        if command.contains(UInt8(ascii: "/")) { return [command + [0]] }
        return (path ?? defaultPath)
            .split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
            .map { $0.isEmpty ? command + [0] : Array($0) + [UInt8(ascii: "/")] + command + [0] }
    }
}

/// A command that could not be started: what to tell the user, and with which code to leave.
package struct LaunchFailure: Error, Equatable, Sendable, CustomStringConvertible {
    /// What a shell leaves with: 127 when the command was not found, 126 when it was found but
    /// cannot be executed.
    package let exitCode: Int32
    /// One line that says what failed, where was searched, and what to do.
    package let description: String

    init(exitCode: Int32, _ description: String) {
        self.exitCode = exitCode
        self.description = description
    }

    /// A command that could not even be tried, for want of something of the system's.
    package init(arguments: CStringArray, cause: SystemError) {
        let command = arguments.strings.first ?? ""
        self.init(exitCode: 126, "cannot start \(command): \(cause)")
    }

    /// Explains the `errno` of an attempt to execute `command`.
    package init(command: String, code: CInt, environment: CStringArray) {
        let path = environment.value(of: "PATH").map { bytes(of: $0) }
        let candidates = CommandSearch.candidates(for: Array(command.utf8), path: path)
        let found = candidates.first { candidate in
            candidate.withUnsafeBufferPointer { pointer in
                pointer.withMemoryRebound(to: CChar.self) { characters in
                    guard let name = characters.baseAddress else { return false }
                    return access(name, F_OK) == 0
                }
            }
        }
        let name = found.map { String(decoding: $0.dropLast(), as: UTF8.self) }
        let reason = String(cString: strerror(code))
        switch (code, name) {
        case (ENOENT, let name?):
            self.init(
                exitCode: 126,
                "cannot start \(command): \(name) exists but the interpreter it names does not")
        case (ENOENT, nil), (ENOTDIR, nil):
            let searched: String
            if command.utf8.contains(UInt8(ascii: "/")) {
                searched = "no such file; give its full path, or a command found through PATH"
            } else {
                let list = String(decoding: path ?? CommandSearch.defaultPath, as: UTF8.self)
                searched =
                    path == nil
                    ? "command not found; PATH is not set, searched \(list)"
                    : "command not found in PATH (searched \(list)); give its full path or add its"
                        + " directory to PATH"
            }
            self.init(exitCode: 127, "cannot start \(command): \(searched)")
        case (EACCES, let name?):
            self.init(
                exitCode: 126,
                "cannot start \(command): \(name) is not an executable file (\(reason))")
        case (_, let name?):
            self.init(exitCode: 126, "cannot start \(command): \(name): \(reason)")
        case (_, nil):
            self.init(exitCode: 126, "cannot start \(command): \(reason)")
        }
    }
}

/// The bytes of a C string, without its terminator.
func bytes(of string: UnsafePointer<CChar>) -> [UInt8] {
    Array(UnsafeRawBufferPointer(start: string, count: strlen(string)))
}
