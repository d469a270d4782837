/// Help, made from the tables.
enum Help {
    static let title = "mcp-meter: what do the models behind your MCP servers cost?"

    static func overview(_ terminal: Terminal) -> String {
        var layout = Layout(terminal)
        layout.paragraph(title)
        layout.heading("Usage")
        layout.paragraph(CommandTable.run.usage, indent: 2, hanging: 4)
        layout.paragraph("mcp-meter SUBCOMMAND [OPTION...]", indent: 2, hanging: 4)
        layout.space()
        layout.paragraph(
            "COMMAND is a server's, and is run metered. The first word that is none of those below "
                + "begins it.")
        layout.heading("Subcommands")
        layout.rows(CommandTable.words.map { ($0.name, $0.summary) })
        layout.heading("Options")
        layout.rows(optionRows(CommandTable.programOptions))
        layout.heading("Variables")
        layout.paragraph(
            "MCP_METER=on keeps a ledger; so does each variable that names an endpoint. "
                + "`mcp-meter help \(CommandTable.variablesTopic)` tells all of them.", indent: 2)
        layout.heading("Exit status")
        layout.rows(ExitCode.rows)
        layout.space()
        layout.paragraph("`mcp-meter help SUBCOMMAND` tells more about one.")
        return layout.text
    }

    static func page(_ command: CommandTable.Command, _ terminal: Terminal) -> String {
        var layout = Layout(terminal)
        layout.paragraph(command.summary)
        layout.heading("Usage")
        layout.paragraph(command.usage, indent: 2, hanging: 4)
        for paragraph in command.details {
            layout.space()
            layout.paragraph(paragraph)
        }
        // Words of a server's command are the server's: `--help` is none of ours there.
        if command.name != CommandTable.relayName {
            layout.heading("Options")
            layout.rows(optionRows(command.allOptions))
        }
        if !command.examples.isEmpty {
            layout.heading(command.examples.count == 1 ? "Example" : "Examples")
            for example in command.examples { layout.verbatim(example) }
        }
        let groups = VariableTable.groups(of: command.name)
        if !groups.isEmpty {
            layout.heading("Variables")
            for (index, group) in groups.enumerated() {
                if index > 0 { layout.space() }
                layout.paragraph(group.title, indent: 2)
                layout.rows(group.variables.map { ($0.name, $0.text) })
            }
            if ["run", "serve", "doctor"].contains(command.name) {
                layout.space()
                layout.paragraph(
                    "The variables of endpoints are in `mcp-meter help deliver`.", indent: 2)
            }
        }
        return layout.text
    }

    static func variables(_ terminal: Terminal) -> String {
        var layout = Layout(terminal)
        layout.paragraph(
            "Every variable that mcp-meter reads. An empty one is as good as none; a bad value is "
                + "named on standard error. MCP_METER, MCP_METER_... and EVALOPS_... never reach "
                + "the server.")
        for group in VariableTable.groups {
            layout.heading(group.title)
            layout.rows(group.variables.map { ($0.name, $0.text) })
        }
        return layout.text
    }

    /// What somebody sees who starts it without a word on a terminal.
    static func hint(_ terminal: Terminal) -> String {
        var layout = Layout(terminal)
        layout.paragraph(title)
        layout.heading("To begin with")
        layout.rows([
            ("mcp-meter demo", "see a session metered, start to end"),
            ("mcp-meter doctor", "see what is on, and where it goes"),
            ("mcp-meter --help", "see all there is"),
        ])
        layout.heading("To meter a server of yours")
        layout.paragraph(
            "In the client's configuration put mcp-meter before its command, and MCP_METER=on into "
                + "its environment:", indent: 2)
        layout.verbatim(
            #"{"command": "mcp-meter", "args": ["npx", "-y", "gemini-mcp-tool"],"#)
        layout.verbatim(#" "env": {"MCP_METER": "on"}}"#)
        layout.space()
        return layout.text
    }

    private static func optionRows(
        _ options: [CommandTable.Option]
    ) -> [(name: String, meaning: String)] {
        options.map { option in
            let short = CommandTable.shortNames.first { $0.value == option.name }?.key
            return (short.map { "\($0), \(option.title)" } ?? option.title, option.text)
        }
    }
}
