/// What completes mcp-meter's words in a shell, made from the command table.
enum Completions {
    static func script(_ shell: Shell) -> String {
        switch shell {
        case .bash: BashCompletion.script
        case .zsh: ZshCompletion.script
        case .fish: FishCompletion.script
        }
    }

    /// What may follow `help`.
    static let topics = CommandTable.commands.map(\.name) + [CommandTable.variablesTopic]

    /// Words that can stand for a value; none where only the user knows.
    static func words(for value: CommandTable.Value) -> [String] {
        switch value.kind {
        case .word(let words), .list(let words): words
        case .topic: topics
        case .text, .file, .directory: []
        }
    }

    /// An option's meaning in few words: what stands before the first detail.
    static func brief(_ meaning: String) -> String {
        var end = meaning.endIndex
        for index in meaning.indices {
            let rest = meaning[index...]
            if [": ", "; ", " (", ". ", ", "].contains(where: { rest.hasPrefix($0) }) {
                end = index
                break
            }
        }
        let text = meaning[..<end]
        return String(text.hasSuffix(".") ? text.dropLast() : text)
    }

    /// In single quotes, as bash and zsh read them.
    static func quoted(_ text: String) -> String {
        var result = "'"
        for character in text {
            if character == "'" { result += "'\\''" } else { result.append(character) }
        }
        return result + "'"
    }
}

enum BashCompletion {
    static var script: String {
        var cases = ""
        for command in CommandTable.words {
            cases += "        \(command.name))\n"
            cases += "            options='\(names(command))'\n"
            for option in command.options {
                guard let value = option.value else { continue }
                cases += "            [[ $previous == \(option.name) ]] && \(completing(value))\n"
            }
            if let operand = command.operand {
                cases += "            [[ $current != -* ]] && \(completing(operand))\n"
            }
            if command.takesServer { cases += "            _mcp_meter_server && return\n" }
            cases += "            ;;\n"
        }
        let first = CommandTable.words.map(\.name).joined(separator: " ")
        let options = CommandTable.programOptions.map(\.name).joined(separator: " ")
        return """
            # bash completion for mcp-meter, written by `mcp-meter completions bash`

            # Words that go on as the current one begins.
            _mcp_meter_words() {
                local word
                COMPREPLY=()
                for word in $1; do
                    [[ $word == "$current"* ]] && COMPREPLY+=("$word")
                done
            }

            # The last of several words with commas between them.
            _mcp_meter_list() {
                local before='' word
                [[ $current == *,* ]] && before=${current%,*},
                COMPREPLY=()
                for word in $1; do
                    [[ $before$word == "$current"* ]] && COMPREPLY+=("$before$word")
                done
                compopt -o nospace 2> /dev/null
            }

            # What compgen has to offer, a line each: names may hold blanks. Not with mapfile, which
            # the bash of macOS does not have; nor has that compopt.
            _mcp_meter_generate() {
                local line
                COMPREPLY=()
                while IFS= read -r line; do
                    COMPREPLY+=("$line")
                done < <(compgen "$1" -- "$current")
            }

            _mcp_meter_files() {
                compopt -o filenames 2> /dev/null
                _mcp_meter_generate "$1"
            }

            # The server's command and its words, at this place, as they complete by themselves.
            _mcp_meter_command() {
                if declare -F _comp_command_offset > /dev/null; then
                    _comp_command_offset "$1"
                elif declare -F _command_offset > /dev/null; then
                    _command_offset "$1"
                elif ((COMP_CWORD == $1)); then
                    _mcp_meter_generate -c
                else
                    _mcp_meter_files -f
                fi
            }

            # Whether `--` has begun the server's command, which is completed then.
            _mcp_meter_server() {
                local i
                for ((i = 1; i < COMP_CWORD; i++)); do
                    if [[ ${COMP_WORDS[i]} == -- ]]; then
                        _mcp_meter_command $((i + 1))
                        return 0
                    fi
                done
                return 1
            }

            _mcp_meter() {
                local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} options=''
                COMPREPLY=()
                # --option=value is three words to bash.
                if [[ $current == '=' ]]; then
                    current=''
                elif [[ $previous == '=' ]]; then
                    previous=${COMP_WORDS[COMP_CWORD - 2]}
                fi
                if ((COMP_CWORD == 1)); then
                    if [[ $current == -* ]]; then
                        _mcp_meter_words '\(options)'
                    else
                        _mcp_meter_command 1
                        local servers=("${COMPREPLY[@]}")
                        _mcp_meter_words '\(first)'
                        # Servers may be any command: only those that were begun.
                        [[ -n $current ]] && COMPREPLY+=("${servers[@]}")
                    fi
                    return
                fi
                case ${COMP_WORDS[1]} in
            \(cases)        --)
                        _mcp_meter_command 2
                        return
                        ;;
                    --help | --version | -h | -V) return ;;
                    *)
                        _mcp_meter_command 1
                        return
                        ;;
                esac
                _mcp_meter_words "$options"
            }

            complete -F _mcp_meter mcp-meter

            """
    }

    private static func names(_ command: CommandTable.Command) -> String {
        (command.allOptions.map(\.name) + (command.takesServer ? ["--"] : []))
            .joined(separator: " ")
    }

    private static func completing(_ value: CommandTable.Value) -> String {
        let words = Completions.words(for: value).joined(separator: " ")
        return switch value.kind {
        case .file: "{ _mcp_meter_files -f; return; }"
        case .directory: "{ _mcp_meter_files -d; return; }"
        case .list: "{ _mcp_meter_list '\(words)'; return; }"
        case .word, .topic, .text: "{ _mcp_meter_words '\(words)'; return; }"
        }
    }
}
