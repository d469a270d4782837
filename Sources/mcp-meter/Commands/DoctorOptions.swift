struct DoctorOptions: Equatable {
    /// For programs rather than people.
    var json = false
    /// Connect to nobody.
    var offline = false
}

extension Arguments {
    static func doctor(_ words: [String]) -> Invocation {
        var options = DoctorOptions()
        for word in words {
            switch word {
            case "--json": options.json = true
            case "--offline": options.offline = true
            case _ where isHelp(word): return .help("doctor")
            default: return unexpected(word, in: "doctor", ["--json", "--offline", "--help"])
            }
        }
        return .doctor(options)
    }
}
