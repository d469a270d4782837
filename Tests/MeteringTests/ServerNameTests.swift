import Metering
import Testing

struct ServerNameTests {
    @Test(arguments: [
        ("npx -y gemini-mcp-tool", "gemini-mcp-tool"),
        ("npx -y gemini-mcp-tool@1.2.3 --verbose", "gemini-mcp-tool"),
        ("npx -y @modelcontextprotocol/server-git@latest /repo", "server-git"),
        ("npx -y @perplexity-ai/mcp-server", "perplexity-ai"),
        ("npx --yes --package @x/grok-mcp grok-mcp", "grok-mcp"),
        ("npx -p gemini-mcp-tool gemini-mcp", "gemini-mcp"),
        ("npm exec -- ollama-mcp", "ollama-mcp"),
        ("pnpm dlx ask-gemini-mcp", "ask-gemini-mcp"),
        ("bunx ask-gemini-mcp", "ask-gemini-mcp"),
        ("node /x/deep-code-reasoning-mcp/dist/index.js", "deep-code-reasoning-mcp"),
        ("/usr/bin/node --max-old-space-size=4096 /x/grok-mcp/build/index.js", "grok-mcp"),
        ("node -r dotenv/config /x/grok-mcp/src/index.js", "grok-mcp"),
        ("tsx src/index.ts", "index"),
        ("node dist/my-server.mjs", "my-server"),
        ("uvx mcp-server-git --repository /x", "mcp-server-git"),
        ("uvx --from git+https://github.com/x/zen-mcp-server.git zen-mcp-server", "zen-mcp-server"),
        ("uvx mcp-server-git==1.2", "mcp-server-git"),
        ("uv --directory /home/u/ollama-mcp run server.py", "ollama-mcp"),
        ("uv run --directory /home/u/ollama-mcp main.py", "ollama-mcp"),
        ("pipx run grok-mcp", "grok-mcp"),
        ("python -m mcp_server_git", "mcp_server_git"),
        ("python3.11 -u /opt/grok-mcp/server.py", "grok-mcp"),
        ("/a/.venv/bin/python /a/zen-mcp-server/server.py", "zen-mcp-server"),
        ("docker run -i --rm -e KEY ghcr.io/github/github-mcp-server:1.0", "github-mcp-server"),
        ("docker run --rm -i -v /a:/b mcp/perplexity-ask", "perplexity-ask"),
        ("env A=b npx -y grok-mcp", "grok-mcp"),
        ("cmd /c npx -y grok-mcp", "grok-mcp"),
        (#"C:\tools\grok-mcp.exe --stdio"#, "grok-mcp"),
        ("java -jar /opt/gemini-server.jar", "gemini-server"),
        ("deno run -A jsr:@x/askpro-mcp", "askpro-mcp"),
        ("codex mcp-server", "codex"),
        ("/usr/local/bin/gemini-mcp-rust", "gemini-mcp-rust"),
        ("/x/gemini-mcp-rust/target/release/server", "gemini-mcp-rust"),
    ])
    func `a command names its server`(command: String, name: String) {
        let words = command.split(separator: " ").map(String.init)
        #expect(ServerName.from(command: words) == name)
    }

    @Test func `a shell's script names its server`() {
        #expect(
            ServerName.from(command: ["sh", "-c", "cd /x && exec npx -y 'gemini-mcp-tool'"])
                == "gemini-mcp-tool")
        #expect(
            ServerName.from(command: ["bash", "-lc", "uvx mcp-server-git"]) == "mcp-server-git")
        #expect(ServerName.from(command: ["bash", "/x/run-grok.sh"]) == "run-grok")
    }

    @Test(arguments: [
        [], [""], ["/"], ["npx"], ["npx", "-y"], ["sh", "-c"], ["sh", "-c", " ; "], ["docker"],
        ["docker", "run"], ["env"], ["env", "env", "env", "env", "env"], ["@"], ["uvx", "@"],
        ["node", "--"], ["..", "/.."], ["python", "-m"], ["\u{0}\u{FEFF}"],
    ])
    func `no command makes it trap`(command: [String]) {
        _ = ServerName.from(command: command)
    }
}
