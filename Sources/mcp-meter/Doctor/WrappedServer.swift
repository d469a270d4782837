import Posix
import Setup

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// A wrapped server of a client's configuration, and what the client would make of it.
struct WrappedServer {
    /// What is started, and with what; equal ones need to be started once only.
    struct Start: Hashable, Sendable {
        let command: [String]
        let environment: [String: String]
    }

    let entry: ServerEntry
    let file: ConfigurationFile
    let start: Start
    /// A reference in command, arguments or variables that only the client can resolve.
    let unresolved: String?
    /// The command that is not found where the client looks: mcp-meter's, or the server's own.
    let missing: String?
    /// The variables it gets, for mcp-meter too. Some are secrets.
    let variables: [String: String]
    /// Whether those switch metering on.
    let isMetered: Bool

    /// The server's name, as a line can show it.
    var name: String { ServerListing.visible(entry.name) }
    /// Where it stands.
    var place: String { "\(file.path):\(entry.line)" }
    /// Where its commands are looked for.
    var path: String? { start.environment["PATH"] }

    init(_ entry: ServerEntry, _ file: ConfigurationFile, _ ours: [String: String]) {
        self.entry = entry
        self.file = file
        var references = References(ours)
        var environment = Self.inherited(by: file.client, ours)
        for variable in entry.environment {
            environment[variable.name] = variable.value.map { references.resolved($0) } ?? ""
        }
        variables = environment
        isMetered = Configuration(environment).isOn
        for name in environment.keys where Environment.isOwn(name) { environment[name] = nil }
        // It is started to see whether it answers; that is no session to be metered.
        environment["MCP_METER"] = "off"
        let words = ([entry.command].compactMap(\.self) + entry.arguments)
            .map { references.resolved($0) }
        start = Start(command: words, environment: environment)
        unresolved = references.unresolved
        let own = entry.wrapped?.first.map { references.resolved($0) }
        let path = environment["PATH"]
        missing = [words.first, own].compactMap(\.self).first { !Self.isFound($0, path) }
    }

    /// What the client has from where it was started: on macOS a desktop program has launchd's
    /// variables and not the shell's, and Codex hands few of its own on.
    private static func inherited(
        by client: Client?, _ ours: [String: String]
    ) -> [String: String] {
        let few = ["HOME", "USER", "LOGNAME", "PATH", "SHELL", "TERM", "LANG", "LC_ALL", "TMPDIR"]
        switch client {
        case .codex: return ours.filter { few.contains($0.key) }
        case .claudeDesktop?, .cursor?, .vsCode?, .windsurf?:
            #if canImport(Darwin)
                var variables = ours.filter { few.contains($0.key) }
                variables["PATH"] = "/usr/bin:/bin:/usr/sbin:/sbin"
                return variables
            #else
                // Which variables of ours it has is not known; those that meter it has hardly.
                return ours.filter { !Environment.isOwn($0.key) }
            #endif
        case .claudeCode?, .geminiCLI?, nil: return ours
        }
    }

    private static func isFound(_ command: String, _ path: String?) -> Bool {
        let files = CommandSearch.candidates(
            for: Array(command.utf8), path: path.map { Array($0.utf8) })
        return files.contains { file in
            let name = String(decoding: file.dropLast(), as: UTF8.self)
            return access(name, X_OK) == 0 && (try? FileStatus(path: name))?.kind == .regular
        }
    }
}

/// Replaces `${NAME}`, `${NAME:-default}` and `${env:NAME}` as clients do.
private struct References {
    private let variables: [String: String]
    /// The first that could not be replaced.
    private(set) var unresolved: String?

    init(_ variables: [String: String]) { self.variables = variables }

    mutating func resolved(_ text: String) -> String {
        var result = ""
        var rest = text[...]
        while let start = Self.place(of: "${", in: rest),
            let end = rest[start...].firstIndex(of: "}")
        {
            result += rest[..<start]
            let name = rest[rest.index(start, offsetBy: 2)..<end]
            if let value = value(name) {
                result += value
            } else {
                result += rest[start...end]
                unresolved = unresolved ?? Self.shown(name)
            }
            rest = rest[rest.index(after: end)...]
        }
        return result + rest
    }

    /// What kind of thing it is, and no more: what follows may be anything.
    private static func shown(_ name: Substring) -> String {
        ServerListing.visible("${" + name.prefix { $0 != ":" }.prefix(40)) + "…}"
    }

    private func value(_ name: Substring) -> String? {
        if name.hasPrefix("env:") { return variables[String(name.dropFirst(4))] ?? "" }
        if let colon = Self.place(of: ":-", in: name) {
            let value = variables[String(name[..<colon])] ?? ""
            return value.isEmpty ? String(name[name.index(colon, offsetBy: 2)...]) : value
        }
        return variables[String(name)]
    }

    private static func place(of mark: String, in text: Substring) -> Substring.Index? {
        text.indices.first { text[$0...].hasPrefix(mark) }
    }
}
