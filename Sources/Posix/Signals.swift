import CPlatform

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
