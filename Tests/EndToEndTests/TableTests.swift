import Foundation
import Testing

@testable import mcp_meter

/// The tables of commands, variables and exit statuses, against what is made from them and what
/// they are made for.
struct TableTests {
    private static let sources: String = {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Sources")
        let files = FileManager.default.enumerator(at: root, includingPropertiesForKeys: nil)
        return (files?.allObjects ?? []).compactMap { $0 as? URL }
            .filter { ["swift", "c", "h"].contains($0.pathExtension) }
            // What is said of variables and commands is not where they are read.
            .filter { !$0.path.contains("/CommandLine/Table/") && !$0.path.contains("/Help/") }
            .compactMap { try? String(contentsOf: $0, encoding: .utf8) }.joined(separator: "\n")
    }()

    // MARK: Options

    /// A value that the option takes.
    private static func sample(_ option: CommandTable.Option) -> String {
        if let value = option.value, let word = Completions.words(for: value).first { return word }
        return switch option.name {
        case "--patience", "--top": "3"
        case "--mail", "--from": "me@example.org"
        case "--budget": "5/day"
        case "--env": "MCP_METER=on"
        case "--budget-left": "0.5"
        case "--time": "2026-11-21T23:00"
        case "--command": "/usr/bin/mcp-meter"
        case "--since" where option.value?.placeholder == "TIME": "7d"
        default: "x"
        }
    }

    @Test(
        arguments: CommandTable.words.flatMap { command in
            command.options.map { (command.name, $0.name) }
        })
    func `every option of the table is read`(command: String, name: String) throws {
        let option = try #require(
            CommandTable.command(command)?.options.first { $0.name == name })
        var words = [command, name] + (option.value == nil ? [] : [Self.sample(option)])
        // Those that only make sense beside another.
        if command == "deliver", name == "--json" { words.append("--status") }
        if command == "route", name == "--json" { words.append("--explain") }
        if command == "deliver", name == "--patience" { words.append("--once") }
        if ["wrap", "unwrap"].contains(command), name != "--all" { words.append("--all") }
        if ["--from", "--sendmail"].contains(name) { words += ["--mail", "me@example.org"] }
        if case .misuse(let reason) = Arguments.parse(words) { Issue.record("\(words): \(reason)") }
        guard option.value != nil else {
            #expect(
                Arguments.parse([command, name + "=x"])
                    == .misuse("`\(name)` takes no value."))
            return
        }
        // The other way to give a value is the same.
        let joined = [command, "\(words[1])=\(words[2])"] + words.dropFirst(3)
        if name != "--since" { #expect(Arguments.parse(joined) == Arguments.parse(words)) }
        for missing in [[command, name], [command, name, "--help"], [command, name, ""]] {
            guard case .misuse(let reason) = Arguments.parse(missing) else {
                Issue.record("\(missing) was accepted")
                continue
            }
            #expect(reason.hasPrefix("`\(name)` needs "), "\(reason)")
        }
    }

    @Test func `every command of the table is one, and every one shows its help`() {
        for command in CommandTable.words {
            #expect(Arguments.parse([command.name, "--help"]) == .help(command.name))
            #expect(Arguments.parse([command.name, "-h"]) == .help(command.name))
        }
    }

    @Test(arguments: [
        (["prices", "--", "--check"], Invocation.prices(PricesOptions(filter: "--check"))),
        (["prices", "-"], .prices(PricesOptions(filter: "-"))),
        (["inspect", "--", "--help"], .inspect(InspectOptions(server: ["--help"]))),
        (["inspect", "--"], .inspect(InspectOptions())),
        (["demo", "--state-dir=--keep"], .demo(DemoOptions(keep: true, stateDirectory: "--keep"))),
        (["completions", "zsh"], .completions(.zsh)), (["man"], .manual),
        (["completions"], .misuse("`completions` needs a shell: bash, zsh, fish.")),
        (
            ["completions", "fis"],
            .misuse("`completions` knows bash, zsh, fish, not `fis`. Did you mean `fish`?")
        ),
        (["man", "me"], .misuse("`man` does not take `me`.")),
        (["help", "variables"], .help("variables")),
    ])
    func `words`(words: [String], expected: Invocation) {
        #expect(Arguments.parse(words) == expected)
    }

    // MARK: Spelling

    @Test(arguments: [
        ("", "", 0), ("wrap", "wrap", 0), ("wrpa", "wrap", 1), ("rap", "wrap", 1),
        ("wraps", "wrap", 1), ("warp", "wrap", 1), ("report", "import", 2), ("", "man", 3),
        ("sicne", "since", 1), ("tihs", "this", 1),
    ])
    func `slips are counted`(a: String, b: String, slips: Int) {
        #expect(Spelling.distance(a, b) == slips)
        #expect(Spelling.distance(b, a) == slips)
    }

    @Test(arguments: [
        ("reprot", "report"), ("docter", "doctor"), ("Report", "report"), ("deliv", "deliver"),
        ("mn", "man"), ("comp", "completions"), ("--report", "report"),
    ])
    func `what was meant is found`(typed: String, meant: String) {
        #expect(Spelling.nearest(typed, CommandTable.words.map(\.name)) == meant)
    }

    @Test(arguments: ["node", "npx", "uvx", "python3", "cat", "sh", "d", "", "-", "docker", "bun"])
    func `what is something else is left alone`(typed: String) {
        #expect(Spelling.nearest(typed, CommandTable.words.map(\.name)) == nil)
    }

    // MARK: Variables

    @Test func `every variable that is read is in the table, and every one in it is read`() {
        let names = Set(VariableTable.all.map(\.name))
        #expect(names.count == VariableTable.all.count, "one stands there twice")
        let pattern = /\b(?:MCP_METER|EVALOPS|MOSAIC|HARPER|OTEL)(?:_[A-Z0-9]+)*\b(?!_)/
        var found = Set(Self.sources.matches(of: pattern).map { String($0.output) })
        // The commit is the builder's, and not of the environment that it runs in.
        found.remove("MCP_METER_COMMIT")
        #expect(found.contains("MCP_METER_STATE_DIR") && found.contains("OTEL_SERVICE_NAME"))
        for name in found.subtracting(names) {
            // Part of a name that is put together, or one signal's own.
            let isPart = names.contains { $0.hasPrefix(name) }
            let isOneSignals = name.contains("_OTLP_TRACES_") || name.contains("_OTLP_METRICS_")
            #expect(isPart || isOneSignals, "\(name) is not in the table")
        }
        for name in names.subtracting(found) {
            let option = name.replacing("OTEL_EXPORTER_OTLP_", with: "")
            let isRead =
                Self.sources.contains("\"\(name)\"")
                || option != name && Self.sources.contains("\"\(option)\"")
                || ["OTEL_TRACES_EXPORTER", "OTEL_METRICS_EXPORTER", "NO_COLOR", "NOTIFY_SOCKET"]
                    .contains(name) && Self.sources.contains(name.suffix(8))
            #expect(isRead, "\(name) is read nowhere")
        }
    }

    @Test func `the commands that are said to read a variable are there`() {
        for group in VariableTable.groups {
            for command in group.commands { #expect(CommandTable.command(command) != nil) }
        }
    }

    // MARK: What is made from them

    private static var pages: [(Terminal) -> String] {
        CommandTable.commands.map { command in { Help.page(command, $0) } }
            + [Help.overview, Help.variables, Help.hint]
    }

    @Test(arguments: [40, 41, 47, 60, 79, 80, 100])
    func `help fits every width`(width: Int) {
        let examples = CommandTable.commands.flatMap(\.examples)
        for page in Self.pages {
            for line in page(Terminal(width: width)).split(separator: "\n") {
                let content = line.drop { $0 == " " }
                let isWord = !content.contains(" ") || examples.contains(String(content))
                // What is to be pasted into a configuration stays in one piece.
                let isCode = content.hasPrefix("{\"") || content.hasPrefix("\"")
                #expect(line.count <= width || isWord || isCode, "\(width): \(line)")
                #expect(line.last != " ")
            }
        }
    }

    @Test func `colours are only there where they are wanted`() {
        for page in Self.pages {
            let plain = page(Terminal())
            let painted = page(Terminal(hasColour: true))
            #expect(!plain.contains("\u{1b}") && painted.contains("\u{1b}[1m"))
            let stripped = painted.replacing("\u{1b}[1m", with: "").replacing(
                "\u{1b}[0m", with: "")
            #expect(stripped == plain)
        }
    }

    @Test func `the manual and the completions leave nothing out`() {
        let manual = Manual.page.replacing("\\-", with: "-")
        for variable in VariableTable.all { #expect(manual.contains("\\fB\(variable.name)\\fR")) }
        for (code, _) in ExitCode.rows { #expect(manual.contains("\n\\fB\(code)\\fR\n")) }
        let scripts = Shell.allCases.map(Completions.script)
        for command in CommandTable.words {
            #expect(manual.contains("\n.SS \(command.name)\n"))
            for script in scripts { #expect(script.contains(command.name)) }
            for option in command.options {
                #expect(manual.contains("\\fB\(option.name)\\fR"))
                #expect(scripts[0].contains(option.name))
                #expect(scripts[1].contains(option.name))
                #expect(scripts[2].contains("-l \(option.name.dropFirst(2)) "))
            }
        }
        // No line of text is taken for a macro.
        for line in Manual.page.split(separator: "\n") where line.hasPrefix(".") {
            let name = line.dropFirst().prefix { $0 != " " }
            let macros = [
                "TH", "nh", "ad", "SH", "SS", "PP", "TP", "br", "RS", "RE", "nf", "fi",
            ]
            #expect(macros.contains(String(name)), "\(line)")
        }
    }

    @Test(arguments: [
        ("only calls since then: 30m, 12h", "only calls since then"),
        ("keep it in DIR", "keep it in DIR"),
        ("Show the prices in force, with dates.", "Show the prices in force"), ("", ""),
        ("Write the manual page.", "Write the manual page"),
    ])
    func `a completion says the first thing of a meaning`(meaning: String, brief: String) {
        #expect(Completions.brief(meaning) == brief)
    }
}
