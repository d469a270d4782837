/// Where the clients keep their session logs, from the environment. Nothing is touched yet.
package struct LogPlaces: Equatable, Sendable {
    package struct Root: Equatable, Sendable {
        package var client: LogClient
        /// Logs are in this directory and below.
        package var path: String
    }

    /// In the order in which they are read.
    package var roots: [Root] = []

    /// - Parameter environment: the variables by name; an empty value is the same as none.
    ///
    /// - Claude Code: `CLAUDE_CONFIG_DIR`, several with commas; else `$XDG_CONFIG_HOME/claude`
    ///   (`~/.config/claude`) and `~/.claude`; in each `projects`.
    /// - Codex: `CODEX_HOME`, else `~/.codex`; in it `sessions`, then `archived_sessions`.
    /// - Gemini CLI: `.gemini/tmp` in `GEMINI_CLI_HOME`, else in the home directory.
    /// - Grok Build: `GROK_HOME`, else `~/.grok`; in it `sessions`.
    package init(_ environment: [String: String], clients: Set<LogClient>) {
        let values = environment.filter { !$0.value.isEmpty }
        let home = values["HOME"].map(withoutTrailingSlash)
        func inHome(_ path: String) -> String? { home.map { $0 + path } }
        func add(_ client: LogClient, _ directory: String?, _ name: String) {
            guard clients.contains(client), let directory else { return }
            let root = Root(client: client, path: withoutTrailingSlash(directory) + "/" + name)
            if !roots.contains(root) { roots.append(root) }
        }
        if let list = values["CLAUDE_CONFIG_DIR"] {
            for word in list.split(separator: ",") {
                let path = withoutTrailingSlash(trimmed(word))
                // Some name the directory of the projects itself.
                let isProjects = path.hasSuffix("/projects")
                if !path.isEmpty {
                    add(.claudeCode, isProjects ? String(path.dropLast(9)) : path, "projects")
                }
            }
        } else {
            let configuration = values["XDG_CONFIG_HOME"] ?? inHome("/.config")
            add(.claudeCode, configuration.map { withoutTrailingSlash($0) + "/claude" }, "projects")
            add(.claudeCode, inHome("/.claude"), "projects")
        }
        let codex = values["CODEX_HOME"] ?? inHome("/.codex")
        // Before the archive: of two copies of a session the active one is read.
        add(.codex, codex, "sessions")
        add(.codex, codex, "archived_sessions")
        add(.gemini, values["GEMINI_CLI_HOME"] ?? home, ".gemini/tmp")
        add(.grok, values["GROK_HOME"] ?? inHome("/.grok"), "sessions")
    }
}

func withoutTrailingSlash(_ path: String) -> String {
    var rest = path[...]
    while rest.utf8.count > 1, rest.utf8.last == UInt8(ascii: "/") { rest.removeLast() }
    return String(rest)
}

private func trimmed(_ text: Substring) -> String {
    var rest = text
    while rest.first == " " { rest.removeFirst() }
    while rest.last == " " { rest.removeLast() }
    return String(rest)
}
