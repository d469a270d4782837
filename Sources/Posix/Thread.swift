import CPlatform

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// A thread of our own, for work that blocks: never one of a pool's.
///
/// Every signal is blocked in it, so that signals interrupt the main thread only; but not SIGBUS,
/// which is a thread's own doing (see `MappedFile`).
package struct Thread: @unchecked Sendable {
    // Sendable: pthread_t is a value or a pointer that any thread may join by.
    private let handle: pthread_t

    /// Enough for our loops, whose buffers are on the heap.
    package static let stackBytes = 512 << 10

    /// Starts a thread.
    ///
    /// - Parameters:
    ///   - name: shown by `ps` and debuggers; at most 15 bytes of it.
    ///   - body: what it does.
    package static func start(
        name: StaticString, _ body: @escaping @Sendable () -> Void
    ) throws(SystemError) -> Thread {
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        pthread_attr_setstacksize(&attributes, stackBytes)

        // A thread inherits its maker's mask.
        var all = sigset_t()
        var before = sigset_t()
        sigfillset(&all)
        sigdelset(&all, SIGBUS)
        pthread_sigmask(SIG_SETMASK, &all, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }

        let start = Unmanaged.passRetained(Start(name: name, body: body))
        #if canImport(Darwin)
            var handle: pthread_t?
        #else
            var handle = pthread_t()
        #endif
        let code = pthread_create(&handle, &attributes, runStart, start.toOpaque())
        guard code == 0 else {
            start.release()
            throw SystemError(call: "pthread_create", code: code)
        }
        #if canImport(Darwin)
            guard let handle else { throw SystemError(call: "pthread_create", code: EAGAIN) }
        #endif
        return Thread(handle: handle)
    }

    /// Waits until the thread has ended. At most once.
    package func join() { pthread_join(handle, nil) }

    /// Lets the thread end by itself. Instead of `join`, at most once.
    package func detach() { pthread_detach(handle) }
}

private final class Start: Sendable {
    let name: StaticString
    let body: @Sendable () -> Void

    init(name: StaticString, body: @escaping @Sendable () -> Void) {
        self.name = name
        self.body = body
    }

    func run() {
        name.withUTF8Buffer { name in
            withUnsafeTemporaryAllocation(of: CChar.self, capacity: 16) { short in
                let count = min(name.count, 15)
                for index in 0..<count { short[index] = CChar(bitPattern: name[index]) }
                short[count] = 0
                guard let short = short.baseAddress else { return }
                cplatform_name_thread(short)
            }
        }
        body()
    }
}

#if canImport(Darwin)
    private func runStart(_ argument: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? {
        Unmanaged<Start>.fromOpaque(argument).takeRetainedValue().run()
        return nil
    }
#else
    private func runStart(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
        guard let argument else { return nil }
        Unmanaged<Start>.fromOpaque(argument).takeRetainedValue().run()
        return nil
    }
#endif
