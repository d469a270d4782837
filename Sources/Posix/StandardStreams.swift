import CPlatform

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// Descriptors 0, 1 and 2, which belong to whoever started us as much as to us.
package enum StandardStreams {
    /// Keeps the numbers of closed standard streams from being given to the next file opened, which
    /// would then be read as the client's input or written as the server's output.
    ///
    /// The stand-in behaves as the closed descriptor did: reading from it or writing to it fails
    /// with `EBADF`, and it is closed in every child. Call it before opening anything.
    package static func occupyClosed() {
        for number in CInt(0)...2 {
            guard cplatform_fcntl(number, F_GETFD, 0) < 0, currentErrno() == EBADF else { continue }
            // The lowest free number is the one looked at: those below it are open by now.
            _ = cplatform_open("/dev/null", (number == 0 ? O_WRONLY : O_RDONLY) | O_CLOEXEC, 0)
        }
    }

    /// Lets go of one of them, as closing it would, but keeps its number taken.
    package static func release(_ number: CInt) {
        let flags = (number == 0 ? O_WRONLY : O_RDONLY) | O_CLOEXEC
        guard let null = try? Descriptor.open("/dev/null", flags) else { return }
        _ = dup2(null.raw, number)
        _ = cplatform_fcntl(number, F_SETFD, FD_CLOEXEC)
    }
}
