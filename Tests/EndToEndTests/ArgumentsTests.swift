import Records
import SessionLogs
import Testing

@testable import mcp_meter

struct ArgumentsTests {
    @Test(arguments: [
        (["node", "server.js", "--help"], Invocation.relay(["node", "server.js", "--help"])),
        (["--", "inspect", "-x"], .relay(["inspect", "-x"])),
        (["./demo"], .relay(["./demo"])),
        ([], .nothing),
        (["--help"], .help(nil)), (["-h"], .help(nil)), (["help"], .help(nil)),
        (["help", "demo"], .help("demo")), (["demo", "--help"], .help("demo")),
        (["inspect", "-h"], .help("inspect")), (["prices", "--help"], .help("prices")),
        (["--version"], .version), (["-V"], .version),
        (["inspect"], .inspect(InspectOptions())),
        (
            ["inspect", "--", "npx", "-y", "x"],
            .inspect(InspectOptions(server: ["npx", "-y", "x"]))
        ),
        (["demo"], .demo(DemoOptions())),
        (["demo", "--keep"], .demo(DemoOptions(keep: true))),
        (["demo", "--state-dir", "/s"], .demo(DemoOptions(keep: true, stateDirectory: "/s"))),
        (["prices"], .prices(PricesOptions())),
        (["prices", "gemini"], .prices(PricesOptions(filter: "gemini"))),
        (["prices", "--check", "f.json"], .prices(PricesOptions(check: "f.json"))),
        (["serve"], .serve(ServeOptions())),
        (
            ["serve", "--listen", "[::1]:9", "--no-import"],
            .serve(ServeOptions(listen: "[::1]:9", importsLogs: false))
        ),
        (["import"], .importLogs(ImportOptions())),
        (
            ["import", "--client", "claude", "--client", "grok-build", "--dry-run"],
            .importLogs(ImportOptions(clients: [.claudeCode, .grok], isDryRun: true))
        ),
        (
            ["import", "--since", "2026-11-01"],
            .importLogs(ImportOptions(since: Timestamp(rfc3339: "2026-11-01T00:00:00Z")))
        ),
        (["demo-server"], .sampleServer),
        (["deliver"], .deliver(DeliverOptions())),
        (["deliver", "--once"], .deliver(DeliverOptions(mode: .once))),
        (
            ["deliver", "--until-idle", "--patience", "9"],
            .deliver(DeliverOptions(mode: .untilIdle, patience: 9))
        ),
        (["deliver", "--status"], .deliver(DeliverOptions(mode: .status(json: false)))),
        (["deliver", "--json", "--status"], .deliver(DeliverOptions(mode: .status(json: true)))),
        (["deliver", "--retry-dead"], .deliver(DeliverOptions(mode: .retryDead))),
        (["deliver", "-h"], .help("deliver")),
    ])
    func `words are sorted into what is to be done`(words: [String], expected: Invocation) {
        #expect(Arguments.parse(words) == expected)
    }

    @Test(arguments: [
        (["--"], "must be followed by a command"),
        (["--hepl"], "Did you mean `--help`?"),
        (["--frobnicate"], "Unknown option `--frobnicate`."),
        (["demo", "--kep"], "Did you mean `--keep`?"),
        (["demo", "--state-dir"], "needs a directory"),
        (["demo", "again"], "`demo` does not take `again`."),
        (["prices", "--check"], "needs a file"),
        (["prices", "a", "b"], "takes one MODEL, not `a` and `b`"),
        (
            ["import", "--client", "cursor"],
            "`--client` needs one of claude-code, codex, gemini-cli, grok-build"
        ),
        (["import", "--since", "soon"], "needs a time such as 30m, 12h, 7d"),
        (["import", "--dry-rum"], "Did you mean `--dry-run`?"),
        (["inspect", "file"], "`inspect` does not take `file`."),
        (["help", "demo", "too"], "takes one COMMAND, not `demo` and `too`"),
        (["deliver", "--onec"], "Did you mean `--once`?"),
        (["deliver", "--once", "--status"], "`--once` or `--status`, not both"),
        (["deliver", "--json"], "`--json` goes with `--status`"),
        (["deliver", "--patience"], "needs seconds"),
        (["deliver", "--once", "--patience", "-1"], "needs seconds"),
        (["deliver", "--patience", "5"], "`--patience` goes with"),
        (["serve", "--listen"], "needs an address and a port"),
        (["serve", "--lisen", "x"], "Did you mean `--listen`?"),
        (["wrap", "--env", "FOO=1", "a"], "not `FOO`"),
        (["wrap", "--env", "MCP_METER", "a"], "NAME=VALUE"),
        (["wrap", "--dry-run"], "needs a server's name, or `--all`"),
        (["wrap", "a", "--all"], "`a` or `--all`, not both"),
        (["wrap", "--command", "/usr/bin/env", "a"], "the path of mcp-meter"),
        (["wrap", "--client", "curser", "a"], "Did you mean `cursor`?"),
        (["unwrap", "--env", "MCP_METER=on", "a"], "`unwrap` does not take `--env`"),
        (["report", "--by", "modle"], "Did you mean `model`?"),
        (["report", "--since"], "needs a value"),
        (["report", "--sicne", "7d"], "Did you mean `--since`?"),
        (["report", "--format", "pdf"], "text, json, csv, markdown, html, not `pdf`."),
        (["report", "--budget", "50"], "50/week"),
        (["report", "--budget", "5/day,x"], "not `x`."),
        (["report", "--top", "-1"], "from 0 to 1000"),
        (["report", "--period", "today", "--since", "7d"], "not both"),
        (["report", "--live", "--mail", "a@b.c"], "does not go with"),
        (["report", "--sendmail"], "goes with `--mail`"),
        (["report", "--mail", "a b@c"], "an address"),
    ])
    func `a mistake is named`(words: [String], part: String) {
        guard case .misuse(let reason) = Arguments.parse(words) else {
            Issue.record("\(words) was accepted")
            return
        }
        #expect(reason.contains(part), "\(reason)")
    }

    @Test func `every command has help that fits a terminal and says how to use it`() {
        for command in CommandTable.commands {
            let page = Help.page(command, Terminal())
            #expect(page.contains("Usage:\n  \(command.usage)\n"))
            for line in page.split(separator: "\n") { #expect(line.count <= 80, "\(line)") }
        }
        for line in Help.overview(Terminal()).split(separator: "\n") {
            #expect(line.count <= 80, "\(line)")
        }
    }
}
