import Testing

@testable import Setup

/// What exactly is written, format by format.
struct WrappingTests {
    private static let on = ["MCP_METER": "on"]

    @Test(arguments: [
        // As most people have it.
        (
            """
            {
              "mcpServers": {
                "a": {
                  "command": "npx",
                  "args": ["-y", "x"]
                }
              }
            }

            """,
            """
            {
              "mcpServers": {
                "a": {
                  "command": "mcp-meter",
                  "args": ["npx", "-y", "x"],
                  "env": {
                    "MCP_METER": "on"
                  }
                }
              }
            }

            """
        ),
        // An argument a line, and variables.
        (
            """
            {"mcpServers": {"a": {
            \t"args": [
            \t\t"x"
            \t],
            \t"command": "npx", // why
            \t"env": {
            \t\t"K": "v" // too
            \t}
            }}}
            """,
            """
            {"mcpServers": {"a": {
            \t"args": [
            \t\t"npx",
            \t\t"x"
            \t],
            \t"command": "mcp-meter", // why
            \t"env": {
            \t\t"K": "v", // too
            \t\t"MCP_METER": "on"
            \t}
            }}}
            """
        ),
        // No arguments, comments and trailing commas.
        (
            """
            {"servers": {"a": {
                "command": "npx", // why
                "env": {},
            }}}
            """,
            """
            {"servers": {"a": {
                "command": "mcp-meter", // why
                "args": ["npx"],
                "env": {
                    "MCP_METER": "on"
                },
            }}}
            """
        ),
        // In one line, dense and not.
        (
            #"{"mcpServers":{"a":{"command":"npx","args":["x","y"]}}}"#,
            #"{"mcpServers":{"a":{"command":"mcp-meter","args":["npx","x","y"],"env":{"MCP_METER":"on"}}}}"#
        ),
        (
            #"{"mcpServers": {"a": { "command": "npx" }}}"#,
            #"{"mcpServers": {"a": { "command": "mcp-meter", "args": ["npx"], "env": { "MCP_METER": "on" } }}}"#
        ),
        // A command that would be taken for one of mcp-meter's; escapes stay as they are.
        (
            #"{"mcpServers": {"a": {"command": "report", "args": []}, "b": {"command": "\u006epx", "env": {"MCP_METER": "off"}}}}"#,
            #"{"mcpServers": {"a": {"command": "mcp-meter", "args": ["--", "report"], "env": {"MCP_METER": "on"}}, "b": {"command": "mcp-meter", "args": ["\u006epx"], "env": {"MCP_METER": "off"}}}}"#
        ),
        // Neither a server elsewhere nor one that starts nothing.
        (
            #"{"mcpServers": {"a": {"url": "https://x"}, "b": {"command": "x", "disabled": true}}}"#,
            #"{"mcpServers": {"a": {"url": "https://x"}, "b": {"command": "x", "disabled": true}}}"#
        ),
    ])
    func `JSON`(before: String, after: String) throws {
        for text in [before, before.replacing("\n", with: "\r\n"), "\u{FEFF}" + before] {
            let expected =
                text.utf8.count == before.utf8.count
                ? after
                : text.contains("\r\n")
                    ? after.replacing("\n", with: "\r\n") : "\u{FEFF}" + after
            let document = try ServerDocument(text)
            let (wrapped, original) = try document.wrapped(adding: Self.on)
            #expect(wrapped.text == expected)
            #expect(try wrapped.unwrappedAll(original: original).text == text)
        }
    }

    @Test(arguments: [
        (
            """
            [mcp_servers.a]
            command = "npx"
            args = [
              "-y", # yes
            ]
            [other]
            x = 1
            """,
            """
            [mcp_servers.a]
            command = "mcp-meter"
            args = [
              "npx",
              "-y", # yes
            ]
            env = { MCP_METER = "on" }
            [other]
            x = 1
            """
        ),
        (
            """
            [mcp_servers.a]
              command = 'npx' # why
            [mcp_servers.a.env]
              K = "v"
            """,
            """
            [mcp_servers.a]
              command = "mcp-meter" # why
              args = ['npx']
            [mcp_servers.a.env]
              K = "v"
              MCP_METER = "on"
            """
        ),
        (
            """
            [mcp_servers]
            a = { command = "npx", env = { K = "v" } }
            b.command="npx"
            b.env.K = "v"
            """,
            """
            [mcp_servers]
            a = { command = "mcp-meter", args = ["npx"], env = { K = "v", MCP_METER = "on" } }
            b.command="mcp-meter"
            b.args=["npx"]
            b.env.K = "v"
            b.env.MCP_METER = "on"
            """
        ),
        (
            "mcp_servers.\"a b\".command = \"\"\"npx\"\"\"",
            "mcp_servers.\"a b\".command = \"mcp-meter\"\nmcp_servers.\"a b\".args = [\"\"\"npx\"\"\"]\nmcp_servers.\"a b\".env = { MCP_METER = \"on\" }"
        ),
        (
            "[mcp_servers.a]\ncommand = \"x\"\n[mcp_servers.a.env]\n# none\n",
            "[mcp_servers.a]\ncommand = \"mcp-meter\"\nargs = [\"x\"]\n[mcp_servers.a.env]\nMCP_METER = \"on\"\n# none\n"
        ),
        (
            "[mcp_servers.a]\nenabled = false\ncommand = \"x\"\n",
            "[mcp_servers.a]\nenabled = false\ncommand = \"x\"\n"
        ),
    ])
    func `TOML`(before: String, after: String) throws {
        for isCRLF in [false, true] {
            let text = isCRLF ? before.replacing("\n", with: "\r\n") : before
            let document = try ServerDocument(text, .toml)
            let (wrapped, original) = try document.wrapped(adding: Self.on)
            // A text in one line has no line end to go by.
            let isAlike = isCRLF && before.contains("\n")
            #expect(wrapped.text == (isAlike ? after.replacing("\n", with: "\r\n") : after))
            #expect(try wrapped.unwrappedAll(original: original).text == text)
        }
    }

    @Test func `projects have servers of their own`() throws {
        let text = """
            {"mcpServers": {"a": {"command": "x"}}, "projects": {"/p": {"mcpServers":
            {"a": {"command": "y"}}, "history": []}, "/q": {}}, "servers": {"no": {"command": "z"}}}
            """
        let document = try ServerDocument(text, client: .claudeCode)
        #expect(document.servers.map(\.entry.project) == [nil, "/p"])
        let (wrapped, _) = try document.wrapped("a")
        #expect(wrapped.servers.map(\.entry.isWrapped) == [true, true])
    }

    @Test func `wrapping again changes nothing, and adds only a variable that is not there`() throws
    {
        let document = try ServerDocument(#"{"mcpServers": {"a": {"command": "x"}}}"#)
        let (once, original) = try document.wrapped()
        let (twice, same) = try once.wrapped(original: original)
        #expect(twice.text == once.text)
        #expect(same.text == document.text)
        let (thrice, still) = try twice.wrapped(adding: Self.on, original: same)
        #expect(
            thrice.text
                == #"{"mcpServers": {"a": {"command": "mcp-meter", "args": ["x"], "env": {"MCP_METER": "on"}}}}"#
        )
        #expect(try thrice.unwrappedAll(original: still).text == document.text)
    }

    @Test func `what was edited in the meantime stays`() throws {
        let document = try ServerDocument(
            #"{"mcpServers": {"a": {"command": "x", "args": ["1"]}, "b": {"command": "y"}}}"#)
        let (_, original) = try document.wrapped(adding: Self.on)
        let edited = try ServerDocument(
            """
            {"mcpServers": {"c": {"command": "z"}, "b": {"command": "mcp-meter",
              "args": [ // now with
                "bun", "run", // an argument
              ], "env": {"MINE": "1", "MCP_METER": "on"}},
              "a": {"command": "mcp-meter", "args": ["--", "x"], "cwd": "/", "env": {"MCP_METER": "on", "OTHER": "2"}}}}
            """)
        #expect(
            try edited.unwrappedAll(original: original).text == """
                {"mcpServers": {"c": {"command": "z"}, "b": {"command": "bun",
                  "args": [ // now with
                    "run", // an argument
                  ], "env": {"MINE": "1"}},
                  "a": {"command": "x", "args": [], "cwd": "/", "env": {"OTHER": "2"}}}}
                """)
    }

    @Test func `without what was before, only what the server never sees goes`() throws {
        let document = try ServerDocument(
            #"{"mcpServers": {"a": {"command": "/opt/mcp-meter", "args": ["x"], "env": {"EVALOPS_TOKEN": "t", "OTEL_SERVICE_NAME": "s"}}}}"#
        )
        #expect(
            try document.unwrappedAll(original: nil).text
                == #"{"mcpServers": {"a": {"command": "x", "env": {"OTEL_SERVICE_NAME": "s"}}}}"#)
    }

    @Test func `what was wrapped by hand is not what is given back`() throws {
        let text =
            #"{"mcpServers": {"a": {"command": "mcp-meter", "args": ["x"]}, "b": {"command": "y"}}}"#
        let document = try ServerDocument(text)
        let (wrapped, original) = try document.wrapped("b")
        #expect(original.text == text)
        #expect(try wrapped.unwrapped([1], original: original).text == text)
        // A variable for it is the user's too.
        let (more, base) = try wrapped.wrapped(adding: Self.on, original: original)
        #expect(try more.unwrapped([1], original: base).text == base.text)
        #expect(base.text.contains("MCP_METER"))
    }

    @Test(arguments: [
        (#"{"command": "mcp-meter", "args": ["serve"]}"#, ServerEntry.Obstacle.isMeter),
        (#"{"command": "mcp-meter"}"#, .isMeter),
        (#"{"command": "/w/mcp-meter-wrap", "args": ["npx"]}"#, .isMeter),
        (#"{"type": "sse", "url": "http://x"}"#, .remote("sse")),
        (#"{"serverUrl": "http://x"}"#, .remote("http")),
        (#"{"type": "http", "command": "x"}"#, .remote("http")),
        (#"{"command": ""}"#, .noCommand),
        (#"{}"#, .noCommand),
        (#"{"command": "x", "enabled": false}"#, .disabled),
        (#"{"command": 1}"#, .malformed("`command` is no string")),
        (#"{"command": "x", "args": "y"}"#, .malformed("`args` is no array")),
        (#"{"command": "x", "args": [1]}"#, .malformed("`args` holds something that is no string")),
        (#"{"command": "x", "env": []}"#, .malformed("`env` is no object")),
        ("1", .malformed("its entry is no object")),
    ])
    func `what cannot be wrapped is known, and why`(
        entry: String, obstacle: ServerEntry.Obstacle
    ) throws {
        let document = try ServerDocument(#"{"mcpServers": {"a": \#(entry)}}"#)
        #expect(document.servers.map(\.entry.obstacle) == [obstacle])
    }

    @Test func `a table of variables that nothing can be added to is refused`() throws {
        let document = try ServerDocument(
            "[mcp_servers]\na = { command = 'x', env.K = 'v' }", .toml)
        #expect(throws: Refusal.self) { try document.wrapped(adding: Self.on) }
        #expect(try document.wrapped().after.servers[0].entry.isWrapped)
    }

    @Test(arguments: [
        ("MCP_METER", true), ("MCP_METER_BUDGET", true), ("EVALOPS_TOKEN", true),
        ("OTEL_SERVICE_NAME", true), ("HARPER_ANALYTICS_URL", true), ("MCP_METERS", false),
        ("PATH", false), ("OTEL_", false), ("MCP_METER X", false), ("", false),
    ])
    func `only variables of mcp-meter's are added`(name: String, isOurs: Bool) {
        #expect(Wrapping.reads(name) == isOurs)
    }
}
