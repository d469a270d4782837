"""Servers other people published, run metered. They call no model: whatever keys are in the
environment, their calls are timed and counted, and never get a provider, a model or a price."""

import http.server
import subprocess
import sys
import threading

import anyio
import pytest
from mcp import Client, StdioServerParameters
from support.relay import Bench, binary

KEYS = {"GEMINI_API_KEY": "not-a-key-1", "OPENAI_API_KEY": "not-a-key-2", "XAI_API_KEY": "not-a-key-3"}


def use(bench: Bench, arguments: list[str], body, **options) -> None:
    async def session() -> None:
        server = StdioServerParameters(
            command=binary(),
            args=["--", sys.executable, "-m", *arguments],
            env=bench.environment(KEYS),
            **options,
        )
        async with Client(server, mode="legacy") as client:
            await client.list_tools()
            await body(client)

    anyio.run(session)


def assert_metered(bench: Bench, *tools: str) -> None:
    if not bench.on:
        assert not bench.state.exists()
        return
    ledger = bench.ledger()
    assert [call["tool"] for call in ledger.matching("tools/call")] == list(tools)
    for call in ledger.calls:
        assert call["outcome"] == "ok", call
        assert not {"provider", "model", "usage", "cost", "model_source"} & call.keys(), call
    for key in KEYS.values():
        assert key.encode() not in ledger.raw


def test_mcp_server_time(bench: Bench):
    async def body(client: Client) -> None:
        answer = await client.call_tool("get_current_time", {"timezone": "Europe/Paris"})
        assert "Europe/Paris" in answer.content[0].text
        answer = await client.call_tool(
            "convert_time",
            {"source_timezone": "Asia/Tokyo", "time": "12:00", "target_timezone": "UTC"},
        )
        assert "03:00" in answer.content[0].text

    use(bench, ["mcp_server_time"], body)
    assert_metered(bench, "get_current_time", "convert_time")


def test_mcp_server_git(bench: Bench, tmp_path):
    repository = tmp_path / "repository"
    identity = ["-c", "user.name=A", "-c", "user.email=a@example.invalid"]
    subprocess.run(["git", "init", "-q", repository], check=True)
    (repository / "file").write_text("content\n")
    subprocess.run(["git", "-C", repository, "add", "file"], check=True)
    subprocess.run(["git", "-C", repository, *identity, "commit", "-q", "-m", "first"], check=True)
    (repository / "file").write_text("changed\n")

    async def body(client: Client) -> None:
        answer = await client.call_tool("git_status", {"repo_path": str(repository)})
        assert "file" in answer.content[0].text
        answer = await client.call_tool("git_log", {"repo_path": str(repository), "max_count": 1})
        assert "first" in answer.content[0].text

    use(bench, ["mcp_server_git", "--repository", str(repository)], body)
    assert_metered(bench, "git_status", "git_log")


@pytest.fixture
def web_page():
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = self.path == "/page"
            self.send_response(200 if found else 404)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            if found:
                self.wfile.write(b"<html><body><h1>Loopback</h1><p>A page of our own.</p></body></html>")

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/page"
        server.shutdown()
        thread.join()


def test_mcp_server_fetch(bench: Bench, web_page: str):
    async def body(client: Client) -> None:
        answer = await client.call_tool("fetch", {"url": web_page, "raw": True})
        assert "A page of our own." in answer.content[0].text

    use(bench, ["mcp_server_fetch", "--allow-private-ips", "--ignore-robots-txt"], body)
    assert_metered(bench, "fetch")
