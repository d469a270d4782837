/// Why no invocation came of some words.
enum Interruption: Error, Equatable {
    /// Help was asked for, of this command.
    case help(String)
    /// What is wrong, as a sentence.
    case misuse(String)
}

/// Reads the words after a command as its entry in the command table has them.
///
/// Options and words may come in any order; a value follows its option as the next word or after
/// `=`; after `--` nothing is an option.
struct OptionReader {
    enum Item: Equatable {
        /// An option that stands alone.
        case flag(String)
        /// An option and its value, which is not empty.
        case value(String, String)
        case operand(String)
        /// What followed `--`, if that is a server's command.
        case server([String])
    }

    private let command: CommandTable.Command
    private var rest: ArraySlice<String>
    private var isPastOptions = false
    private var operand: String?

    init(_ command: CommandTable.Command, _ words: [String]) {
        self.command = command
        rest = words[...]
    }

    /// The next item; nil at the end.
    mutating func next() throws(Interruption) -> Item? {
        guard let word = rest.popFirst() else { return nil }
        if isPastOptions { return try take(operand: word) }
        if word == "--" {
            isPastOptions = true
            guard command.takesServer else { return try next() }
            defer { rest = [] }
            return .server(Array(rest))
        }
        guard word.hasPrefix("-"), word != "-" else { return try take(operand: word) }
        return try take(option: word)
    }

    /// For an item that the command's own reading has no use for.
    func unexpected(_ item: Item) -> Interruption {
        switch item {
        case .flag(let word), .value(let word, _), .operand(let word): surplus(word)
        case .server: surplus("--")
        }
    }

    /// For a value that is none: `--since` needs a time.
    func needs(_ name: String) -> Interruption {
        let value = command.options.first { $0.name == name }?.value
        return .misuse("`\(name)` needs \(value?.needed ?? "a value").")
    }

    private mutating func take(option word: String) throws(Interruption) -> Item {
        var name = CommandTable.shortNames[word] ?? word
        var attached: String?
        if word.hasPrefix("--"), let equals = word.firstIndex(of: "=") {
            name = String(word[..<equals])
            attached = String(word[word.index(after: equals)...])
        }
        guard let option = command.allOptions.first(where: { $0.name == name }) else {
            throw surplus(word)
        }
        guard option.value != nil else {
            if attached != nil { throw .misuse("`\(name)` takes no value.") }
            if name == CommandTable.help.name { throw .help(command.name) }
            return .flag(name)
        }
        // Another option in a value's place means that the value was forgotten.
        let isForgotten = rest.first.map { word in command.allOptions.contains { $0.name == word } }
        if attached == nil, isForgotten == false { attached = rest.popFirst() }
        guard let attached, !attached.isEmpty else { throw needs(name) }
        return .value(name, attached)
    }

    private mutating func take(operand word: String) throws(Interruption) -> Item {
        guard let wanted = command.operand else { throw surplus(word) }
        if let operand, !command.takesOperands {
            throw .misuse(
                "`\(command.name)` takes one \(wanted.placeholder), not `\(operand)` and `\(word)`."
            )
        }
        operand = word
        return .operand(word)
    }

    private func surplus(_ word: String) -> Interruption {
        let known = command.allOptions.map(\.name) + (command.takesServer ? ["--"] : [])
        return .misuse(
            "`\(command.name)` does not take `\(word)`." + Spelling.suggestion(word, known))
    }
}
