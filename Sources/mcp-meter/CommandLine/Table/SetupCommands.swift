import Setup

/// Commands that put mcp-meter where clients start their servers.
extension CommandTable {
    static let wrap = Command(
        name: "wrap",
        synopsis: "[SERVER...] [--all] [OPTION...]",
        summary: "Put mcp-meter in front of the servers clients start.",
        details: [
            "Looks into the configurations of Claude Code, Claude Desktop, Cursor, VS Code, "
                + "Windsurf, the Gemini CLI and Codex. Without SERVER and --all it only lists the "
                + "servers there. A SERVER is wrapped wherever it is. Every other byte of the "
                + "files stays; what was before is kept beside them in NAME.mcp-meter-backup.",
            "Ends with 78 if a file is malformed, 73 if one cannot be written.",
        ],
        options: choosing + [
            Option(
                name: "--env",
                value: Value(placeholder: "NAME=VALUE", needed: "NAME=VALUE, such as MCP_METER=on"),
                meaning: "add a variable of mcp-meter's to the server's", repeats: true),
            Option(
                name: "--command",
                value: Value(placeholder: "PATH", needed: "the path of mcp-meter", kind: .file),
                meaning: "what clients start (this program, by its path where they need it)"),
        ],
        operand: server, takesOperands: true,
        examples: ["mcp-meter wrap", "mcp-meter wrap gemini --env MCP_METER=on --dry-run"])

    static let unwrap = Command(
        name: "unwrap",
        synopsis: "[SERVER...] [--all] [OPTION...]",
        summary: "Take mcp-meter out of clients' configurations again.",
        details: [
            "A file that was not edited since it was wrapped is what it was before, byte for "
                + "byte; in one that was, only what mcp-meter had put in goes."
        ],
        options: choosing,
        operand: server, takesOperands: true,
        examples: ["mcp-meter unwrap --all"])

    private static let server = Value(placeholder: "SERVER", needed: "a server's name")

    private static let choosing = [
        Option(name: "--all", meaning: "every server that can be"),
        Option(
            name: "--client",
            value: Value(
                placeholder: "NAME", needed: "a client",
                kind: .word(Client.allCases.map(\.rawValue))),
            meaning: "only in its files: "
                + Client.allCases.map(\.rawValue).joined(separator: ", "),
            repeats: true),
        Option(
            name: "--config",
            value: Value(placeholder: "FILE", needed: "a file", kind: .file),
            meaning: "only in this file", repeats: true),
        Option(name: "--dry-run", meaning: "show what would change; write nothing"),
    ]
}
