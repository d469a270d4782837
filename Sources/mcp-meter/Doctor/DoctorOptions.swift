struct DoctorOptions: Equatable {
    /// For programs rather than people.
    var json = false
    /// Connect to nobody.
    var offline = false
    /// Start no server.
    var noStart = false
    /// How long a server may take to answer, in seconds.
    var patience: UInt64 = 10

    /// A server that is started may connect to somebody.
    var startsServers: Bool { !offline && !noStart }
}

extension Arguments {
    static func doctor(_ words: [String]) throws(Interruption) -> Invocation {
        var options = DoctorOptions()
        var reader = OptionReader(CommandTable.doctor, words)
        while let item = try reader.next() {
            switch item {
            case .flag("--json"): options.json = true
            case .flag("--offline"): options.offline = true
            case .flag("--no-start"): options.noStart = true
            case .value("--patience", let text):
                guard let seconds = UInt64(text), (1...600).contains(seconds) else {
                    throw reader.needs("--patience")
                }
                options.patience = seconds
            default: throw reader.unexpected(item)
            }
        }
        return .doctor(options)
    }
}
