/// Commands that meter, or show what metering would see.
extension CommandTable {
    static let run = Command(
        name: relayName,
        synopsis: "[--] COMMAND [ARG...]",
        summary: "Run this MCP server, metered.",
        details: [
            "Starts COMMAND as its child and relays standard input and output untouched. The "
                + "first word that is no command of mcp-meter's starts COMMAND; after `--` "
                + "everything is COMMAND. With none of the variables set that switch metering on, "
                + "mcp-meter replaces itself with COMMAND and adds nothing.",
            "Ends as the server ends. With 127 if COMMAND is not found, with 126 if it cannot be "
                + "run.",
        ],
        takesServer: true,
        examples: ["MCP_METER=on mcp-meter npx -y gemini-mcp-tool"])

    static let demo = Command(
        name: "demo",
        synopsis: "[--keep] [--state-dir DIR]",
        summary: "Meter a whole session against a bundled sample server.",
        details: [
            "Runs a scripted client and a sample MCP server with mcp-meter between them, then "
                + "shows what was metered and where the ledger is."
        ],
        options: [
            Option(name: "--keep", meaning: "keep the ledger"),
            Option(
                name: "--state-dir",
                value: Value(placeholder: "DIR", needed: "a directory", kind: .directory),
                meaning: "keep it in DIR"),
        ],
        examples: ["mcp-meter demo --keep"])

    static let inspect = Command(
        name: "inspect",
        synopsis: "[-- COMMAND [ARG...]]",
        summary: "Show the records that captured messages would give.",
        details: [
            "Reads JSON-RPC messages from standard input, one a line, as captured from either "
                + "side, and writes the ledger lines to standard output. Requests and answers "
                + "find each other by id. COMMAND is only looked at, for the profile of its "
                + "server; nothing is started and nothing is stored."
        ],
        takesServer: true,
        examples: ["mcp-meter inspect -- npx -y gemini-mcp-tool < captured.jsonl"])

    static let prices = Command(
        name: "prices",
        synopsis: "[MODEL] [--check FILE]",
        summary: "Show the prices in force, with dates and source.",
        details: [
            "MODEL shows only the models whose id contains it. Prices come from the built-in "
                + "table and from the file that MCP_METER_PRICES names, if it is set."
        ],
        options: [
            Option(
                name: "--check",
                value: Value(placeholder: "FILE", needed: "a file", kind: .file),
                meaning: "say whether FILE can be used as MCP_METER_PRICES")
        ],
        operand: Value(placeholder: "MODEL", needed: "a model"),
        examples: ["mcp-meter prices gemini-2.5"])
}
