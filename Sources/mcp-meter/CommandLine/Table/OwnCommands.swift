/// Commands about mcp-meter itself.
extension CommandTable {
    static let doctor = Command(
        name: "doctor",
        synopsis: "[--json] [--offline] [--no-start] [--patience SECONDS]",
        summary: "Say what is on, where it goes, and whether all is well.",
        details: [
            "Looks at the variables of the shell it is started in (a client may start its servers "
                + "with others), at the ledger, and at each receiver, to which it sends an empty "
                + "message and no data. Starts each wrapped server of the clients' configurations "
                + "as its client would, unmetered, asks it to `initialize`, and ends it. What is "
                + "not well is followed by what mends it.",
            "Ends with 1 if something needs a hand, else with 0.",
        ],
        options: [
            Option(name: "--json", meaning: "one JSON object"),
            Option(name: "--offline", meaning: "connect to no receiver, and start no server"),
            Option(name: "--no-start", meaning: "start no server"),
            Option(
                name: "--patience",
                value: Value(placeholder: "SECONDS", needed: "seconds from 1 to 600"),
                meaning: "how long a server may take to answer (10)"),
        ],
        examples: ["MCP_METER=on mcp-meter doctor"])

    static let helpCommand = Command(
        name: "help",
        synopsis: "[COMMAND | \(variablesTopic)]",
        summary: "Show help: of the whole, of one command, or of every variable.",
        operand: Value(placeholder: "COMMAND", needed: "a command", kind: .topic),
        examples: ["mcp-meter help report", "mcp-meter help \(variablesTopic)"])

    static let completions = Command(
        name: "completions",
        synopsis: Shell.allCases.map(\.rawValue).joined(separator: "|"),
        summary: "Write what completes mcp-meter's words in a shell.",
        details: [
            "Commands, options and their values, and after them the server's own command. Packages "
                + "install it where the shell looks; without one, the lines below do for a "
                + "session."
        ],
        operand: Value(
            placeholder: "SHELL", needed: "a shell",
            kind: .word(Shell.allCases.map(\.rawValue))),
        examples: [
            "source <(mcp-meter completions bash)",
            "source <(mcp-meter completions zsh)",
            "mcp-meter completions fish | source",
        ])

    static let manual = Command(
        name: "man",
        synopsis: "",
        summary: "Write the manual page.",
        details: [
            "The page has all that help has. To look at it, give it to `man -l -`; packages "
                + "install it as mcp-meter.1."
        ],
        examples: ["mcp-meter man | man -l -"])
}

/// A shell that words can be completed in.
enum Shell: String, CaseIterable { case bash, zsh, fish }
