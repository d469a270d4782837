import Posix
import Synchronization

/// Trials of many servers, a few at a time.
final class ServerTrials: Sendable {
    typealias Results = [WrappedServer.Start: ServerTrial.Result]

    private let waiting: Mutex<[WrappedServer.Start]>
    private let results = Mutex<Results>([:])
    private let patience: UInt64

    /// More at once would be slower than one after another.
    private static let threads = 4

    private init(_ starts: [WrappedServer.Start], patience: UInt64) {
        waiting = Mutex(starts)
        self.patience = patience
    }

    /// Starts each server that can be started, once, however many clients have it.
    ///
    /// - Parameter patience: how long each may take to answer, in milliseconds.
    static func run(_ servers: [WrappedServer], patience: UInt64) -> Results {
        let starts = starts(of: servers)
        let trials = ServerTrials(starts.reversed(), patience: patience)
        let threads = (1..<max(1, min(Self.threads, starts.count))).compactMap { _ in
            try? Thread.start(name: "trial") { trials.work() }
        }
        trials.work()
        for thread in threads { thread.join() }
        return trials.results.withLock { $0 }
    }

    /// How long that takes at most, in seconds.
    static func secondsMax(_ servers: [WrappedServer], patience: UInt64) -> UInt64 {
        let rounds = UInt64((starts(of: servers).count + Self.threads - 1) / Self.threads)
        return rounds &* (patience / 1_000 &+ ServerTrial.secondsToEnd)
    }

    private static func starts(of servers: [WrappedServer]) -> [WrappedServer.Start] {
        var starts: [WrappedServer.Start] = []
        for server in servers
        where server.missing == nil && server.unresolved == nil && !starts.contains(server.start) {
            starts.append(server.start)
        }
        return starts
    }

    private func work() {
        while let start = waiting.withLock({ $0.popLast() }) {
            let trial = ServerTrial(
                command: start.command, environment: start.environment,
                patienceMilliseconds: patience)
            let result = trial.run()
            results.withLock { $0[start] = result }
        }
    }
}
