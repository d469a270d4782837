import Posix

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// Standard output and standard error, a whole line at a time.
enum Console {
    /// Writes to standard output.
    ///
    /// - Returns: whether it could be written; false when the reader went away.
    @discardableResult
    static func print(_ text: String) -> Bool { write(1, text) }

    /// One line on standard error, with our name before it.
    static func complain(_ line: String) { write(2, "mcp-meter: " + line + "\n") }

    /// Says what is wrong and ends the process.
    static func fail(_ line: String, _ code: CInt) -> Never {
        complain(line)
        exit(code)
    }

    /// Writes to a descriptor.
    @discardableResult
    static func write(_ descriptor: CInt, _ text: String) -> Bool {
        var text = text
        return text.withUTF8 { bytes in
            do throws(SystemError) {
                try writeAll(descriptor, UnsafeRawBufferPointer(bytes))
                return true
            } catch {
                return false
            }
        }
    }
}

/// Exit statuses, as `sysexits.h` names them, and the shell's two for commands.
enum ExitCode {
    static let usage: CInt = 64
    static let dataError: CInt = 65
    static let noInput: CInt = 66
    static let unavailable: CInt = 69
    static let cannotCreate: CInt = 73
    static let inputOutput: CInt = 74
    static let temporaryFailure: CInt = 75
    static let configuration: CInt = 78
}
