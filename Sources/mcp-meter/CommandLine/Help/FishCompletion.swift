enum FishCompletion {
    static var script: String {
        var lines = [
            "# fish completion for mcp-meter, written by `mcp-meter completions fish`",
            "",
            "# Whether the first word is this one.",
            "function __mcp_meter_using",
            "    set -l words (commandline -opc)",
            "    test (count $words) -ge 2; and contains -- $words[2] $argv",
            "end",
            "",
            "# Whether `--`, or a first word that is none of mcp-meter's, began a server's command.",
            "function __mcp_meter_server",
            "    set -l words (commandline -opc)",
            "    test (count $words) -ge 2; or return 1",
            "    contains -- -- $words[2..-1]; and return 0",
            "    not contains -- $words[2] \(own)",
            "end",
            "",
            "# What completes the server's command, as if it stood there alone.",
            "function __mcp_meter_complete_server",
            "    set -l words (commandline -opc)",
            "    set -l begin (contains -i -- -- $words); or set begin 1",
            "    set -e words[1..$begin]",
            "    complete -C (string join ' ' -- (string escape -- $words) (commandline -ct))",
            "end",
            "",
            "# Several words with commas between them: the last one goes on.",
            "function __mcp_meter_list",
            "    set -l before (string replace -rf '^(.*,).*$' '$1' -- "
                + "(string replace -r '^--[a-z-]+=' '' -- (commandline -ct)))",
            "    for word in $argv",
            "        echo $before$word",
            "    end",
            "end",
            "",
            "complete -c mcp-meter -f",
            "complete -c mcp-meter -n __mcp_meter_server -a '(__mcp_meter_complete_server)'",
            "complete -c mcp-meter -n __fish_is_first_token -a '(__fish_complete_command)'",
        ]
        for command in CommandTable.words {
            lines.append(
                "complete -c mcp-meter -n __fish_is_first_token -a \(command.name) -d "
                    + quoted(Completions.brief(command.summary)))
        }
        for option in CommandTable.programOptions {
            lines.append(
                "complete -c mcp-meter -n __fish_is_first_token" + naming(option)
                    + " -d \(quoted(Completions.brief(option.meaning)))")
        }
        for command in CommandTable.words {
            let start = "complete -c mcp-meter -n '__mcp_meter_using \(command.name)'"
            for option in command.allOptions {
                var line = start + naming(option)
                if let value = option.value { line += " -r" + action(value) }
                lines.append(line + " -d \(quoted(Completions.brief(option.meaning)))")
            }
            if let operand = command.operand, !Completions.words(for: operand).isEmpty {
                lines.append(start + action(operand))
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// First words that begin no server's command.
    private static var own: String {
        (CommandTable.words.map(\.name) + CommandTable.programOptions.map(\.name)
            + CommandTable.shortNames.keys.sorted()).joined(separator: " ")
    }

    private static func naming(_ option: CommandTable.Option) -> String {
        let short = CommandTable.shortNames.first { $0.value == option.name }?.key
        return (short.map { " -s \($0.dropFirst())" } ?? "") + " -l \(option.name.dropFirst(2))"
    }

    private static func action(_ value: CommandTable.Value) -> String {
        let words = Completions.words(for: value).joined(separator: " ")
        return switch value.kind {
        case .file: " -F"
        case .directory: " -f -a '(__fish_complete_directories)'"
        case .list: " -f -a '(__mcp_meter_list \(words))'"
        case .word, .topic: " -f -a '\(words)'"
        case .text: " -f"
        }
    }

    private static func quoted(_ text: String) -> String {
        var result = "'"
        for character in text {
            if character == "'" || character == "\\" { result += "\\" }
            result.append(character)
        }
        return result + "'"
    }
}
