import CPlatform

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// The process's signal handling. There is one of it, as there is one process.
package enum Signals {
    /// Ignores SIGPIPE (a peer that went away must be an error, not our end) and takes SIGCHLD back
    /// to its default, without which a child would leave no status.
    package static func prepare() { cplatform_signals_prepare() }

    /// Passes SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGTSTP and SIGCONT on to a
    /// process group, and wakes `wakeup` for each and when a child ends.
    ///
    /// SIGTSTP also stops this process. Those of SIGINT, SIGQUIT, SIGHUP and SIGTSTP that were
    /// ignored when we were started stay so: that is how `nohup` and background jobs work.
    package static func forward(to child: ChildProcess, waking wakeup: Wakeup) {
        cplatform_signals_forward(child.id, wakeup.writerNumber)
    }

    /// Stops passing signals on; call it before the child is reaped.
    package static func stopForwarding() { cplatform_signals_retire() }

    /// Whether a SIGTERM came since forwarding began.
    package static var terminationRequested: Bool { cplatform_signals_termination_requested() }

    /// Ends this process by a signal, without a core dump of ours. Returns only if the signal, at
    /// its default, ends nothing.
    package static func die(of signal: Int32) { cplatform_signals_die(signal) }
}

extension Signals {
    /// From here on these signals end nothing: a thread of its own calls `body` for each that
    /// comes, and `body` may do what any thread may. Those that whoever started us had ignored stay
    /// ignored, which is how `nohup` works.
    ///
    /// Call it before there are other threads: they inherit the mask.
    package static func take(
        _ signals: [CInt], _ body: @escaping @Sendable (CInt) -> Void
    ) throws(SystemError) {
        var wanted = sigset_t()
        sigemptyset(&wanted)
        for signal in signals where !isIgnored(signal) { sigaddset(&wanted, signal) }
        pthread_sigmask(SIG_BLOCK, &wanted, nil)
        let set = wanted
        try Thread.start(name: "signals") {
            var set = set
            var signal: CInt = 0
            while sigwait(&set, &signal) == 0 { body(signal) }
        }.detach()
    }

    private static func isIgnored(_ signal: CInt) -> Bool {
        var action = sigaction()
        guard sigaction(signal, nil, &action) == 0 else { return false }
        #if canImport(Darwin)
            let handler = action.__sigaction_u.__sa_handler
        #elseif canImport(Musl)
            let handler = action.__sa_handler.sa_handler
        #else
            let handler = action.__sigaction_handler.sa_handler
        #endif
        return unsafeBitCast(handler, to: Int.self) == 1  // SIG_IGN, which Swift does not import
    }
}
