import CPlatform

#if canImport(Darwin)
    package import Darwin
#elseif canImport(Musl)
    package import Musl
#else
    package import Glibc
#endif

/// The process that ends the server and saves the black box when we are killed.
///
/// It waits for the end of a pipe that only we hold; so `deinit`, an exit or a crash all let it
/// act. Only `dismiss` sends it away without acting.
package struct Guardian: ~Copyable {
    /// The guardian's process id.
    package let id: pid_t
    private let alive: Descriptor

    /// Forks the guardian.
    ///
    /// At best before any thread is started: it then shares the least memory. Later is safe too,
    /// for the new process calls nothing that could need a lock another thread held.
    package init(guarding box: BlackBox) throws(SystemError) {
        var pipe = try Pipe()
        let reader = pipe.takeReader()
        let raw = reader.raw
        let process = try retrying("fork") { Int(cplatform_guardian_start(box.memory, raw)) }
        id = pid_t(truncatingIfNeeded: process)
        alive = pipe.takeWriter()
    }

    /// Whether somebody has ended it. It stays a zombie until `dismiss`.
    package var hasEnded: Bool { ChildProcess(id: id).hasEnded }

    /// Ends the guardian at once, before it acts, and leaves no zombie.
    package consuming func dismiss() {
        // It is our child and not yet reaped, so the id is its own.
        _ = kill(id, SIGKILL)
        _ = ChildProcess(id: id).reap()
    }
}
