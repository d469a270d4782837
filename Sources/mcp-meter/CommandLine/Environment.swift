import Posix

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// This process's environment.
enum Environment {
    /// Every variable; of a repeated one the first, as `getenv` has it.
    static func current() -> [String: String] {
        var variables: [String: String] = [:]
        for variable in CStringArray.environment().strings {
            guard let equals = variable.utf8.firstIndex(of: UInt8(ascii: "=")) else { continue }
            let name = String(variable[..<equals])
            if variables[name] == nil {
                variables[name] = String(variable[variable.utf8.index(after: equals)...])
            }
        }
        return variables
    }

    /// Takes our own variables out. Only where no other thread runs.
    static func removeOwn() {
        for name in current().keys where isOwn(name) { unsetenv(name) }
    }

    /// Whether a variable is ours and none of the server's business: tokens are among them.
    static func isOwn(_ name: String) -> Bool {
        Configuration.ownNames.contains(name)
            || Configuration.ownPrefixes.contains { name.hasPrefix($0) }
    }
}
