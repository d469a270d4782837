#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// Exit statuses, as `sysexits.h` numbers them. The relay has its server's own.
enum ExitCode: CInt, CaseIterable {
    /// Something needs a hand.
    case findings = 1
    case usage = 64
    case dataError = 65
    case noInput = 66
    case unavailable = 69
    case cannotCreate = 73
    case inputOutput = 74
    case temporaryFailure = 75
    case configuration = 78
    case notExecutable = 126
    case notFound = 127

    /// What help says it means.
    var meaning: String {
        switch self {
        case .findings: "`doctor` found something that needs a hand"
        case .usage: "the words on the command line make no sense"
        case .dataError: "a file's content cannot be used"
        case .noInput: "what was to be read is not there, or cannot be read"
        case .unavailable: "something needed is not there: an endpoint, an address, a price"
        case .cannotCreate: "a file or directory cannot be made"
        case .inputOutput: "reading or writing failed"
        case .temporaryFailure: "it did not work now, and may later"
        case .configuration: "a variable is missing, or has a value that cannot be used"
        case .notExecutable: "the server's command cannot be run"
        case .notFound: "the server's command was not found"
        }
    }

    /// Rows of help: success first.
    static var rows: [(String, String)] {
        [("0", "all is well; after a session, the server's own status")]
            + allCases.map { ("\($0.rawValue)", $0.meaning) }
    }
}

/// Ends the process with one of them.
func exit(_ code: ExitCode) -> Never { exit(code.rawValue) }
