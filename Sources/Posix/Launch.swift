import CPlatform

#if canImport(Darwin)
    package import Darwin
#elseif canImport(Musl)
    package import Musl
#else
    package import Glibc
#endif

/// A program to start: in a process group of its own, with default signal dispositions, an empty
/// signal mask, and no descriptor but 0, 1 and 2.
package struct Launch {
    /// The command, searched for in PATH, and its arguments.
    package var arguments: CStringArray
    package var environment: CStringArray
    /// What becomes the program's descriptor 0, 1, 2: a number of 3 or higher, or nil for ours.
    package var input: CInt?
    package var output: CInt?
    package var error: CInt?
    /// A session of its own, so that nothing the terminal or our group receives reaches it.
    package var newSession = false
    /// The guardian's box, which the program's group is entered in before the program runs.
    package var box: BlackBox?

    package init(arguments: CStringArray, environment: CStringArray) {
        self.arguments = arguments
        self.environment = environment
    }

    /// Starts the program.
    package func start() throws(LaunchFailure) -> ChildProcess {
        guard let command = arguments.pointers[0] else {
            throw LaunchFailure(exitCode: 127, "cannot start a server: no command given")
        }
        let path = environment.value(of: "PATH").map { bytes(of: $0) }
        let files = CommandSearch.candidates(for: bytes(of: command), path: path)

        // One block for the names, and an array of pointers into it: nothing may be allocated
        // between fork and exec.
        let names = UnsafeMutableBufferPointer<CChar>.allocate(
            capacity: files.reduce(0) { $0 + $1.count })
        defer { names.deallocate() }
        let candidates = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>.allocate(
            capacity: files.count + 1)
        defer { candidates.deallocate() }
        var used = 0
        for (index, file) in files.enumerated() {
            (candidates + index).initialize(to: names.baseAddress.map { $0 + used })
            for byte in file {
                names.initializeElement(at: used, to: CChar(bitPattern: byte))
                used += 1
            }
        }
        (candidates + files.count).initialize(to: nil)

        // The first place is for /bin/sh, should the program be a script without "#!".
        let shifted = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>.allocate(
            capacity: arguments.count + 2)
        defer { shifted.deallocate() }
        shifted.initialize(to: nil)
        (shifted + 1).initialize(from: arguments.pointers, count: arguments.count + 1)

        var launch = cplatform_launch(
            candidates: UnsafePointer(candidates), arguments: shifted,
            environment: UnsafePointer(environment.pointers),
            input: input ?? -1, output: output ?? -1, error: error ?? -1,
            session: newSession, box: box?.memory)
        var id: pid_t = 0
        let code = withExtendedLifetime((arguments, environment)) {
            startLaunch(&launch, &id)
        }
        guard code == 0 else {
            // It never became the program: nobody else learns of its end.
            if id > 0 { _ = ChildProcess(id: id).reap() }
            box?.setGroup(0)
            throw LaunchFailure(
                command: String(cString: command), code: code, environment: environment)
        }
        return ChildProcess(id: id)
    }
}

// The C struct and the C function share a name.
private func startLaunch(_ launch: inout cplatform_launch, _ id: inout pid_t) -> CInt {
    cplatform_launch(&launch, &id)
}

/// Replaces this process by another program: same process id, descriptors, environment. Returns
/// only when that fails. The C function is `execvp`.
package func replaceProcess(arguments: CStringArray) -> LaunchFailure {
    guard let command = arguments.pointers[0] else {
        return LaunchFailure(exitCode: 127, "cannot start a server: no command given")
    }
    _ = execvp(command, arguments.pointers)
    let code = currentErrno()
    return LaunchFailure(
        command: String(cString: command), code: code, environment: .environment())
}

/// A process we started, until it is reaped.
package struct ChildProcess: Sendable {
    /// Its process id, and that of its group. Valid until it is reaped, and as a group's number
    /// as long as the group has members.
    package let id: pid_t

    package init(id: pid_t) { self.id = id }

    /// Whether it has ended. It stays a zombie, so that its id is not given to another process.
    package var hasEnded: Bool {
        var information = siginfo_t()
        information.si_signo = 0
        let result = try? retrying("waitid") {
            Int(waitid(P_PID, id_t(id), &information, WEXITED | WNOHANG | WNOWAIT))
        }
        // Reaped by someone else: there is nothing to wait for any more.
        guard result != nil else { return true }
        return information.si_signo != 0
    }

    /// Waits for its end and frees its id. The C function is `waitpid`.
    package func reap() -> TerminationStatus {
        var status: CInt = 0
        guard (try? retrying("waitpid") { Int(waitpid(id, &status, 0)) }) != nil else {
            return .exited(1)
        }
        return TerminationStatus(waitStatus: status)
    }

    /// Whether its group has a member, a zombie included.
    package var groupExists: Bool {
        // EPERM: there is one, which belongs to somebody else.
        id > 1 && (kill(-id, 0) == 0 || currentErrno() == EPERM)
    }

    /// Sends a signal to every process of its group; false when there is none.
    @discardableResult
    package func signalGroup(_ signal: CInt) -> Bool {
        id > 1 && kill(-id, signal) == 0
    }
}
