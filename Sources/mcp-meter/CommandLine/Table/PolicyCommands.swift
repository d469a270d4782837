/// Commands about what may be sent, and with which model.
extension CommandTable {
    static let route = Command(
        name: "route",
        synopsis: "[--explain [--json]] [OPTION...] [-- COMMAND [ARG...]]",
        summary: "Show which model a call is sent with by MCP_METER_ROUTES, and why.",
        details: [
            "Reads one tools/call request from standard input and writes it as it would be sent "
                + "on: with another model in its arguments, or as it is. COMMAND is only looked "
                + "at, for the profile of its server; nothing is started and nothing is stored.",
            "The file is {\"routes\": [RULE...]}, a rule {\"name\": \"...\", \"when\": "
                + "{CONDITION...}, \"model\": \"gemini-2.5-flash\"}; the first rule whose "
                + "conditions all hold decides. `model` may be an array, of which the first that "
                + "the tool takes counts, or \"keep\".",
            "Conditions: \"tool\", \"server\" and \"model\" (a name with * and ?, or an array of "
                + "them); \"class\" (code, math, reasoning or text, or an array of them); "
                + "\"tokens\" ({\"min\": 500, \"max\": 2000}, estimated, of the arguments); "
                + "\"files\" ({\"min\": 1}, of the files and paths the arguments name); "
                + "\"budget_left\" ({\"below\": 0.2, \"above\": 0.05}, a share of the budget); "
                + "\"time\" (\"22:00-06:00\", local); \"weekdays\" (mon to sun, or an array of "
                + "them).",
            "Calls are not sent to another provider unless the server has several, and tools "
                + "that take no model are left alone.",
        ],
        options: [
            Option(name: "--explain", meaning: "show what was read, each rule, and the decision"),
            Option(name: "--json", meaning: "show that as JSON"),
            Option(
                name: "--routes", value: file, meaning: "rules to use instead of MCP_METER_ROUTES"),
            Option(
                name: "--server", value: Value(placeholder: "NAME", needed: "a name"),
                meaning: "what the server calls itself"),
            Option(
                name: "--budget-left",
                value: Value(placeholder: "SHARE", needed: "a number from 0 to 1"),
                meaning: "as if so much were left"),
            Option(
                name: "--time",
                value: Value(placeholder: "TIME", needed: "a local time such as 2026-11-21T23:00"),
                meaning: "as if it were then"),
            Option(name: "--check", value: file, meaning: "say whether FILE can be used"),
        ],
        takesServer: true,
        examples: [
            "mcp-meter route --explain --routes routes.json < call.json"
        ])

    private static let file = Value(placeholder: "FILE", needed: "a file", kind: .file)
}
