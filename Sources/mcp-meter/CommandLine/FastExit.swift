import Posix

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// Off, decided before anything else is done: the sooner this process is the server, the less it
/// can be told from it.
enum FastExit {
    /// Becomes the server if metering is certainly off and the words are certainly a server's
    /// command. Otherwise, or if that fails, it returns and the long way decides and explains.
    static func becomeServerIfOff() {
        guard CommandLine.argc > 1, !isVariableSet(startingWith: prefixes) else { return }
        let argv = CommandLine.unsafeArgv
        guard let first = argv[1], !isOurs(first) else { return }
        _ = execvp(first, argv + 1)
    }

    private static func isOurs(_ word: UnsafePointer<CChar>) -> Bool {
        if word[0] == CChar(UInt8(ascii: "-")) { return true }
        return CommandTable.words.contains { strcmp(word, $0.start) == 0 }
    }

    /// The variables that metering could depend on, or that must not reach the server. Wider than
    /// `Configuration`, which has the last word.
    private static let prefixes: [StaticString] = [
        "MCP_METER", "EVALOPS_", "OTEL_EXPORTER_OTLP_", "MOSAIC_TELEMETRY_", "HARPER_ANALYTICS_",
    ]
}

