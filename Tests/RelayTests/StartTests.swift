import Foundation
import Posix
import Testing

@Suite struct StartTests {
    @Test(arguments: [[], ["--exec"]])
    func `a command that is not there is 127 and one line that says where was searched`(
        options: [String]
    ) throws {
        let session = try Session(
            options, ["no-such-command"], through: "PATH=/nowhere:/usr/nowhere; export PATH;")
        #expect(try session.end() == .exited(127))
        let complaint = try session.errorsUntilAllAreGone()
        #expect(complaint.split(separator: "\n").count == 1)
        #expect(complaint.contains("no-such-command"))
        #expect(complaint.contains("/nowhere:/usr/nowhere"))
    }

    @Test func `a path that is not there is 127`() throws {
        let session = try Session([], ["./no/such/file"])
        #expect(try session.end() == .exited(127))
        #expect(try session.errorsUntilAllAreGone().contains("./no/such/file: no such file"))
    }

    @Test(arguments: [[], ["--exec"]])
    func `a file that is not executable is 126`(options: [String]) throws {
        let file = TemporaryFile()
        try file.write("text")
        let session = try Session(options, [file.path])
        #expect(try session.end() == .exited(126))
        #expect(try session.errorsUntilAllAreGone().contains("not an executable file"))
    }

    @Test func `a script whose interpreter is missing is 126 and says so`() throws {
        let file = TemporaryFile()
        try file.write("#!/no/such/interpreter\n")
        chmod(file.path, 0o755)
        let session = try Session([], [file.path])
        #expect(try session.end() == .exited(126))
        #expect(try session.errorsUntilAllAreGone().contains("interpreter"))
    }

    @Test func `a script without an interpreter line is run by the shell`() throws {
        let file = TemporaryFile()
        try file.write("echo \"$1\"; exit 8\n")
        chmod(file.path, 0o755)
        let session = try Session([], [file.path, "an argument"])
        #expect(try session.restAsText() == "an argument\n")
        #expect(try session.end() == .exited(8))
    }

    @Test func `the server gets our arguments, environment and directory`() throws {
        let session = try Session(
            [],
            [
                "sh", "-c", "echo \"$1|$2|$KEPT|$PROBE_HIDDEN|$PROBE_SECRET_TOKEN\"; pwd", "-", "",
                "a b",
            ],
            through: "cd /usr;",
            environment: ["KEPT=kept", "PROBE_HIDDEN=h", "PROBE_SECRET_TOKEN=t"])
        #expect(try session.line() == "|a b|kept||")
        #expect(try session.line() == "/usr")
    }

    @Test func `arguments that are not UTF-8 arrive as they are`() throws {
        let session = try Session(
            [], ["placeholder"],
            through: """
                set -- "$1" printf '%s' "$(printf '\\377\\300z')"; \
                probe=$0; shift 0; exec "$probe" "$2" "$3" "$4";
                """)
        #expect(try session.rest() == [0xff, 0xc0, UInt8(ascii: "z")])
    }

    @Test func `the server is the leader of a group of its own`() throws {
        let session = try Session.shell("echo $$; ps -o pgid= -p $$; cat")
        let id = try session.line()
        #expect(try session.line().trimmingCharacters(in: .whitespaces) == id)
        #expect(Int32(id) != session.relay.id)
    }

    @Test func `the server gets no descriptor but the standard ones`() throws {
        // Descriptors 3, 7 and 9 are open without close-on-exec in the relay.
        let session = try Session.shell(
            "for n in 3 4 5 6 7 8 9; do if true 2>/dev/null >&$n; then echo open $n; fi; done; echo end",
            through: "exec 3</dev/null 7>/dev/null 9>/dev/null;")
        #expect(try session.restAsText() == "end\n")
    }

    @Test func `the server starts with default signals, whatever ours are`() throws {
        #if os(Linux)
            // grep reads its own status: a shell would set signals up for itself.
            let session = try Session(
                [], ["grep", "-E", "^Sig(Blk|Ign)", "/proc/self/status"],
                through: "trap '' PIPE INT HUP USR1;")
            let masks = try session.restAsText().split(separator: "\n").map { line in
                UInt64(line.suffix(16), radix: 16)
            }
            // Signals 32 and 33 are glibc's own; its posix_spawn leaves them ignored.
            #expect(masks.count == 2)
            #expect(masks.allSatisfy { $0.map { $0 & ~(3 << 31) } == 0 })
            #expect(try session.end() == .exited(0))
        #endif
    }

    @Test func `a closed stdin is the end of the server's input`() throws {
        let session = try Session([], ["cat"], through: "exec <&-;")
        #expect(try session.rest().isEmpty)
        #expect(try session.end() == .exited(0))
    }

    @Test func `a closed stdout stops the server's writes and nothing else`() throws {
        let session = try Session.shell(
            "trap 'echo piped >&2' PIPE; while echo x; do sleep 0.01; done 2>/dev/null; exit 3",
            through: "exec >&-;")
        #expect(try session.end() == .exited(3))
    }

    @Test func `a closed stderr is closed for the server too`() throws {
        let session = try Session.shell(
            "if (true >&2); then echo open; else echo closed; fi",
            through: "exec 2>&-;")
        #expect(try session.line() == "closed")
    }

    @Test func `all streams closed is survived`() throws {
        let session = try Session.shell("exit 7", through: "exec <&- >&- 2>&-;")
        #expect(try session.end() == .exited(7))
    }

    @Test func `off: the process becomes the server`() throws {
        let session = try Session(["--exec"], ["sh", "-c", "echo $$; kill -9 $$"])
        #expect(try session.line() == "\(session.relay.id)")
        #expect(try session.end() == .signalled(SIGKILL))
    }
}
