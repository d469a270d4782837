#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// Whoever started this process as a service and wants to hear how it is: systemd's notification
/// protocol (`sd_notify(3)`), which other managers speak too.
package struct ServiceManager: Sendable {
    private let path: [UInt8]
    /// How often it wants to hear that we live, in nanoseconds; nil: not at all.
    package let watchdogNanoseconds: UInt64?

    /// Nil when nobody asked to be told.
    ///
    /// - Parameters:
    ///   - socket: `NOTIFY_SOCKET`: a path, or a name of Linux's abstract namespace after `@`.
    ///   - watchdog: `WATCHDOG_USEC`; half of it is how often we speak.
    ///   - watchdogPID: `WATCHDOG_PID`: whom the watchdog is for; nil means whoever reads it.
    package init?(socket: String?, watchdog: String? = nil, watchdogPID: String? = nil) {
        guard let socket, let first = socket.utf8.first,
            first == UInt8(ascii: "/") || first == UInt8(ascii: "@")
        else { return nil }
        var path = Array(socket.utf8)
        if first == UInt8(ascii: "@") { path[0] = 0 }
        guard path.count < MemoryLayout.size(ofValue: sockaddr_un().sun_path) else { return nil }
        self.path = path
        let isOurs = watchdogPID.flatMap { pid_t($0) }.map { $0 == getpid() } ?? true
        watchdogNanoseconds = isOurs ? watchdog.flatMap { UInt64($0) }.map { $0 &* 500 } : nil
    }

    /// Sends lines such as `READY=1`. What cannot be told is not worth a word: the manager will
    /// notice by itself. The C function is `sendto`.
    package func tell(_ lines: String) {
        #if canImport(Glibc)
            let type = CInt(SOCK_DGRAM.rawValue)
        #else
            let type = SOCK_DGRAM
        #endif
        let raw = socket(AF_UNIX, type, 0)
        guard raw >= 0 else { return }
        let descriptor = Descriptor(owning: raw)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path) }
        // An abstract name ends where the length says, a path at its zero.
        let end = path.first == 0 ? path.count : path.count + 1
        let offset = MemoryLayout<sockaddr_un>.offset(of: \.sun_path) ?? 2
        let text = Array(lines.utf8)
        withUnsafeBytes(of: &address) { bytes in
            guard let start = bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self) else {
                return
            }
            // A manager that does not read must not hold us up.
            let flags = CInt(MSG_DONTWAIT)
            _ = sendto(descriptor.raw, text, text.count, flags, start, socklen_t(offset + end))
        }
    }
}
