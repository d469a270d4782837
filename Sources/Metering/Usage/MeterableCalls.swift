/// Which calls can be a model's work, by what they are called.
enum MeterableCalls {
    enum Verdict {
        /// Usage is read, and estimated if none is reported.
        case metered
        /// Only reported usage counts: the name says it is housekeeping.
        case reportedOnly
        /// Whatever it answers is not the usage of this call.
        case never
    }

    static func verdict(_ request: RequestFacts, server: ServerFacts) -> Verdict {
        switch request.method {
        case "tools/call", "tasks/result", "tasks/get":
            if let callsModel = server.toolCallsModel { return callsModel ? .metered : .never }
            return server.verdictByName ?? request.tool.map { verdict(tool: $0) } ?? .metered
        case "sampling/createMessage": return .metered
        default: return .never
        }
    }

    static func verdict(tool: String) -> Verdict {
        let words = words(of: tool)
        func has(_ group: [String]) -> Bool { group.allSatisfy { words.contains($0) } }
        if never.contains(where: { has($0) }) { return .never }
        if let first = words.first, housekeeping.contains(first) { return .reportedOnly }
        return reportedOnly.contains(where: { has($0) }) ? .reportedOnly : .metered
    }

    /// Tools that count, sum up, forecast or repeat: words of the name, all of one group.
    private static let never: [[String]] = [
        ["count", "tokens"], ["count", "token"], ["token", "count"], ["token", "counter"],
        ["tokens", "count"], ["usage", "stats"], ["usage", "statistics"], ["get", "usage"],
        ["usage", "report"], ["usage", "summary"], ["token", "usage"], ["session", "usage"],
        ["estimate", "cost"], ["cost", "estimate"], ["estimate", "tokens"], ["fetch", "chunk"],
        ["get", "chunk"], ["check", "files"], ["create", "cache"], ["update", "cache"],
        ["delete", "cache"], ["list", "cache"], ["list", "caches"], ["get", "cache"],
        ["license", "status"], ["get", "license"], ["quota"],
    ]
    private static let reportedOnly: [[String]] = [
        ["conversation", "status"], ["session", "status"], ["server", "info"], ["get", "models"],
        ["model", "info"], ["cache", "stats"], ["license"],
    ]
    private static let housekeeping: Set<String> = ["list", "ping", "version", "health"]

    /// The words of `get-usage-stats`, `count_tokens`, `createCache`, in lower case.
    private static func words(of name: String) -> [String] {
        var words: [String] = []
        var word = ""
        var wasLower = false
        for byte in name.utf8 {
            let isUpper = (65...90).contains(byte)
            let isLower = (97...122).contains(byte) || (48...57).contains(byte)
            if !isUpper && !isLower || isUpper && wasLower {
                if !word.isEmpty { words.append(word) }
                word = ""
            }
            if isUpper || isLower { word.unicodeScalars.append(Unicode.Scalar(byte | 0x20)) }
            wasLower = isLower
        }
        if !word.isEmpty { words.append(word) }
        return words
    }
}
