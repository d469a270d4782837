import Posix

/// The clients of this machine and their configurations.
package enum Clients {
    /// Every configuration that is there, in the order of `places`. One that cannot be used has a
    /// problem and no entries.
    ///
    /// - Parameters:
    ///   - environment: of it `HOME`, `XDG_CONFIG_HOME`, `CLAUDE_CONFIG_DIR` and `CODEX_HOME` count.
    ///   - workingDirectory: absolute; the project is there.
    package static func configurations(
        environment: [String: String], workingDirectory: String, platform: Platform = .current
    ) -> [ConfigurationFile] {
        opened(
            places(
                environment: environment, workingDirectory: workingDirectory, platform: platform),
            meter: MeterCommand()
        ).map(\.file)
    }

    /// Where clients look: the project's places, nearest first, then the user's.
    package static func places(
        environment: [String: String], workingDirectory: String, platform: Platform = .current
    ) -> [Place] {
        Places(environment, workingDirectory, platform).all
    }

    /// What is at these places, each file once, whatever names it has.
    package static func opened(
        _ places: [Place], meter: MeterCommand
    ) -> [OpenConfiguration] {
        var seen: Set<FileIdentity> = []
        return places.compactMap { place in
            let open = OpenConfiguration(place, meter: meter)
            if case .missing? = open.file.problem { return nil }
            if let identity = open.identity, !seen.insert(identity).inserted { return nil }
            return open
        }
    }
}
