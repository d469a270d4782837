import Posix
import Setup

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// What `wrap` and `unwrap` share: which files and servers are meant, and how it went.
struct SetupJob {
    /// Those that are there, the ones that cannot be used left out.
    let files: [OpenConfiguration]
    private let options: WrapOptions
    private var status: ExitCode?
    private var notes: [String] = []
    /// Whether a named server was neither changed nor found as it should be.
    private var isInVain = false
    private var isAnyGood = false

    init(_ options: WrapOptions, _ environment: [String: String]) {
        self.options = options
        let opened = Clients.opened(Self.places(options, environment), meter: MeterCommand())
        files = opened.filter { $0.file.problem == nil }
        for path in options.files where access(path, F_OK) != 0 {
            Console.complain("\(path): no such file: give the path of a client's configuration.")
            status = ExitCode.noInput
        }
        for problem in opened.compactMap(\.file.problem) {
            Console.complain("\(problem); mend it, then try again.")
            if status == nil {
                status =
                    if case .malformed = problem { ExitCode.configuration } else {
                        ExitCode.noInput
                    }
            }
        }
        checkNames()
    }

    private static func places(
        _ options: WrapOptions, _ environment: [String: String]
    ) -> [Place] {
        if !options.files.isEmpty {
            return options.files.map { Place($0, options.clients.first ?? Client.usual($0)) }
        }
        // Without one only what the user has everywhere can be found.
        let directory = (try? currentDirectory()) ?? "/"
        return Clients.places(environment: environment, workingDirectory: directory)
            .filter { place in
                options.clients.isEmpty || options.clients.contains { $0 == place.client }
            }
    }

    /// A name that is nowhere is a mistake, and nothing at all is done.
    private func checkNames() {
        let names = files.flatMap { $0.file.entries.map(\.name) }
        let unknown = options.servers.filter { !names.contains($0) }
        guard let first = unknown.first else { return }
        let quoted = unknown.map { "`\($0)`" }.joined(separator: ", ")
        Console.fail(
            "no server \(quoted) in "
                + (files.isEmpty
                    ? "any configuration that can be read."
                    : "\(files.map(\.file.path).joined(separator: ", ")).")
                + Spelling.suggestion(first, names)
                + " `mcp-meter wrap` lists what there is.",
            status ?? .usage)
    }

    /// The servers of a file that are meant, by their indices.
    func chosen(in open: OpenConfiguration) -> [Int] {
        open.file.entries.indices.filter {
            options.isAll || options.servers.contains(open.file.entries[$0].name)
        }
    }

    /// Remembers what is to be said of a server once its file is written.
    mutating func note(
        _ open: OpenConfiguration, _ entry: ServerEntry, _ words: String, isDone: Bool = true
    ) {
        notes.append("\(open.file.path): \(ServerListing.name(entry)) \(words)\n")
        if isDone { isAnyGood = true } else { isInVain = true }
    }

    /// Makes a change, or shows it.
    mutating func apply(_ plan: () throws(PlanError) -> PlannedChange) {
        let change: PlannedChange
        do throws(PlanError) {
            change = try plan()
        } catch {
            fail("\(error).", ExitCode.configuration)
            return
        }
        if options.isDryRun {
            Console.print(change.diff)
            return
        }
        do throws(WriteError) {
            try change.write()
        } catch {
            let isPassing = if case .changed = error { true } else { false }
            fail("\(error).", isPassing ? ExitCode.temporaryFailure : ExitCode.cannotCreate)
            return
        }
        say()
        if let backup = change.leftBackup {
            Console.complain(
                "\(change.path) was edited since it was wrapped: those edits stay, and what was "
                    + "before them is in \(backup).")
        }
    }

    private mutating func fail(_ line: String, _ code: ExitCode) {
        notes = []
        Console.complain(line)
        if status == nil { status = code }
    }

    /// Says what was noted: on standard error where standard output is a diff.
    private mutating func say() {
        for note in notes {
            if options.isDryRun { Console.write(2, note) } else { Console.print(note) }
        }
        notes = []
    }

    mutating func leave() -> Never {
        say()
        if status == nil, isInVain, !isAnyGood, !options.isAll { status = ExitCode.usage }
        exit(status?.rawValue ?? 0)
    }
}
