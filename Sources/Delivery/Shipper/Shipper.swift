package import Ledger
package import Posix
import Synchronization

/// Delivers to several destinations at once, each on a thread of its own that nothing of the others
/// holds up. Threads take the locks they can get: of several shippers each destination has one.
package final class Shipper: Sendable {
    /// How one destination ended.
    package struct Report: Sendable, Equatable {
        package let destination: Destination
        package let end: ShippingEnd

        package init(destination: Destination, end: ShippingEnd) {
            self.destination = destination
            self.end = end
        }
    }

    /// What it is made of.
    package struct Setup: Sendable {
        package var sinks: [any Sink]
        package var directory: LedgerDirectory
        package var goal: ShippingGoal
        /// Opened when the process is to end.
        package var stop: Latch
        /// Makes a destination's transport, on its thread.
        package var transport: @Sendable () -> any Transport
        /// Hears of changes a person may want to know of, a line each.
        package var say: @Sendable (String) -> Void

        package init(
            sinks: [any Sink], directory: LedgerDirectory, goal: ShippingGoal, stop: Latch,
            transport: @escaping @Sendable () -> any Transport,
            say: @escaping @Sendable (String) -> Void = { _ in }
        ) {
            // Two of one destination would wait for each other's lock.
            var names: Set<String> = []
            self.sinks = sinks.filter { names.insert($0.destination.name).inserted }
            self.directory = directory
            self.goal = goal
            self.stop = stop
            self.transport = transport
            self.say = say
        }
    }

    private let setup: Setup
    private let clock: SystemDeliveryClock
    private let crew: Crew
    private let reports: Mutex<[Int: Report]>
    private let done: Latch

    package init(_ setup: Setup) throws(SystemError) {
        self.setup = setup
        clock = SystemDeliveryClock(stop: setup.stop)
        crew = Crew(members: setup.sinks.count)
        reports = Mutex([:])
        done = try Latch()
    }

    /// Delivers until the goal is reached or the process is to end, and says how each destination
    /// ended. A thread that cannot be ended is left behind after a moment.
    package func run() -> [Report] {
        for member in setup.sinks.indices {
            do throws(SystemError) {
                try Thread.start(name: "deliver") { [self] in
                    report(member, deliver(member))
                }.detach()
            } catch {
                report(member, .left("no thread: \(error)"))
            }
        }
        if setup.sinks.isEmpty { return [] }
        while !done.wait(until: MonotonicClock.now() &+ 1_000_000_000) {
            if setup.stop.isOpen {
                _ = done.wait(until: MonotonicClock.now() &+ 1_000_000_000)
                break
            }
        }
        return reports.withLock { reports in
            setup.sinks.enumerated().map { member, sink in
                reports[member] ?? Report(destination: sink.destination, end: .stopped)
            }
        }
    }

    private func report(_ member: Int, _ end: ShippingEnd) {
        crew.set(member, settledSince: 0)
        let destination = setup.sinks[member].destination
        let count = reports.withLock { reports in
            reports[member] = Report(destination: destination, end: end)
            return reports.count
        }
        if count == setup.sinks.count { done.open() }
    }

    // MARK: One destination

    private func deliver(_ member: Int) -> ShippingEnd {
        let sink = setup.sinks[member]
        let files = DeliveryFiles(of: sink.destination, in: setup.directory)
        do {
            while true {
                guard let lock = try takeLock(files, member) else { return withoutLock(files) }
                var worker = try worker(sink, member)
                let end = worker.run()
                _ = consume lock
                // Who appended before the lock was free did not start another shipper: whatever
                // they appended is found here.
                guard end == .shipped, case .untilIdle = setup.goal, worker.hasNews() else {
                    return end
                }
                crew.set(member, settledSince: nil)
            }
        } catch let error as LedgerError {
            setup.say("\(sink.destination): \(error)")
            return .left("\(error)")
        } catch {
            let what = "cannot lock \(files.lock): \(error)"
            setup.say("\(sink.destination): \(what)")
            return .left(what)
        }
    }

    /// Waits for the lock as long as the goal wants it; nil when that is over.
    private func takeLock(
        _ files: DeliveryFiles, _ member: Int
    ) throws(SystemError) -> DestinationLock? {
        let start = clock.now
        var hasSaid = false
        while !clock.isStopped {
            if let lock = try DestinationLock.take(files) { return lock }
            if !hasSaid {
                setup.say("\(setup.sinks[member].destination): \(elsewhere(files)); waiting.")
                hasSaid = true
            }
            let now = clock.now
            switch setup.goal {
            case .forever: break
            case .once(let patience):
                if now >= start.addingClamped(patience) { return nil }
            case .untilIdle(_, let linger):
                // Somebody else is at it.
                crew.set(member, settledSince: 0)
                if crew.isOver(at: now, linger: linger) { return nil }
            }
            clock.sleep(until: now &+ 500)
        }
        return nil
    }

    private func withoutLock(_ files: DeliveryFiles) -> ShippingEnd {
        if clock.isStopped { return .stopped }
        if case .once = setup.goal { return .left(elsewhere(files)) }
        return .shipped
    }

    private func elsewhere(_ files: DeliveryFiles) -> String {
        if case .process(let pid?)? = try? LockHolder.of(files) {
            return "process \(pid) delivers there"
        }
        return "another process delivers there"
    }

    // MARK: Dead letters

    /// Sends the dead letters of every destination again, one destination after the other.
    package func retryDeadLetters() -> [(Destination, DeadLetterReport)] {
        setup.sinks.indices.map { member in
            (setup.sinks[member].destination, retryDeadLetters(member))
        }
    }

    private func retryDeadLetters(_ member: Int) -> DeadLetterReport {
        let sink = setup.sinks[member]
        let files = DeliveryFiles(of: sink.destination, in: setup.directory)
        var report = DeadLetterReport()
        if DeadLetters(files).count() == 0 { return report }
        do {
            // Only whoever delivers may change the file.
            guard let lock = try takeLock(files, member) else {
                report.end = withoutLock(files)
                return report
            }
            var worker = try worker(sink, member)
            report = try worker.retryDeadLetters()
            _ = consume lock
        } catch {
            report.end = .left("\(error)")
        }
        return report
    }

    private func worker(
        _ sink: any Sink, _ member: Int
    ) throws(LedgerError) -> SinkWorker<SystemDeliveryClock, SystemDisk> {
        try SinkWorker(
            SinkWorker<SystemDeliveryClock, SystemDisk>.Setup(
                sink: sink, transport: setup.transport(), directory: setup.directory,
                goal: setup.goal, clock: clock, disk: SystemDisk(), crew: crew, member: member,
                say: setup.say))
    }
}
