package import Posix

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// Something the disk refused: what was being done, to what, and the system's reason.
package struct LedgerError: Error, Equatable, Sendable, CustomStringConvertible {
    /// Completes "cannot …".
    package enum Action: String, Sendable {
        case createDirectory = "create directory"
        case createSegment = "create ledger file"
        case append = "append to"
        case synchronize = "flush"
        case list, read
        case saveCursor = "save cursor"
        case remove
    }

    package let action: Action
    package let path: String
    package let cause: SystemError

    package init(action: Action, path: String, cause: SystemError) {
        self.action = action
        self.path = path
        self.cause = cause
    }

    /// Whether the same operation can succeed later with nobody changing permissions, paths or
    /// mounts: a full disk empties, a process gets descriptors back.
    package var isTransient: Bool {
        switch cause.code {
        case EACCES, EPERM, EROFS, ENOTDIR, EISDIR, ELOOP, ENAMETOOLONG, EINVAL, EMSGSIZE: false
        default: true
        }
    }

    package var description: String {
        let what = "cannot \(action.rawValue) \(path): \(cause.reason)"
        return hint.map { "\(what); \($0)" } ?? what
    }

    /// What a person can do about it.
    private var hint: String? {
        switch cause.code {
        case ENOSPC, EDQUOT:
            switch action {
            case .append, .createSegment: "records are lost until there is room"
            case .saveCursor: "what was delivered may be delivered again"
            default: nil
            }
        case EACCES, EPERM, EROFS, ENOTDIR, ELOOP:
            "set MCP_METER_STATE_DIR to a directory this user can write to"
        case EMSGSIZE: "a ledger line may have \(LedgerLimits.lineBytesMax) bytes"
        default: nil
        }
    }
}

/// Runs a system call and says what it was for if it fails.
@inline(__always)
func naming<Result: ~Copyable>(
    _ action: LedgerError.Action, _ path: @autoclosure () -> String,
    _ body: () throws(SystemError) -> Result
) throws(LedgerError) -> Result {
    do {
        return try body()
    } catch {
        throw LedgerError(action: action, path: path(), cause: error)
    }
}
