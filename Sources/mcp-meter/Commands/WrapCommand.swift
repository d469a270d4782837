import Posix
import Setup

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// `mcp-meter wrap`: mcp-meter in front of the servers of clients.
enum WrapCommand {
    static func run(_ options: WrapOptions) -> Never {
        let environment = Environment.current()
        var job = SetupJob(options, environment)
        guard !options.servers.isEmpty || options.isAll else {
            Console.print(ServerListing.text(job.files))
            job.leave()
        }
        var isAnyUnmetered = false
        for open in job.files {
            var wrappings: [Int: Wrapping] = [:]
            for index in job.chosen(in: open) {
                let entry = open.file.entries[index]
                if let reason = obstacle(entry, isNamed: !options.isAll) {
                    job.note(open, entry, "is left as it is: \(reason)", isDone: false)
                    continue
                }
                let wrapping = Wrapping(
                    command: command(for: entry, open.file.client, options, environment),
                    variables: options.variables)
                let isChanged = !entry.isWrapped || !missing(wrapping, entry).isEmpty
                if isChanged { wrappings[index] = wrapping }
                job.note(open, entry, news(entry, wrapping, options.isDryRun))
                if !isMetered(entry, wrapping, open.file.client, environment) {
                    isAnyUnmetered = true
                }
            }
            guard !wrappings.isEmpty else { continue }
            job.apply { () throws(PlanError) in
                try PlannedChange(wrapping: wrappings, in: open)
            }
        }
        if isAnyUnmetered {
            Console.complain(
                "nothing is metered until a variable says so: "
                    + "mcp-meter wrap \(options.isAll ? "--all" : options.servers[0]) "
                    + "--env MCP_METER=on keeps a ledger.")
        }
        job.leave()
    }

    private static func missing(
        _ wrapping: Wrapping, _ entry: ServerEntry
    ) -> [Wrapping.Variable] {
        wrapping.variables.filter { variable in
            !entry.environment.contains { $0.name == variable.name }
        }
    }

    /// What becomes of a server, in words.
    private static func news(
        _ entry: ServerEntry, _ wrapping: Wrapping, _ isDryRun: Bool
    ) -> String {
        let missing = missing(wrapping, entry).map(\.name)
        let kept = wrapping.variables.filter { variable in
            entry.environment.contains { $0.name == variable.name && $0.value != variable.value }
        }
        var words =
            switch (entry.isWrapped, missing.isEmpty) {
            case (false, _): isDryRun ? "would be wrapped" : "wrapped"
            case (true, true): "is wrapped already"
            case (true, false):
                "is wrapped already; \(missing.joined(separator: ", ")) "
                    + (isDryRun ? "would be added" : "added")
            }
        if !kept.isEmpty {
            words += "; has another \(kept.map(\.name).joined(separator: ", ")), which stays"
        }
        return words
    }

    /// What keeps a server from being wrapped.
    private static func obstacle(_ entry: ServerEntry, isNamed: Bool) -> String? {
        // Whoever names a server that is switched off means it.
        if entry.obstacle == .disabled, isNamed { return nil }
        return entry.obstacle.map(ServerListing.words)
    }

    private static func command(
        for entry: ServerEntry, _ client: Client?, _ options: WrapOptions,
        _ environment: [String: String]
    ) -> String {
        if let command = options.command { return command }
        // A file that is checked in should say the same on every machine; but a client that looks
        // elsewhere than this shell would not find the name.
        let hasPath = entry.environment.contains { $0.name == "PATH" }
        let usesName = client.map { !$0.isGraphical } == true && !hasPath
        do throws(SystemError) {
            return try MeterCommand.command(path: environment["PATH"], usesName: usesName)
        } catch {
            Console.fail(
                "cannot tell where this program is (\(error)): say so with --command PATH.",
                ExitCode.usage)
        }
    }

    /// Whether anything would be metered with the variables the client gives the server.
    private static func isMetered(
        _ entry: ServerEntry, _ wrapping: Wrapping, _ client: Client?,
        _ environment: [String: String]
    ) -> Bool {
        // Desktop programs do not have the shell's variables, and Codex hands few of them on.
        let isFromShell = client == .claudeCode || client == .geminiCLI
        var variables = isFromShell ? environment : [:]
        for variable in wrapping.variables { variables[variable.name] = variable.value }
        for variable in entry.environment { variables[variable.name] = variable.value ?? "" }
        return Configuration(variables).isOn
    }
}

/// `mcp-meter unwrap`: the servers of clients without mcp-meter.
enum UnwrapCommand {
    static func run(_ options: WrapOptions) -> Never {
        var job = SetupJob(options, Environment.current())
        guard !options.servers.isEmpty || options.isAll else {
            Console.print(ServerListing.text(job.files))
            job.leave()
        }
        for open in job.files {
            var indices: [Int] = []
            for index in job.chosen(in: open) {
                let entry = open.file.entries[index]
                if entry.isWrapped {
                    indices.append(index)
                    job.note(open, entry, options.isDryRun ? "would be unwrapped" : "unwrapped")
                } else if !options.isAll {
                    job.note(open, entry, "is not wrapped")
                }
            }
            guard !indices.isEmpty else { continue }
            job.apply { () throws(PlanError) in
                try PlannedChange(unwrapping: indices, in: open)
            }
        }
        job.leave()
    }
}
