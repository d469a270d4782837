struct ServeOptions: Equatable {
    /// Where to listen, instead of `MCP_METER_LISTEN`.
    var listen: String?
    /// Read the session logs of clients too.
    var importsLogs = true
}

extension Arguments {
    static func serve(_ words: [String]) -> Invocation {
        var options = ServeOptions()
        var rest = words[...]
        while let word = rest.popFirst() {
            switch word {
            case "--listen":
                guard let value = rest.popFirst(), !value.isEmpty else {
                    return .misuse("`--listen` needs an address and a port.")
                }
                options.listen = value
            case "--no-import": options.importsLogs = false
            case _ where isHelp(word): return .help("serve")
            default:
                return unexpected(word, in: "serve", ["--listen", "--no-import", "--help"])
            }
        }
        return .serve(options)
    }
}
