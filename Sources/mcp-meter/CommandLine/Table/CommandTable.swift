/// Every command and option there is. Arguments are read by it, and help, the manual page and the
/// completions are made from it, so that what one of them knows all of them know.
enum CommandTable {
    /// What an option or a word stands for.
    struct Value: Equatable {
        /// What can be completed in its place.
        enum Kind: Equatable {
            case text
            case file
            case directory
            /// One of these.
            case word([String])
            /// Several of these, with commas.
            case list([String])
            /// One of mcp-meter's own commands, or another topic of help.
            case topic
        }

        /// How it is written in help: `DIR`.
        let placeholder: String
        /// What is missing when it is: `a directory`.
        let needed: String
        var kind = Kind.text
    }

    struct Option {
        let name: String
        /// What must follow it; nil for an option that stands alone.
        var value: Value?
        let meaning: String
        /// Whether each time it is given counts.
        var repeats = false

        /// As help shows it.
        var title: String { value.map { "\(name) \($0.placeholder)" } ?? name }
        var text: String { repeats ? meaning + "; may be repeated" : meaning }
    }

    struct Command {
        let name: String
        /// What may follow the name, or the program's name in the case of `run`.
        let synopsis: String
        /// One sentence.
        let summary: String
        /// Paragraphs.
        var details: [String] = []
        var options: [Option] = []
        /// The word that may follow besides options.
        var operand: Value?
        /// Whether several of them may.
        var takesOperands = false
        /// Whether the command of a server follows after `--`.
        var takesServer = false
        var examples: [String] = []

        var usage: String {
            let words = name == CommandTable.relayName ? [] : [name]
            return (["mcp-meter"] + words + (synopsis.isEmpty ? [] : [synopsis]))
                .joined(separator: " ")
        }

        /// `--help` is every command's.
        var allOptions: [Option] { options + [CommandTable.help] }
    }

    /// What metering a server is called where it needs a name; no word starts it.
    static let relayName = "run"

    static let help = Option(name: "--help", meaning: "show this help")
    /// What may stand before any command.
    static let programOptions = [
        help, Option(name: "--version", meaning: "show the version and the commit it is made from"),
    ]
    /// One letter for two of them.
    static let shortNames = ["-h": "--help", "-V": "--version"]

    /// In the order of help: what one starts with first.
    static let commands = [
        run, demo, wrap, unwrap, doctor, report, serve, deliver, importLogs, inspect, prices, route,
        helpCommand, completions, manual,
    ]

    static func command(_ name: String) -> Command? { commands.first { $0.name == name } }

    /// Those that a first word can name.
    static var words: [Command] { commands.filter { $0.name != relayName } }

    /// What `mcp-meter help` takes besides commands.
    static let variablesTopic = "variables"
}
