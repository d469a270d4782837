import Setup

extension CommandTable {
    static let wrapCommand = Command(
        name: "wrap",
        usage: "mcp-meter wrap [SERVER...] [--all] [OPTION...]",
        summary: "Put mcp-meter in front of the servers clients start.",
        details: [
            "Looks into the configurations of Claude Code, Claude Desktop, Cursor, VS Code,",
            "Windsurf, the Gemini CLI and Codex. Without SERVER and --all it only lists the",
            "servers there. A SERVER is wrapped wherever it is. Every other byte of the files",
            "stays; what was before is kept beside them in NAME.mcp-meter-backup.",
            "Ends with 78 if a file is malformed, 73 if one cannot be written.",
        ],
        options: wrapOptions + [
            Option(
                name: "--env NAME=VALUE",
                meaning: "add a variable of mcp-meter's to the server's; may be repeated"),
            Option(
                name: "--command PATH",
                meaning: "what clients start (this program, by its path where they need it)"),
        ],
        examples: [
            "mcp-meter wrap", "mcp-meter wrap gemini --env MCP_METER=on --dry-run",
        ])

    static let unwrapCommand = Command(
        name: "unwrap",
        usage: "mcp-meter unwrap [SERVER...] [--all] [OPTION...]",
        summary: "Take mcp-meter out of clients' configurations again.",
        details: [
            "A file that was not edited since it was wrapped is what it was before, byte for",
            "byte; in one that was, only what mcp-meter had put in goes.",
        ],
        options: wrapOptions,
        examples: ["mcp-meter unwrap --all"])

    private static let wrapOptions = [
        Option(name: "--all", meaning: "every server that can be"),
        Option(
            name: "--client NAME",
            meaning: "only in its files: "
                + Client.allCases.map(\.rawValue).joined(separator: ", ")
                + "; may be repeated"),
        Option(name: "--config FILE", meaning: "only in this file; may be repeated"),
        Option(name: "--dry-run", meaning: "show what would change; write nothing"),
    ]
}
