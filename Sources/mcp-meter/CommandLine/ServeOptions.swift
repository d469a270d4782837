struct ServeOptions: Equatable {
    /// Where to listen, instead of `MCP_METER_LISTEN`.
    var listen: String?
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
            case _ where isHelp(word): return .help("serve")
            default: return unexpected(word, in: "serve", ["--listen", "--help"])
            }
        }
        return .serve(options)
    }
}
