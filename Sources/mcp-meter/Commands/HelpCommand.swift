#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// `mcp-meter help`, `--help`, and what is said to somebody who is lost.
enum HelpCommand {
    static func run(_ topic: String?) -> Never {
        let terminal = Terminal(of: 1)
        guard let topic else { Console.finish(Help.overview(terminal)) }
        if topic == CommandTable.variablesTopic { Console.finish(Help.variables(terminal)) }
        guard let command = CommandTable.command(topic) else {
            let topics = CommandTable.commands.map(\.name) + [CommandTable.variablesTopic]
            misuse("There is no command `\(topic)`." + Spelling.suggestion(topic, topics))
        }
        Console.finish(Help.page(command, terminal))
    }

    /// A person at a terminal is told how to begin; a client, which has us started without the
    /// server's command, gets the one line that its log needs.
    static func nothing() -> Never {
        let terminal = Terminal(of: 2)
        if terminal.isTerminal, isatty(0) == 1 {
            Console.write(2, Help.hint(terminal))
            exit(.usage)
        }
        misuse("No command was given: the server's command must follow `mcp-meter`.")
    }

    static func misuse(_ reason: String) -> Never {
        Console.fail(reason + " `mcp-meter --help` shows what there is.", .usage)
    }
}
