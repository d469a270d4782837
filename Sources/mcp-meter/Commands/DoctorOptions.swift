struct DoctorOptions: Equatable {
    /// For programs rather than people.
    var json = false
    /// Connect to nobody.
    var offline = false
}

extension Arguments {
    static func doctor(_ words: [String]) throws(Interruption) -> Invocation {
        var options = DoctorOptions()
        var reader = OptionReader(CommandTable.doctor, words)
        while let item = try reader.next() {
            switch item {
            case .flag("--json"): options.json = true
            case .flag("--offline"): options.offline = true
            default: throw reader.unexpected(item)
            }
        }
        return .doctor(options)
    }
}
