enum ZshCompletion {
    static var script: String {
        var cases = ""
        for command in CommandTable.words {
            var specifications = command.allOptions.map(specification)
            if let operand = command.operand {
                specifications.append(
                    Completions.quoted("1:\(operand.placeholder):\(action(operand))"))
            }
            if command.takesServer { specifications.append("'*::server:_normal'") }
            cases += "        (\(command.name))\n"
            cases += "            _arguments -s -S \\\n"
            cases += specifications.map { "                " + $0 }.joined(separator: " \\\n")
            cases += "\n            ;;\n"
        }
        let rows = CommandTable.words.map { command in
            let summary = escaped(Completions.brief(command.summary), [":"])
            return "        " + Completions.quoted("\(command.name):\(summary)")
        }
        let options = CommandTable.programOptions.map { option in
            "                "
                + Completions.quoted("(- *)\(option.name)[\(Completions.brief(option.meaning))]")
        }
        return """
            #compdef mcp-meter
            # zsh completion for mcp-meter, written by `mcp-meter completions zsh`

            _mcp-meter_first() {
                local -a commands=(
            \(rows.joined(separator: "\n"))
                )
                _describe -t commands 'command of mcp-meter' commands
                _command_names -e
            }

            _mcp-meter() {
                local curcontext=$curcontext state line
                local -A opt_args
                if ((CURRENT == 2)); then
                    _arguments -A '-*' \\
            \(options.joined(separator: " \\\n")) \\
                        '1: :_mcp-meter_first'
                    return
                fi
                local first=$words[2]
                shift words
                ((CURRENT--))
                case $first in
            \(cases)        (--)
                        shift words
                        ((CURRENT--))
                        _normal
                        ;;
                    (--help|--version|-h|-V) ;;
                    (*) _normal ;;
                esac
            }

            if [[ $funcstack[1] == _mcp-meter ]]; then
                _mcp-meter "$@"
            else
                compdef _mcp-meter mcp-meter
            fi

            """
    }

    private static func specification(_ option: CommandTable.Option) -> String {
        let brief = escaped(Completions.brief(option.meaning), ["[", "]", ":"])
        // It may be given again where its meaning says so.
        let isRepeated = repeats(option.meaning)
        guard let value = option.value else {
            return Completions.quoted("\(isRepeated ? "*" : "")\(option.name)[\(brief)]")
        }
        return Completions.quoted(
            "\(isRepeated ? "*" : "")\(option.name)=[\(brief)]:"
                + "\(escaped(value.placeholder, [":"])):\(action(value))")
    }

    private static func repeats(_ meaning: String) -> Bool {
        let words = meaning.split(separator: " ")
        return words.contains { $0.hasPrefix("repeated") }
    }

    private static func action(_ value: CommandTable.Value) -> String {
        let words = Completions.words(for: value).joined(separator: " ")
        return switch value.kind {
        case .file: "_files"
        case .directory: "_files -/"
        case .list: "_sequence compadd - \(words)"
        case .word, .topic: "(\(words))"
        case .text: " "
        }
    }

    private static func escaped(_ text: String, _ characters: Set<Character>) -> String {
        var result = ""
        for character in text {
            if characters.contains(character) { result += "\\" }
            result.append(character)
        }
        return result
    }
}
