struct ServeOptions: Equatable {
    /// Where to listen, instead of `MCP_METER_LISTEN`.
    var listen: String?
    /// Read the session logs of clients too.
    var importsLogs = true
}

extension Arguments {
    static func serve(_ words: [String]) throws(Interruption) -> Invocation {
        var options = ServeOptions()
        var reader = OptionReader(CommandTable.serve, words)
        while let item = try reader.next() {
            switch item {
            case .value("--listen", let address): options.listen = address
            case .flag("--no-import"): options.importsLogs = false
            default: throw reader.unexpected(item)
            }
        }
        return .serve(options)
    }
}
