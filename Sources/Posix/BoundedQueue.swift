#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// A queue of fixed capacity between producers that must never wait and a consumer that may.
///
/// A full queue refuses: the producer counts what it had to drop. Nothing is allocated after `init`
/// but what the elements themselves hold.
package final class BoundedQueue<Element: Sendable>: @unchecked Sendable {
    // Sendable: everything below the pthread objects is touched only with the mutex held.

    /// What `pop` found.
    package enum Popped {
        case element(Element)
        /// The deadline passed.
        case timedOut
        /// The queue is closed, and empty.
        case closed
    }

    package let capacity: Int
    // pthread objects must not move, as a stored property passed with `&` may.
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let filled: UnsafeMutablePointer<pthread_cond_t>
    private let ring: UnsafeMutablePointer<Element>
    private var head = 0
    private var count = 0
    private var isClosed = false
    private var isConsumerWaiting = false

    /// - Parameter capacity: the most elements it holds, at least 1.
    package init(capacity: Int) {
        let capacity = max(1, capacity)
        self.capacity = capacity
        ring = .allocate(capacity: capacity)
        mutex = .allocate(capacity: 1)
        mutex.initialize(to: pthread_mutex_t())
        pthread_mutex_init(mutex, nil)
        filled = .allocate(capacity: 1)
        filled.initialize(to: pthread_cond_t())
        #if canImport(Darwin)
            pthread_cond_init(filled, nil)
        #else
            var attributes = pthread_condattr_t()
            pthread_condattr_init(&attributes)
            pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
            pthread_cond_init(filled, &attributes)
            pthread_condattr_destroy(&attributes)
        #endif
    }

    deinit {
        for offset in 0..<count { (ring + (head + offset) % capacity).deinitialize(count: 1) }
        ring.deallocate()
        pthread_cond_destroy(filled)
        filled.deallocate()
        pthread_mutex_destroy(mutex)
        mutex.deallocate()
    }

    /// Adds an element; false, at once, when the queue is full or closed.
    ///
    /// - Parameter waking: false leaves a waiting consumer asleep until its deadline or the next
    ///   push that wakes; for elements that can wait, from producers that cannot.
    package func tryPush(_ element: Element, waking: Bool = true) -> Bool {
        pthread_mutex_lock(mutex)
        guard count < capacity, !isClosed else {
            pthread_mutex_unlock(mutex)
            return false
        }
        var tail = head &+ count
        if tail >= capacity { tail &-= capacity }
        (ring + tail).initialize(to: element)
        count &+= 1
        let wakes = waking && isConsumerWaiting
        pthread_mutex_unlock(mutex)
        // After the unlock, or the consumer would wake only to wait for the mutex.
        if wakes { pthread_cond_signal(filled) }
        return true
    }

    /// Takes the oldest element, waiting for one until the deadline (monotonic nanoseconds). One
    /// consumer at a time.
    ///
    /// - Parameters:
    ///   - deadline: nil waits without end; a time past only looks.
    ///   - polling: true for a consumer that is soon to look again anyway: producers leave it
    ///     asleep until its deadline, which saves them a system call.
    package func pop(until deadline: UInt64?, polling: Bool = false) -> Popped {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while count == 0 {
            if isClosed { return .closed }
            isConsumerWaiting = !polling
            let woken = wait(until: deadline)
            isConsumerWaiting = false
            if !woken, count == 0 { return isClosed ? .closed : .timedOut }
        }
        let element = (ring + head).move()
        head &+= 1
        if head == capacity { head = 0 }
        count &-= 1
        return .element(element)
    }

    /// Refuses further elements; those inside can still be taken.
    package func close() {
        pthread_mutex_lock(mutex)
        isClosed = true
        pthread_mutex_unlock(mutex)
        pthread_cond_broadcast(filled)
    }

    /// With the mutex held; false when the deadline passed.
    private func wait(until deadline: UInt64?) -> Bool {
        guard let deadline else {
            pthread_cond_wait(filled, mutex)
            return true
        }
        #if canImport(Darwin)
            let now = MonotonicClock.now()
            guard deadline > now else { return false }
            var rest = timespec(nanoseconds: deadline &- now)
            return pthread_cond_timedwait_relative_np(filled, mutex, &rest) == 0
        #else
            var time = timespec(nanoseconds: deadline)
            return pthread_cond_timedwait(filled, mutex, &time) == 0
        #endif
    }
}

extension timespec {
    fileprivate init(nanoseconds: UInt64) {
        self.init()
        tv_sec = .init(clamping: nanoseconds / 1_000_000_000)
        tv_nsec = .init(clamping: nanoseconds % 1_000_000_000)
    }
}
