import CPlatform

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// A NULL-terminated array of C strings, as `argv` and `envp` are: bytes, not text, because nothing
/// promises that an argument or a variable is valid UTF-8.
package final class CStringArray: @unchecked Sendable {
    // Sendable: never changed after `init`.

    /// The array as `execve` takes it; valid as long as this object lives.
    package let pointers: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
    /// The number of strings, the terminating NULL not counted.
    package let count: Int

    /// Copies strings.
    package convenience init(_ strings: [String]) {
        self.init(copies: strings.map { strdup($0) })
    }

    private init(copies: [UnsafeMutablePointer<CChar>?]) {
        count = copies.count
        pointers = .allocate(capacity: copies.count + 1)
        for (index, copy) in copies.enumerated() { (pointers + index).initialize(to: copy) }
        (pointers + copies.count).initialize(to: nil)
    }

    deinit {
        for index in 0..<count { free(pointers[index]) }
        pointers.deallocate()
    }

    /// The process's own arguments from `first` on, unchanged; 0 is the program's name.
    package static func commandLine(from first: Int) -> CStringArray {
        let all = CommandLine.unsafeArgv
        let count = Int(CommandLine.argc)
        guard first >= 0, first < count else { return CStringArray(copies: []) }
        return CStringArray(copies: (first..<count).compactMap { all[$0].map { strdup($0) } })
    }

    /// The process's environment without some variables and with others.
    ///
    /// - Parameters:
    ///   - names: variables left out.
    ///   - prefixes: beginnings of the names of variables left out.
    ///   - additions: `NAME=value` strings put at the end; they replace a variable of that name.
    package static func environment(
        removing names: [String] = [], prefixes: [String] = [], adding additions: [String] = []
    ) -> CStringArray {
        let replaced = additions.map { addition in
            String(addition.prefix(while: { $0 != "=" })) + "="
        }
        let hidden = prefixes + names.map { $0 + "=" } + replaced
        var kept: [UnsafeMutablePointer<CChar>?] = []
        if var next = cplatform_environment() {
            while let variable = next.pointee {
                let isHidden = hidden.contains { strncmp(variable, $0, $0.utf8.count) == 0 }
                if !isHidden { kept.append(strdup(variable)) }
                next += 1
            }
        }
        for addition in additions { kept.append(strdup(addition)) }
        return CStringArray(copies: kept)
    }

    /// The strings, invalid UTF-8 repaired; for messages and tests.
    package var strings: [String] {
        (0..<count).map { index in pointers[index].map { String(cString: $0) } ?? "" }
    }

    /// The value of `name` where the array is an environment; nil when it is not set.
    func value(of name: StaticString) -> UnsafePointer<CChar>? {
        let length = name.utf8CodeUnitCount
        return name.withUTF8Buffer { name in
            for index in 0..<count {
                guard let variable = pointers[index] else { continue }
                let matches = (0..<length).allSatisfy {
                    // Stops at the terminator, which equals no byte of a name.
                    UInt8(bitPattern: variable[$0]) == name[$0]
                }
                if matches, variable[length] == CChar(UInt8(ascii: "=")) {
                    return UnsafePointer(variable + length + 1)
                }
            }
            return nil
        }
    }
}
