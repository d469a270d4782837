enum ZshCompletion {
    static var script: String {
        var cases = ""
        for command in CommandTable.words {
            var specifications = command.allOptions.map(specification)
            if let operand = command.operand {
                specifications.append(
                    Completions.quoted(
                        "\(command.takesOperands ? "*" : "1"):\(operand.placeholder):"
                            + action(operand)))
            }
            cases += "        (\(command.name))\n"
            if command.takesServer { cases += "            _mcp-meter_server && return\n" }
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

            # The server's command after so many words, as it completes by itself.
            _mcp-meter_command() {
                shift $1 words
                ((CURRENT -= $1))
                _normal
            }

            # Whether `--` has begun it.
            _mcp-meter_server() {
                local -i place=${words[(i)--]}
                ((place < CURRENT)) || return 1
                _mcp-meter_command $place
                return 0
            }

            _mcp-meter_first() {
                local -a own=(
            \(rows.joined(separator: "\n"))
                )
                _describe 'command of mcp-meter' own
                # Servers may be any command: only those that were begun.
                [[ -n $PREFIX ]] && _mcp-meter_command 1
            }

            _mcp-meter() {
                local curcontext=$curcontext state line
                local -A opt_args
                if ((CURRENT == 2)); then
                    if [[ $PREFIX == -* ]]; then
                        _arguments \\
            \(options.joined(separator: " \\\n"))
                    else
                        _mcp-meter_first
                    fi
                    return
                fi
                local first=$words[2]
                shift words
                ((CURRENT--))
                case $first in
            \(cases)        (--) _mcp-meter_command 1 ;;
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
        let again = option.repeats ? "*" : ""
        guard let value = option.value else {
            return Completions.quoted("\(again)\(option.name)[\(brief)]")
        }
        return Completions.quoted(
            "\(again)\(option.name)=[\(brief)]:"
                + "\(escaped(value.placeholder, [":"])):\(action(value))")
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
