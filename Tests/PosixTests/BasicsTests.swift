import Posix
import Synchronization
import Testing

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

@Suite struct BasicsTests {
    @Test func `pipe ends are close-on-exec and no standard streams`() throws {
        var pipe = try Pipe()
        let reader = pipe.takeReader()
        let writer = pipe.takeWriter()
        for number in [reader.raw, writer.raw] {
            #expect(number >= 3)
            #expect(fcntl(number, F_GETFD) == FD_CLOEXEC)
        }
        try Array("hello".utf8).withUnsafeBytes { try writer.writeAll($0) }
        _ = consume writer
        #expect(try readToEnd(reader) == "hello")
    }

    #if os(Linux)
        @Test func `text that is given back is used again as if nothing had been`() throws {
            func resident() throws -> Int {
                let status = try readWholeFile("/proc/self/status", atMost: 1 << 16)
                let lines = String(decoding: status, as: UTF8.self).split(separator: "\n")
                let line = try #require(lines.first { $0.hasPrefix("RssFile:") })
                return try #require(
                    line.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) }
                )
            }
            let before = try resident()
            ProgramText.giveBack()
            let after = try resident()
            #expect(after < before / 2, "\(before) KiB before, \(after) after")
        }
    #endif

    @Test func `an end not taken is closed with the pipe`() throws {
        let reader = try { () throws -> Descriptor in
            var pipe = try Pipe()
            return pipe.takeReader()
        }()
        #expect(try readToEnd(reader) == "")
    }

    @Test func `a released descriptor stays open`() throws {
        var pipe = try Pipe()
        let writer = pipe.takeWriter()
        let number = writer.release()
        #expect(fcntl(number, F_GETFD) >= 0)
        _ = Descriptor(owning: number)
        #expect(fcntl(number, F_GETFD) == -1)
    }

    @Test func `writing all waits for a reader even when the stream is non-blocking`() throws {
        var pipe = try Pipe()
        let reader = pipe.takeReader()
        let writer = pipe.takeWriter()
        try writer.setNonBlocking()
        let number = writer.release()
        let thread = try Thread.start(name: "writer") {
            let writer = Descriptor(owning: number)
            let bytes = [UInt8](repeating: UInt8(ascii: "z"), count: 1 << 20)
            _ = bytes.withUnsafeBytes { try? writer.writeAll($0) }
        }
        #expect(try readToEnd(reader).utf8.count == 1 << 20)
        thread.join()
    }

    @Test func `an error names the call and the reason`() {
        let failure = #expect(throws: SystemError.self) {
            _ = try Descriptor.open("/no/such/file", O_RDONLY)
        }
        #expect(failure?.code == ENOENT)
        #expect(failure?.description.hasPrefix("open: ") == true)
    }

    @Test func `a wake-up before the sleep is not lost`() throws {
        let wakeup = try Wakeup()
        wakeup.wake()
        let start = MonotonicClock.now()
        wakeup.sleep(until: start + 10_000_000_000)
        #expect(MonotonicClock.now() - start < 5_000_000_000)
    }

    @Test func `a sleep ends at its deadline, and no sooner`() throws {
        let wakeup = try Wakeup()
        let deadline = MonotonicClock.now() + 15_000_000
        wakeup.sleep(until: deadline)
        #expect(MonotonicClock.now() >= deadline)
        wakeup.sleep(until: 0)
    }

    @Test func `more wake-ups than a pipe holds block nobody`() throws {
        let wakeup = try Wakeup()
        for _ in 0..<100_000 { wakeup.wake() }
        wakeup.sleep(until: nil)
    }

    @Test func `signals are blocked in our threads and not in their maker`() throws {
        let blocked = Flag()
        var before = sigset_t()
        pthread_sigmask(SIG_BLOCK, nil, &before)
        try Thread.start(name: "a name longer than fifteen bytes") {
            var mask = sigset_t()
            pthread_sigmask(SIG_BLOCK, nil, &mask)
            blocked.set(sigismember(&mask, SIGTERM) == 1)
        }.join()
        #expect(blocked.isRaised)
        var after = sigset_t()
        pthread_sigmask(SIG_BLOCK, nil, &after)
        #expect(sigismember(&after, SIGTERM) == sigismember(&before, SIGTERM))
    }

    @Test func `the clocks tell the time`() {
        let first = MonotonicClock.now()
        #expect(MonotonicClock.now() >= first)
        #expect(WallClock.now() / 1_000_000 - Int64(time(nil)) <= 1)
    }
}

private final class Flag: Sendable {
    private let value = Atomic<Bool>(false)

    var isRaised: Bool { value.load(ordering: .acquiring) }
    func set(_ raised: Bool) { value.store(raised, ordering: .releasing) }
}

@Suite struct UUIDv7Tests {
    @Test func `the form is RFC 9562's, version 7`() throws {
        let text = UUIDv7().description
        let pattern = /[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/
        #expect(text.wholeMatch(of: pattern) != nil)
        let milliseconds = try #require(
            UInt64(text.prefix(8) + text.dropFirst(9).prefix(4), radix: 16))
        #expect(abs(Int64(milliseconds) - WallClock.now() / 1000) < 5000)
    }

    @Test func `the example of RFC 9562 A.6 is reproduced`() {
        // 017F22E2-79B0-7CC3-98C4-DC0C0C07398F
        let id = UUIDv7(ticks: 0x017f_22e2_79b0 << 12 | 0xcc3, random: 0x18c4_dc0c_0c07_398f << 2)
        #expect(id.description == "017f22e2-79b0-7cc3-98c4-dc0c0c07398f")
    }

    @Test func `each is greater than the one before`() {
        var before = UUIDv7().description
        for _ in 0..<20_000 {
            let next = UUIDv7().description
            #expect(next > before)
            before = next
        }
    }

    @Test func `a clock set back, or from before 1970, changes nothing about the order`() {
        let now = UUIDv7()
        for microseconds in [WallClock.now() - 3_600_000_000, 0, -5, .min] {
            #expect(UUIDv7(microseconds: microseconds, random: 0).high > now.high)
        }
    }

    @Test func `threads never make the same`() throws {
        let lists = (0..<4).map { _ in List() }
        let threads = try lists.map { list in
            try Thread.start(name: "maker") {
                for _ in 0..<5000 { list.add(UUIDv7()) }
            }
        }
        for thread in threads { thread.join() }
        let highs = lists.flatMap { $0.all }.map(\.high)
        #expect(Set(highs).count == 20_000)
    }
}

/// Filled by one thread, read after it was joined.
private final class List: @unchecked Sendable {
    private(set) var all: [UUIDv7] = []

    func add(_ id: UUIDv7) { all.append(id) }
}
