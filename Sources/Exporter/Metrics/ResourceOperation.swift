/// What a request does to something that is kept: a resource, a memory, a file, a record.
enum ResourceOperation: String, CaseIterable {
    case read, list, search, write, save, update, delete, forget

    /// By the method, or by the first verb in a tool's name; nil when neither says so.
    init?(method: String, tool: String) {
        switch method {
        case "resources/read": self = .read
        case "resources/list", "resources/templates/list": self = .list
        case "tools/call":
            guard let verb = Self.words(of: tool).lazy.compactMap({ Self.verbs[$0] }).first else {
                return nil
            }
            self = verb
        default: return nil
        }
    }

    private static let verbs: [String: ResourceOperation] = [
        "read": .read, "get": .read, "fetch": .read, "load": .read, "open": .read, "recall": .read,
        "retrieve": .read, "list": .list, "search": .search, "find": .search, "query": .search,
        "write": .write, "create": .write, "add": .write, "append": .write, "put": .write,
        "insert": .write, "save": .save, "store": .save, "remember": .save, "update": .update,
        "edit": .update, "modify": .update, "rename": .update, "move": .update, "set": .update,
        "delete": .delete, "remove": .delete, "drop": .delete, "forget": .forget,
    ]

    /// `readFile`, `read_file` and `files.read` are all words of their own.
    private static func words(of name: String) -> [String] {
        var words: [String] = []
        var word = ""
        var wasLower = false
        for byte in name.utf8 {
            let character = Character(UnicodeScalar(byte))
            let isUpper = (65...90).contains(byte)
            if isUpper && wasLower || !character.isLetter {
                if !word.isEmpty { words.append(word) }
                word = ""
            }
            if character.isLetter { word += character.lowercased() }
            wasLower = (97...122).contains(byte)
        }
        if !word.isEmpty { words.append(word) }
        return words
    }
}
