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

    /// Writes to standard output all that a command has to say, and ends the process: with 74 if
    /// that cannot be written.
    static func finish(_ text: String, _ code: CInt = 0) -> Never {
        guard print(text) else { fail("cannot write to standard output.", .inputOutput) }
        exit(code)
    }

    /// Says what is wrong and ends the process.
    static func fail(_ line: String, _ code: ExitCode) -> Never {
        fail(line, status: code.rawValue)
    }

    /// The same with a status that is none of ours: a command's that could not be started.
    static func fail(_ line: String, status: CInt) -> Never {
        complain(line)
        exit(status)
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
