import Records

/// The manual page, made from the tables, in the `man` macros that groff and mandoc both read.
enum Manual {
    static var page: String {
        var roff = Roff()
        roff.macro(
            ".TH MCP\\-METER 1 \(Version.day) \"mcp\\-meter \(Version.text)\" \"User Commands\"")
        // No hyphenation, and no stretched spaces: names must stay whole.
        roff.macro(".nh")
        roff.macro(".ad l")
        roff.section("NAME")
        roff.text("mcp-meter - meter the usage and cost of the models behind MCP servers")
        roff.section("SYNOPSIS")
        for command in CommandTable.commands {
            roff.usage(command.usage)
            if command.name != CommandTable.commands.last?.name { roff.macro(".br") }
        }
        roff.section("DESCRIPTION")
        roff.text(
            "mcp-meter stands between an MCP client and the real MCP server. It relays every byte "
                + "as it is, and writes one line for each call into a ledger: how long it took, "
                + "which model answered, how many tokens that was, and what it cost. Prompts, "
                + "answers and arguments are neither stored nor sent.")
        roff.paragraph(
            "With no variable set that switches metering on, it replaces itself with the server "
                + "and is not there at all. In a client's configuration it stands before the "
                + "server's command:")
        roff.example([
            #"{"mcpServers": {"gemini": {"command": "mcp-meter","#,
            #"    "args": ["npx", "-y", "gemini-mcp-tool"],"#,
            #"    "env": {"MCP_METER": "on"}}}}"#,
        ])
        roff.section("OPTIONS")
        for option in CommandTable.programOptions { roff.option(option) }
        roff.section("COMMANDS")
        for command in CommandTable.commands { roff.command(command) }
        roff.section("ENVIRONMENT")
        roff.text(
            "An empty value is as good as none. A bad value is named on standard error. "
                + "MCP_METER, MCP_METER_... and EVALOPS_... never reach the server.")
        for group in VariableTable.groups {
            roff.subsection(group.title)
            for variable in group.variables { roff.item(variable.name, variable.text) }
        }
        roff.section("EXIT STATUS")
        for (code, meaning) in ExitCode.rows { roff.item(code, meaning) }
        roff.section("FILES")
        roff.item(
            "~/.local/state/mcp-meter/ledger/",
            "The ledger: a directory a day, one JSON line an event. MCP_METER_STATE_DIR moves it.")
        roff.section("SEE ALSO")
        roff.text("jq(1), man(1)")
        return roff.page
    }
}

/// Lines of a manual page.
private struct Roff {
    private(set) var page = ""

    mutating func macro(_ line: String) { page += line + "\n" }
    mutating func section(_ name: String) { macro(".SH " + escaped(name)) }
    mutating func subsection(_ name: String) { macro(".SS " + escaped(name)) }

    mutating func text(_ text: String) {
        for line in Layout.wrap(text, to: 66) { macro(shielded(marked(line))) }
    }

    mutating func paragraph(_ text: String) {
        macro(".PP")
        self.text(text)
    }

    mutating func item(_ name: String, _ meaning: String) {
        macro(".TP")
        macro(bold(name))
        text(meaning)
    }

    mutating func option(_ option: CommandTable.Option) {
        macro(".TP")
        let short = CommandTable.shortNames.first { $0.value == option.name }?.key
        let value = option.value.map { " \\fI\(escaped($0.placeholder))\\fR" } ?? ""
        macro((short.map { bold($0) + ", " } ?? "") + bold(option.name) + value)
        text(option.text)
    }

    mutating func command(_ command: CommandTable.Command) {
        subsection(command.name)
        usage(command.usage)
        paragraph(command.summary)
        for text in command.details { paragraph(text) }
        // `--help` is every command's, and said once.
        for option in command.options { self.option(option) }
        if !command.examples.isEmpty { example(command.examples) }
        let variables = VariableTable.groups(of: command.name).flatMap(\.variables)
        if !variables.isEmpty {
            paragraph("Variables: " + variables.map(\.name).joined(separator: ", ") + ".")
        }
    }

    /// The program's and the command's names are to be typed as they are.
    mutating func usage(_ usage: String) {
        let parts = usage.split(separator: " ").map { word in
            let isName = word == "mcp-meter" || CommandTable.command(String(word)) != nil
            return isName ? bold(String(word)) : escaped(String(word))
        }
        macro(shielded(parts.joined(separator: " ")))
    }

    /// Lines as they are.
    mutating func example(_ lines: [String]) {
        macro(".PP")
        macro(".RS 4")
        macro(".nf")
        for line in lines { macro(shielded(escaped(line))) }
        macro(".fi")
        macro(".RE")
    }

    private func bold(_ text: String) -> String { "\\fB" + escaped(text) + "\\fR" }

    /// What stands between backticks is to be typed. They may be in two lines: each has its own.
    private func marked(_ text: String) -> String {
        text.split(separator: "`", omittingEmptySubsequences: false).enumerated()
            .map { index, part in index % 2 == 1 ? bold(String(part)) : escaped(String(part)) }
            .joined()
    }

    /// So that it comes out as it is, to be copied: hyphens are minus signs, quotes are straight.
    private func escaped(_ text: String) -> String {
        var result = ""
        for character in text {
            switch character {
            case "\\": result += "\\e"
            case "-": result += "\\-"
            case "'": result += "\\(aq"
            case "`": result += "\\(ga"
            case "~": result += "\\(ti"
            case "^": result += "\\(ha"
            default: result.append(character)
            }
        }
        return result
    }

    /// A line that begins with a dot would be a macro.
    private func shielded(_ line: String) -> String {
        line.hasPrefix(".") ? "\\&" + line : line
    }
}
