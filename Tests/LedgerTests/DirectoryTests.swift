import Foundation
import Ledger
import Testing

@Suite struct DirectoryTests {
    static let found: [(own: String?, xdg: String?, home: String?, state: String)] = [
        ("/srv/meter", "/xdg", "/home/me", "/srv/meter"),
        ("/srv/meter//", nil, nil, "/srv/meter"),
        ("", "/xdg", "/home/me", "/xdg/mcp-meter"),
        (nil, "/xdg/", "/home/me", "/xdg/mcp-meter"),
        (nil, "", "/home/me", "/home/me/.local/state/mcp-meter"),
        (nil, "relative", "/home/me", "/home/me/.local/state/mcp-meter"),
        (nil, nil, "/home/me", "/home/me/.local/state/mcp-meter"),
        (nil, nil, "/", "/.local/state/mcp-meter"),
    ]

    @Test(arguments: found)
    func `the state directory is found`(own: String?, xdg: String?, home: String?, state: String)
        throws
    {
        let directory = try LedgerDirectory(stateDirectory: own, xdgStateHome: xdg, home: home)
        #expect(directory.state == state)
    }

    @Test(arguments: [(nil, nil, nil), (nil, "", ""), (nil, "here", "there"), ("", nil, nil)])
    func `without any place the error names the variables`(
        own: String?, xdg: String?, home: String?
    ) {
        let error = #expect(throws: LedgerDirectoryError.self) {
            try LedgerDirectory(stateDirectory: own, xdgStateHome: xdg, home: home)
        }
        for name in ["MCP_METER_STATE_DIR", "XDG_STATE_HOME", "HOME"] {
            #expect(error?.description.contains(name) == true)
        }
    }

    @Test(arguments: ["state", "~/state", "./state"])
    func `a relative state directory is refused by name, not used`(path: String) {
        let error = #expect(throws: LedgerDirectoryError.self) {
            try LedgerDirectory(stateDirectory: path, xdgStateHome: "/xdg", home: "/home/me")
        }
        #expect(error?.description.contains("MCP_METER_STATE_DIR is '\(path)'") == true)
    }

    @Test(arguments: ["000", "077"]) func `files are 0600 and directories 0700`(umask: String)
        throws
    {
        let ledger = TemporaryLedger()
        let probe = try Probe("commands", ledger.directory.state, umask: umask)
        try probe.send("1")
        #expect(probe.readLine() == "acknowledged 1 lost 0 ")
        let segment = try #require(try ledger.reader.segments().first)
        #expect(try permissions(ledger.directory.path(of: segment)) == 0o600)
        #expect(try permissions(ledger.directory.path(of: segment.day)) == 0o700)
        #expect(try permissions(ledger.directory.ledger) == 0o700)
        #expect(try permissions(ledger.directory.state) == 0o700)
    }

    @Test func `a directory that exists keeps its mode`() throws {
        let ledger = TemporaryLedger()
        try FileManager.default.createDirectory(
            atPath: ledger.directory.state, withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o755])
        var writer = LedgerWriter(ledger.directory)
        try writer.append(line(1), at: morning)
        #expect(try permissions(ledger.directory.state) == 0o755)
        #expect(try permissions(ledger.directory.ledger) == 0o700)
    }

    @Test func `the state directory may be a symbolic link, a day may not`() throws {
        let (real, outside) = (TemporaryLedger(), TemporaryLedger())
        let link = TemporaryLedger()
        let files = FileManager.default
        for path in [real.directory.ledger, outside.directory.state] {
            try files.createDirectory(atPath: path, withIntermediateDirectories: true)
        }
        try files.createSymbolicLink(
            atPath: link.directory.state, withDestinationPath: real.directory.state)
        var writer = LedgerWriter(link.directory)
        try writer.append(line(1), at: morning)
        #expect(try real.lines().lines == ["{\"n\":1}"])

        let tomorrow = morning + day
        try files.createSymbolicLink(
            atPath: real.directory.path(of: Day(of: tomorrow)),
            withDestinationPath: outside.directory.state)
        var other = LedgerWriter(link.directory)
        let error = #expect(throws: LedgerError.self) { try other.append(line(2), at: tomorrow) }
        #expect(error?.isTransient == false)
        #expect(try files.contentsOfDirectory(atPath: outside.directory.state).isEmpty)
    }

    @Test func `a state directory below a file is a permanent error that says what to do`() throws {
        let ledger = TemporaryLedger()
        try Data().write(to: URL(filePath: ledger.directory.state))
        var writer = LedgerWriter(ledger.directory)
        let error = #expect(throws: LedgerError.self) { try writer.append(line(1), at: morning) }
        #expect(error?.isTransient == false)
        #expect(error?.description.contains(ledger.directory.state) == true)
        #expect(error?.description.contains("MCP_METER_STATE_DIR") == true)
        let lost = writer.linesLost
        #expect(lost == 1)
    }
}
