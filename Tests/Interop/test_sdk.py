"""The official SDK, client and server, through the relay: everything a session can carry works,
off and on, and what is on ends in the ledger."""

import sys
import time
from contextlib import asynccontextmanager
from datetime import datetime, timezone

import anyio
import mcp.types as types
import pytest
from mcp import Client, MCPError, StdioServerParameters
from support.relay import Bench, binary, python

SAMPLING_MODEL = "claude-sonnet-4-5-20250929"


@asynccontextmanager
async def connected(bench: Bench, mode: str = "legacy", errlog=None, **callbacks):
    command = python("sdk_server.py")
    server = StdioServerParameters(command=binary(), args=["--", *command], env=bench.environment())
    from mcp.client.stdio import stdio_client

    transport = stdio_client(server, errlog or sys.stderr)
    information = types.Implementation(name="interop-client", version="9.9.9")
    async with Client(transport, mode=mode, client_info=information, **callbacks) as client:
        yield client


async def sample(context, params):
    return types.CreateMessageResult(
        role="assistant",
        content=types.TextContent(type="text", text="Forty-two, of course."),
        model=SAMPLING_MODEL,
        stop_reason="endTurn",
    )


async def elicit(context, params):
    return types.ElicitResult(action="accept", content={"confirm": True})


def test_a_whole_session(bench: Bench):
    progress = []

    async def on_progress(done: float, total: float | None, message: str | None) -> None:
        progress.append((done, total, message))

    async def session() -> None:
        async with connected(bench, sampling_callback=sample, elicitation_callback=elicit) as client:
            assert client.server_info.name == "sdk-server"
            tools = await client.list_tools()
            assert {"add", "count", "confirm"} <= {tool.name for tool in tools.tools}
            answer = await client.call_tool("add", {"a": 2, "b": 40})
            assert answer.structured_content == {"result": 42}
            answer = await client.call_tool("count", {"steps": 5}, progress_callback=on_progress)
            assert answer.content[0].text == "counted to 5"
            answer = await client.call_tool("ask_the_client", {"question": "What is the answer to it all?"})
            assert answer.content[0].text == "Forty-two, of course."
            answer = await client.call_tool("confirm", {"what": "go on"})
            assert answer.content[0].text == "accept True"
            answer = await client.call_tool("fail", {"message": "on purpose"})
            assert answer.is_error
            await client.send_ping()

    started = time.time()
    anyio.run(session)
    ended = time.time()

    assert progress == [(step, 5, f"step {step}") for step in range(1, 6)]
    if not bench.on:
        assert not bench.state.exists()
        return
    ledger = bench.ledger()
    for call in ledger.calls:
        assert call["server"] == "sdk-server" or call["method"] == "initialize"
        assert call["client"] == "interop-client"
        at = datetime.fromisoformat(call["time"]).replace(tzinfo=timezone.utc).timestamp()
        assert started - 0.001 <= at <= ended
        assert 0 <= call["first_byte_ms"] <= call["duration_ms"] <= (ended - started) * 1000
        assert call["request_bytes"] > 0 and call["response_bytes"] > 0
    to_server = {"direction": "client_to_server", "outcome": "ok"}
    ledger.call("initialize", **to_server)
    ledger.call("tools/list", **to_server)
    ledger.call("ping", **to_server)
    for tool in ("add", "count", "ask_the_client", "confirm"):
        ledger.call("tools/call", tool=tool, **to_server)
    failed = ledger.call("tools/call", tool="fail", direction="client_to_server")
    assert failed["outcome"] == "error"
    to_client = {"direction": "server_to_client", "outcome": "ok"}
    sampled = ledger.call("sampling/createMessage", **to_client)
    assert (sampled["provider"], sampled["model"]) == ("anthropic", SAMPLING_MODEL)
    assert sampled["model_source"] == "response"
    assert sampled["usage"]["source"] == "estimated"
    asked = ledger.call("elicitation/create", **to_client)
    assert "provider" not in asked and "usage" not in asked
    outer = ledger.call("tools/call", tool="ask_the_client")
    assert outer["duration_ms"] >= sampled["duration_ms"]
    for call in ledger.matching("tools/call"):
        assert not {"provider", "model", "usage", "cost"} & call.keys(), call
    assert [session["event"] for session in ledger.sessions] == ["started", "ended"]
    assert {session["id"] for session in ledger.sessions} == {call["session"] for call in ledger.calls}
    assert {begin["id"] for begin in ledger.begins} <= {call["id"] for call in ledger.calls}


def test_a_cancelled_call_ends_as_cancelled(bench: Bench, tmp_path):
    log = tmp_path / "stderr"

    async def session() -> None:
        with log.open("w") as errlog:
            async with connected(bench, errlog=errlog) as client:
                async with anyio.create_task_group() as group:
                    group.start_soon(client.call_tool, "wait", {"seconds": 60})
                    while "waiting" not in log.read_text():
                        await anyio.sleep(0.005)
                    group.cancel_scope.cancel()
                answer = await client.call_tool("add", {"a": 1, "b": 1})
                assert answer.structured_content == {"result": 2}

    started = time.monotonic()
    anyio.run(session)
    assert time.monotonic() - started < 20
    if bench.on:
        ledger = bench.ledger()
        cancelled = ledger.call("tools/call", tool="wait")
        assert cancelled["outcome"] == "cancelled"
        assert cancelled.get("error_type", "cancelled") == "cancelled"
        assert cancelled["duration_ms"] < 20_000
        ledger.call("tools/call", tool="add", outcome="ok")


def test_a_client_that_times_out_hears_nothing_of_the_relay(bench: Bench):
    async def session() -> None:
        async with connected(bench) as client:
            with pytest.raises(MCPError):
                await client.call_tool("wait", {"seconds": 60}, read_timeout_seconds=0.5)
            answer = await client.call_tool("add", {"a": 3, "b": 4})
            assert answer.structured_content == {"result": 7}

    anyio.run(session)
    if bench.on:
        call = bench.ledger().call("tools/call", tool="wait")
        assert call["outcome"] in ("cancelled", "lost")
        if call["outcome"] == "cancelled":
            assert 300 <= call["duration_ms"] <= 10_000


def test_the_2026_07_28_revision_without_a_handshake(bench: Bench):
    async def session() -> None:
        async with connected(bench, mode="auto") as client:
            assert client.protocol_version == "2026-07-28"
            await client.list_tools()
            answer = await client.call_tool("add", {"a": 20, "b": 22})
            assert answer.structured_content == {"result": 42}

    anyio.run(session)
    if bench.on:
        ledger = bench.ledger()
        ledger.call("server/discover", outcome="ok")
        call = ledger.call("tools/call", tool="add", outcome="ok")
        assert call["client"] == "interop-client"
        assert call["server"] == "sdk-server"
        assert not ledger.matching("initialize")


def test_a_tool_that_asks_by_returning(bench: Bench):
    """Revision 2026-07-28: `input_required` is no result yet; the retry has an id of its own."""

    async def session() -> None:
        async with connected(bench, mode="2026-07-28", elicitation_callback=elicit) as client:
            answer = await client.call_tool("book")
            assert answer.content[0].text == "booked with booking-1"

    anyio.run(session)
    if bench.on:
        calls = bench.ledger().matching("tools/call", tool="book", outcome="ok")
        assert len(calls) == 2
        first, second = sorted(calls, key=lambda call: call["time"])
        assert "usage" not in first and second["retry_of"] == first["id"]
        assert first["request_id"] != second["request_id"]
        assert b"booking-1" not in bench.ledger().raw, "the state is the server's own business"
