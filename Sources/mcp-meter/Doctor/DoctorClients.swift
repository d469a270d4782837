import Metering
import Posix
import Setup

/// Checks of clients' configurations: whether what they wrapped is found, metered, and answers.
extension DoctorReport {
    /// - Parameters:
    ///   - servers: those that are wrapped in these files.
    ///   - results: of those that were started.
    mutating func checkClients(
        _ files: [ConfigurationFile], _ servers: [WrappedServer], _ results: ServerTrials.Results
    ) {
        guard !files.isEmpty else {
            ok("clients", "configurations", "none found, here or in the home directory")
            return
        }
        for file in files {
            checkFile(Self.area(of: file), file)
            for server in servers where server.file.path == file.path {
                check(Self.area(of: file), server, results[server.start])
            }
        }
    }

    static func area(of file: ConfigurationFile) -> String {
        (file.client?.name ?? "configuration") + " (\(file.path))"
    }

    private mutating func checkFile(_ area: String, _ file: ConfigurationFile) {
        if let problem = file.problem {
            fail(
                area, "file", "\(problem)",
                remedy: "mend the file at that place; its client cannot read it either")
            return
        }
        let wrapped = file.entries.count { $0.isWrapped }
        let others = file.entries.filter { !$0.isWrapped && $0.obstacle == nil }.map(\.name)
        var text = "\(Self.count(file.entries.count, "server")), \(wrapped) wrapped"
        if !others.isEmpty {
            text += "; not wrapped: " + others.map(ServerListing.visible).joined(separator: ", ")
        }
        ok(area, "file", text)
    }

    private mutating func check(
        _ area: String, _ server: WrappedServer, _ result: ServerTrial.Result?
    ) {
        let name = server.name
        if let missing = server.missing {
            let isMeter = missing == server.entry.command
            let place =
                missing.utf8.contains(UInt8(ascii: "/"))
                ? "is no program"
                : "is not found on the PATH it is given (\(server.path ?? "none"))"
            fail(
                area, name, "`\(missing)` \(place)",
                remedy: isMeter
                    ? "put it there, or mcp-meter unwrap \(name) and mcp-meter wrap \(name)"
                    : "install \(missing), or give its full path in \(server.place)")
            return
        }
        if !server.isMetered {
            warn(
                area, name, "wrapped, but no variable switches metering on",
                remedy: "mcp-meter wrap \(name) --env MCP_METER=on")
        }
        guard let result else {
            ok(
                area, name,
                server.unresolved.map { "wrapped; not started, for only its client knows \($0)" }
                    ?? "wrapped; not started")
            return
        }
        report(area, server, result)
    }

    private mutating func report(
        _ area: String, _ server: WrappedServer, _ result: ServerTrial.Result
    ) {
        let name = server.name
        let byHand = "run the command in \(server.place) by hand, and see what it says"
        switch result.outcome {
        case .answered(let title, let version):
            let who = [title, version].compactMap(\.self).joined(separator: " ")
            let text =
                "answers after \(result.milliseconds) ms" + (who.isEmpty ? "" : ": \(who)")
            if result.isNoisy {
                warn(
                    area, name, text + "; and writes lines that are no JSON-RPC",
                    remedy: "have it write its log to standard error")
            } else {
                ok(area, name, text)
            }
        case .refused(let code):
            fail(area, name, "refuses `initialize` with error \(code)", remedy: byHand)
        case .ended(let status):
            let how =
                switch status {
                case .exited(let code): "ends with \(code)"
                case .signalled(let signal): "is ended by signal \(signal)"
                }
            fail(area, name, "\(how) instead of answering `initialize`", remedy: byHand)
        case .silent:
            fail(
                area, name, "does not answer `initialize` within \(result.milliseconds / 1000) s",
                remedy: "mcp-meter doctor --patience 60, if it is only slow; else " + byHand)
        case .notStarted:
            fail(area, name, "cannot be started", remedy: byHand)
        case .unable(let error):
            fail(
                area, name, "nothing can be started: \(error)",
                remedy: "allow more processes (`ulimit -u`) or files (`ulimit -n`)")
        }
    }
}
