import Posix
import Testing

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

@Suite struct ProcessTests {
    @Test(arguments: [
        (0, TerminationStatus.exited(0), 0), (7 << 8, .exited(7), 7), (255 << 8, .exited(255), 255),
        (9, .signalled(9), 137), (11 | 0x80, .signalled(11), 139),
    ])
    func `a wait status says how a process ended`(
        raw: Int32, status: TerminationStatus, shellCode: Int32
    ) {
        #expect(TerminationStatus(waitStatus: raw) == status)
        #expect(status.shellCode == shellCode)
    }

    @Test(
        arguments: [
            ("ls", "/bin:/usr/bin", ["/bin/ls", "/usr/bin/ls"]),
            ("ls", nil, ["/bin/ls", "/usr/bin/ls"]),
            ("ls", "", ["ls"]),
            ("ls", ":/a::", ["ls", "/a/ls", "ls", "ls"]),
            ("./ls", "/bin", ["./ls"]),
            ("a/b", "/bin", ["a/b"]),
            ("", "/bin", []),
        ] as [(String, String?, [String])])
    func `a command is searched for as execvp does`(
        command: String, path: String?, expected: [String]
    ) {
        let found = CommandSearch.candidates(
            for: Array(command.utf8), path: path.map { Array($0.utf8) })
        #expect(found.map { String(decoding: $0.dropLast(), as: UTF8.self) } == expected)
        #expect(found.allSatisfy { $0.last == 0 })
    }

    @Test func `an environment leaves out names and prefixes, and replaces`() {
        let environment = CStringArray.environment(
            removing: ["PATH"], prefixes: ["HOM"], adding: ["TERM=none", "EMPTY="])
        let names = environment.strings.map { String($0.prefix(while: { $0 != "=" })) }
        #expect(!names.contains("PATH"))
        #expect(!names.contains("HOME"))
        #expect(environment.strings.filter { $0.hasPrefix("TERM=") } == ["TERM=none"])
        #expect(environment.strings.suffix(2) == ["TERM=none", "EMPTY="])
        // Only whole names: PATH must not take PATHOLOGY with it, nor fall to PAT.
        let kept = CStringArray.environment(removing: ["PAT"])
        #expect(kept.strings.contains { $0.hasPrefix("PATH=") })
    }

    @Test func `a failed start says why and leaves nothing to wait for`() throws {
        let launch = Launch(
            arguments: CStringArray(["/no/such/program"]), environment: .environment())
        let failure = #expect(throws: LaunchFailure.self) { try launch.start() }
        #expect(failure?.exitCode == 127)
        #expect(failure?.description.contains("/no/such/program") == true)
    }

    @Test func `no command is a failure, not a crash`() {
        let launch = Launch(arguments: CStringArray([]), environment: .environment())
        #expect(throws: LaunchFailure.self) { try launch.start() }
        #expect(replaceProcess(arguments: CStringArray([])).exitCode == 127)
    }

    @Test func `an unset PATH is searched as execvp would`() throws {
        let launch = Launch(
            arguments: CStringArray(["sh", "-c", "exit 3"]),
            environment: .environment(removing: ["PATH"]))
        #expect(try launch.start().reap() == .exited(3))
    }

    @Test func `an ended process is known before it is reaped`() throws {
        let child = try Launch(
            arguments: CStringArray(["sh", "-c", "exec sleep 60"]), environment: .environment()
        ).start()
        #expect(!child.hasEnded)
        #expect(child.groupExists)
        #expect(child.signalGroup(SIGKILL))
        while !child.hasEnded { sched_yield() }
        #expect(child.groupExists)
        #expect(child.reap() == .signalled(SIGKILL))
        #expect(!child.groupExists)
        #expect(!child.signalGroup(SIGKILL))
        // Reaped already: an answer, not a wait without end.
        #expect(child.hasEnded)
        #expect(child.reap() == .exited(1))
    }

    @Test func `a new session is one`() throws {
        var pipe = try Pipe()
        let reader = pipe.takeReader()
        let writer = pipe.takeWriter()
        var launch = Launch(
            arguments: CStringArray(["sh", "-c", "ps -o sess= -p $$; echo $$"]),
            environment: .environment())
        launch.output = writer.raw
        launch.newSession = true
        let child = try launch.start()
        _ = consume writer
        let words = try readToEnd(reader).split(whereSeparator: \.isWhitespace)
        #expect(child.reap() == .exited(0))
        #expect(words.count == 2 && words[0] == words[1])
    }
}

@Suite struct GuardianTests {
    private func path() -> String { "/tmp/guardian-test-\(UUIDv7())" }

    private func contents(_ path: String) throws -> String {
        let file = try Descriptor.open(path, O_RDONLY)
        return try readToEnd(file)
    }

    private func claim(_ box: BlackBox, _ line: String) -> Int? {
        Array(line.utf8).withUnsafeBytes { box.claim($0) }
    }

    /// A guardian that lives exactly as long as the call.
    private func guarding(_ box: BlackBox, _ body: (pid_t) throws -> Void) throws -> pid_t {
        let guardian = try Guardian(guarding: box)
        let id = guardian.id
        try body(id)
        return id
    }

    @Test func `slots are taken from the lowest, and none when full`() throws {
        let box = try BlackBox()
        for slot in 0..<BlackBox.slotCount { #expect(claim(box, "line") == slot) }
        #expect(claim(box, "line") == nil)
        box.release(7)
        box.release(3)
        #expect(claim(box, "line") == 3)
        #expect(claim(box, "line") == 7)
        #expect(claim(box, "line") == nil)
        for wrong in [-1, BlackBox.slotCount, .max, .min] { box.release(wrong) }
        #expect(claim(box, "line") == nil)
    }

    @Test func `a line that does not fit is refused`() throws {
        let box = try BlackBox()
        #expect(claim(box, String(repeating: "x", count: BlackBox.lineBytesMax + 1)) == nil)
        #expect(claim(box, "") == nil)
        #expect(claim(box, String(repeating: "x", count: BlackBox.lineBytesMax)) == 0)
    }

    @Test func `threads never share a slot`() throws {
        let box = try BlackBox()
        let threads = try (0..<4).map { number in
            try Thread.start(name: "claimer") {
                for round in 0..<5000 {
                    let line = "\(number) \(round)"
                    let slot = Array(line.utf8).withUnsafeBytes { box.claim($0) }
                    if let slot { box.release(slot) }
                }
            }
        }
        for thread in threads { thread.join() }
        // Nothing leaked: the whole box is free again.
        for slot in 0..<BlackBox.slotCount { #expect(claim(box, "line") == slot) }
    }

    @Test func `the guardian saves occupied slots to the path in force`() throws {
        let (early, late) = (path(), path())
        defer {
            unlink(early)
            unlink(late)
        }
        let box = try BlackBox()
        box.setPath(early)
        let long = String(repeating: "y", count: BlackBox.lineBytesMax)
        let guardian = try guarding(box) { _ in
            #expect(claim(box, "one") == 0)
            #expect(claim(box, "two\n") == 1)
            #expect(claim(box, long) == 2)
            box.release(0)
            box.setPath(late)
            #expect(!box.setPath(String(repeating: "p", count: 4096)))
        }
        #expect(ChildProcess(id: guardian).reap() == .exited(0))
        #expect(try contents(late) == "two\n\(long)\n")
        #expect(throws: SystemError.self) { try contents(early) }
    }

    @Test func `without a path, or sealed, nothing is written`() throws {
        let unused = path()
        let box = try BlackBox()
        let first = try guarding(box) { _ in #expect(claim(box, "x") == 0) }
        #expect(ChildProcess(id: first).reap() == .exited(0))
        box.setPath(unused)
        let second = try guarding(box) { _ in box.seal() }
        #expect(ChildProcess(id: second).reap() == .exited(0))
        #expect(throws: SystemError.self) { try contents(unused) }
    }

    @Test func `a path that cannot be opened does not keep the group alive`() throws {
        let box = try BlackBox()
        box.setPath("/no/such/directory/ledger")
        let child = try Launch(
            arguments: CStringArray(["sleep", "60"]), environment: .environment()
        ).start()
        let guardian = try guarding(box) { _ in
            #expect(claim(box, "x") == 0)
            box.setGroup(child.id)
        }
        #expect(child.reap() == .signalled(SIGTERM))
        #expect(ChildProcess(id: guardian).reap() == .exited(0))
    }

    @Test func `the guardian kills what ignores SIGTERM, within two seconds`() throws {
        var pipe = try Pipe()
        let reader = pipe.takeReader()
        let writer = pipe.takeWriter()
        let box = try BlackBox()
        var launch = Launch(
            arguments: CStringArray(["sh", "-c", "trap '' TERM; echo x; while :; do sleep 1; done"]
            ),
            environment: .environment())
        launch.output = writer.raw
        launch.box = box
        let child = try launch.start()
        _ = consume writer
        let byte = UnsafeMutableRawBufferPointer.allocate(byteCount: 1, alignment: 1)
        defer { byte.deallocate() }
        #expect(try reader.read(into: byte) == 1)
        // The child entered its own group: nobody else named it to the guardian.
        let start = MonotonicClock.now()
        let guardian = try guarding(box) { _ in }
        #expect(child.reap() == .signalled(SIGKILL))
        #expect(MonotonicClock.now() - start < 2_000_000_000)
        #expect(ChildProcess(id: guardian).reap() == .exited(0))
    }

    @Test func `a dismissed guardian does nothing and leaves no zombie`() throws {
        let box = try BlackBox()
        let unused = path()
        box.setPath(unused)
        #expect(claim(box, "x") == 0)
        let guardian = try Guardian(guarding: box)
        let id = guardian.id
        guardian.dismiss()
        #expect(kill(id, 0) == -1)
        #expect(throws: SystemError.self) { try contents(unused) }
    }
}

/// Everything up to the end of a stream.
func readToEnd(_ descriptor: borrowing Descriptor) throws -> String {
    var all: [UInt8] = []
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 4096, alignment: 1)
    defer { buffer.deallocate() }
    while case let count = try descriptor.read(into: buffer), count > 0 { all += buffer[..<count] }
    return String(decoding: all, as: UTF8.self)
}
