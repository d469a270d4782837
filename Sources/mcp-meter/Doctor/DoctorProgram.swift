import Metering
import Policy
import Posix
import Records

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// Checks of the variables, the files they name, this program and the clock.
extension DoctorReport {
    mutating func checkVariables(
        _ values: [String: String], _ configuration: Configuration, complaints: [String],
        clients: Int
    ) {
        let area = "metering"
        let wanting = (Configuration.endpointVariables + Configuration.policyVariables)
            .filter { values[$0] != nil }
        switch (configuration.isOn, values["MCP_METER"]) {
        case (true, "on"): ok(area, "switch", "on: MCP_METER is on")
        case (true, _):
            ok(area, "switch", "on: \(wanting.first ?? "a variable") is set")
        case (false, "off"):
            warn(
                area, "switch", "off: MCP_METER is off, so servers run as if this were not here",
                remedy: "unset MCP_METER, or export MCP_METER=on")
        case (false, _) where clients > 0:
            ok(
                area, "switch",
                "off in this shell, on for \(Self.count(clients, "server")) of clients")
        case (false, _):
            warn(
                area, "switch", "off: no variable switches it on", remedy: "export MCP_METER=on")
        }
        if let policy = configuration.policy { ok(area, "policy", policy.sentence) }
        var said: Set<String> = []
        for line in configuration.complaints + complaints {
            guard said.insert(line).inserted else { continue }
            let name = line.split(separator: " ").first.map(String.init) ?? "the variable"
            fail(area, "variables", line, remedy: "set \(name) to what is expected, or unset it")
        }
        if said.isEmpty { ok(area, "variables", "every one that is set can be read") }
    }

    mutating func checkFiles(_ configuration: Configuration) {
        let area = "metering"
        if let path = configuration.pricesPath {
            do {
                let bytes = try readWholeFile(path, atMost: ConfigurationFiles.bytesMax)
                let table = try PriceTable(overriding: bytes)
                let own = table.entries.count - PriceTable.builtIn.entries.count
                ok(area, "prices", "\(Self.count(own, "model")) in \(path)")
            } catch {
                fail(
                    area, "prices", "MCP_METER_PRICES (\(path)): \(error)",
                    remedy: "mcp-meter prices --check \(path)")
            }
        } else {
            ok(area, "prices", "the built-in table")
        }
        checkRoutes(configuration, area)
        guard let path = configuration.profilesPath else { return }
        do {
            let profiles = try ProfileFile.read(
                readWholeFile(path, atMost: ConfigurationFiles.bytesMax))
            ok(area, "profiles", "\(Self.count(profiles.count, "profile")) in \(path)")
        } catch {
            fail(
                area, "profiles", "MCP_METER_PROFILES (\(path)): \(error)",
                remedy: "mend the file at that place, or unset MCP_METER_PROFILES")
        }
    }

    private mutating func checkRoutes(_ configuration: Configuration, _ area: String) {
        guard let path = configuration.policy?.routesPath else { return }
        do {
            let rules = try RouteFile.read(
                readWholeFile(path, atMost: ConfigurationFiles.bytesMax))
            ok(area, "routes", "\(Self.count(rules.count, "rule")) in \(path)")
        } catch {
            fail(
                area, "routes", "MCP_METER_ROUTES (\(path)): \(error)",
                remedy: "mend the file at that place, or unset MCP_METER_ROUTES")
        }
    }

    /// - Parameter now: the time of day.
    mutating func checkProgram(now: Timestamp) {
        let area = "program"
        var installed: Int64?
        do throws(SystemError) {
            let path = try executablePath()
            installed = try FileStatus(path: path).modified
            if access(path, X_OK) == 0 {
                ok(
                    area, "executable",
                    "\(Version.text) (\(Build.commit ?? "unknown commit")), \(path)")
            } else {
                fail(
                    area, "executable", "\(path) cannot be run", remedy: "chmod +x \(path)")
            }
        } catch {
            // It was replaced under us, or its file system is gone.
            fail(
                area, "executable", "this program's file is not there any more: \(error)",
                remedy: "start the new mcp-meter, if it was just updated")
        }
        checkGuardian(area)
        checkClock(area, now: now, installed: installed)
    }

    /// The process that ends a server whose relay was killed.
    private mutating func checkGuardian(_ area: String) {
        do throws(SystemError) {
            let guardian = try Guardian(guarding: BlackBox())
            let hasEnded = guardian.hasEnded
            guardian.dismiss()
            if hasEnded {
                fail(
                    area, "guardian", "it ended as soon as it was started",
                    remedy: "see whether something on this machine ends forked processes")
            } else {
                ok(area, "guardian", "can be started")
            }
        } catch {
            fail(
                area, "guardian", "cannot be started: \(error)",
                remedy: "allow more processes (`ulimit -u`) or more memory (`ulimit -v`)")
        }
    }

    /// The ledger's days and the receivers' periods go by it.
    private mutating func checkClock(_ area: String, now: Timestamp, installed: Int64?) {
        let seconds = now.microseconds / 1_000_000
        if let installed, seconds < installed &- 86_400 {
            let there = Timestamp(microseconds: installed &* 1_000_000).rfc3339
            fail(
                area, "clock", "\(now.rfc3339): before this program was installed, \(there)",
                remedy: "set the clock, and keep it set (`timedatectl set-ntp true`)")
        } else {
            ok(area, "clock", now.rfc3339)
        }
    }
}
