/// The name a server has before its handshake gives one: the package or script of its command.
package enum ServerName {
    /// The name, such as `gemini-mcp-tool` for `npx -y gemini-mcp-tool@1.2`; nil for no command.
    ///
    /// - Parameter command: the program and its arguments.
    package static func from(command: [String]) -> String? {
        var words = command[...]
        // A launcher may start a launcher (`env A=b npx x`, `sh -c "uvx x"`): few do more than two.
        for _ in 0..<4 {
            guard let program = words.first else { return nil }
            let name = stem(lastComponent(program))
            switch launched(by: name, words.dropFirst()) {
            case .itself: return named(program) ?? name
            case .word(let word): return named(word) ?? name
            case .command(let rest) where !rest.isEmpty: words = rest
            case .command: return name
            }
        }
        return words.first.flatMap(named)
    }

    private enum Launched {
        /// The program is the server.
        case itself
        /// The package, script or image that is the server.
        case word(String)
        /// Another command.
        case command(ArraySlice<String>)
    }

    private static func launched(by name: String, _ words: ArraySlice<String>) -> Launched {
        switch name {
        case "npx", "bunx", "pnpx", "uvx", "pipx", "tsx", "ts-node", "node", "nodejs", "bun",
            "deno", "npm", "pnpm", "yarn", "uv", "go", "ruby", "java", "dotnet", "perl", "php":
            return target(of: name, words)
        case "sh", "bash", "zsh", "dash", "cmd", "powershell", "pwsh":
            return shell(words)
        case "env", "nice", "nohup", "time", "sudo", "exec", "stdbuf", "caffeinate":
            let rest = words.drop { $0.hasPrefix("-") || $0.contains("=") }
            return rest.isEmpty ? .itself : .command(rest)
        case "docker", "podman", "nerdctl":
            return image(words)
        default:
            return name.hasPrefix("python") || name.hasPrefix("pypy")
                ? target(of: "python", words) : .itself
        }
    }

    /// The first word that is neither an option nor its value nor a verb of the launcher.
    private static func target(of launcher: String, _ words: ArraySlice<String>) -> Launched {
        let verbs: Set<String> = ["exec", "dlx", "run", "x", "tool", "start", "--"]
        var fallback: String?
        var rest = words
        while let word = rest.popFirst() {
            if verbs.contains(word), launcher != "python", launcher != "node" { continue }
            guard word.hasPrefix("-"), word.count > 1 else {
                let isGeneric = genericStems.contains(stem(lastComponent(word)).lowercased())
                return .word(isGeneric && !word.contains("/") ? fallback ?? word : word)
            }
            if word == "-m" || word == "-jar", let module = rest.first { return .word(module) }
            // Where a project is, or what a package is called: better than `server.py`.
            if ["--directory", "--project", "--prefix", "--cwd", "-C", "--dir"].contains(word) {
                fallback = rest.popFirst() ?? fallback
            } else if ["-p", "--package", "--from", "-c", "--call", "--with"].contains(word),
                launcher != "node", launcher != "python"
            {
                let value = rest.popFirst()
                if word != "--with" { fallback = fallback ?? value }
            } else if [
                "-r", "--require", "--import", "--loader", "--env-file", "--python",
                "--index-url", "--registry", "-W", "-X", "--conditions", "--spec",
            ].contains(word) {
                _ = rest.popFirst()
            }
        }
        return fallback.map(Launched.word) ?? .itself
    }

    /// The command in the script of `sh -c`, or the script's file.
    private static func shell(_ words: ArraySlice<String>) -> Launched {
        guard let option = words.first else { return .itself }
        let rest = words.dropFirst()
        if option.lowercased() == "/c" { return rest.isEmpty ? .itself : .command(rest) }
        guard option.hasPrefix("-") else { return .word(option) }
        guard option.hasSuffix("c") || option.lowercased() == "-command",
            let script = rest.first
        else { return shell(rest) }
        // The last command of `cd x && exec y` is the one that stays.
        let last = script.split(whereSeparator: { ";&|\n".contains($0) }).last ?? ""
        let parts = last.split(separator: " ").map { $0.filter { !"'\"".contains($0) } }
        return parts.isEmpty ? .itself : .command(parts[...])
    }

    /// The image of `docker run`.
    private static func image(_ words: ArraySlice<String>) -> Launched {
        var rest = words.drop { $0 == "container" || $0 == "run" || $0 == "exec" }
        let flags: Set<String> = [
            "-i", "-t", "-it", "-ti", "-d", "--rm", "--init", "--interactive", "--tty",
            "--privileged", "--read-only",
        ]
        while let word = rest.popFirst() {
            guard word.hasPrefix("-") else { return .word(word) }
            if !flags.contains(word), !word.contains("=") { _ = rest.popFirst() }
        }
        return .itself
    }

    /// The telling part of a path, package, image or module.
    private static func named(_ word: String) -> String? {
        var parts = word.split(whereSeparator: { $0 == "/" || $0 == "\\" }).map(String.init)
        if parts.first?.hasSuffix(":") == true { parts.removeFirst() }
        guard !parts.isEmpty else { return nil }
        let stems = parts.map(stem)
        for (part, stem) in zip(parts, stems).reversed() {
            let plain = part.hasPrefix("@") ? String(part.dropFirst()) : stem
            if !plain.isEmpty, !genericStems.contains(plain.lowercased()) { return plain }
        }
        return stems.last
    }

    private static func lastComponent(_ path: String) -> String {
        path.split(whereSeparator: { $0 == "/" || $0 == "\\" }).last.map(String.init) ?? path
    }

    /// A file, package or image name without extension, version, tag or repository suffix.
    private static func stem(_ name: String) -> String {
        var name = name
        for mark in ["@", ":", "#", "=="] {
            if let found = firstIndex(of: mark, in: name), found > name.startIndex {
                name = String(name[..<found])
            }
        }
        for ending in extensions where name.hasSuffix(ending) && name.utf8.count > ending.utf8.count
        {
            return String(name.dropLast(ending.count))
        }
        return name
    }

    private static func firstIndex(of mark: String, in name: String) -> String.Index? {
        var index = name.startIndex
        while index < name.endIndex {
            if name[index...].hasPrefix(mark) { return index }
            index = name.index(after: index)
        }
        return nil
    }

    private static let extensions = [
        ".js", ".mjs", ".cjs", ".ts", ".mts", ".py", ".rb", ".php", ".pl", ".jar", ".dll", ".sh",
        ".exe", ".cmd", ".bat", ".git", ".go",
    ]

    /// Parts of a path that name every server, and so none.
    private static let genericStems: Set<String> = [
        "index", "main", "__main__", "server", "mcp", "mcp-server", "mcp_server", "app", "cli",
        "run", "start", "dist", "build", "out", "lib", "src", "bin", "target", "release", "debug",
        "cmd", "scripts", "packages", "node_modules", ".bin", ".venv", "venv", "stdio", "opt",
        "usr", "local", "home", "root", "tmp", "app.asar", ".", "..", "~", "modelcontextprotocol",
    ]
}
