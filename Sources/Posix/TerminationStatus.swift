#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// How a process ended.
package enum TerminationStatus: Equatable, Sendable {
    /// It left by itself, with this code (0…255).
    case exited(Int32)
    /// This signal ended it.
    case signalled(Int32)

    /// Reads what `waitpid` reports of a process that has ended.
    package init(waitStatus: CInt) {
        // WIFEXITED and WEXITSTATUS are macros, which Swift does not import.
        let signal = waitStatus & 0x7f
        self = signal == 0 ? .exited((waitStatus >> 8) & 0xff) : .signalled(signal)
    }

    /// What a shell would show in `$?`.
    package var shellCode: Int32 {
        switch self {
        case .exited(let code): code
        case .signalled(let signal): 128 &+ signal
        }
    }
}
