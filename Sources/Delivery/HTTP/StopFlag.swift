import Synchronization

/// Says to whoever is busy that this process is to end. Set once, by any thread.
package final class StopFlag: Sendable {
    private let flag = Atomic(false)

    package init() {}

    package func set() { flag.store(true, ordering: .releasing) }

    package var isSet: Bool { flag.load(ordering: .acquiring) }
}
