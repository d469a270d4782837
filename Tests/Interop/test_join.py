"""The client's session log and the relay's ledger are about the same model calls: through the real relay, with a log
written in Claude Code's manner, late and in pieces, each is in the ledger once, exactly, in the trace it belongs to."""

import json
import os
import pathlib
import signal
import subprocess
import time

import pytest
from support import ledger, relay
from support.delivery import Client
from support.processes import wait_until
from support.relay import Bench, python

SESSION = "3f2a0000-0000-4000-8000-00000000c0de"
MODEL = "claude-opus-4-6"
# Nano-dollars a token: Gemini 2.5 Pro in and out; Claude Opus 4.6 in, from the cache, to the cache, out.
GEMINI = (1250, 10_000)
CLAUDE = (5000, 500, 6250, 25_000)
ESCALATE = {"claude_context": {"stuck_description": "x" * 100, "code_scope": {"files": []}}, "analysis_type": "hypothesis_test"}
COUNTS = {"input_tokens": 3, "cache_read_input_tokens": 2000, "cache_creation_input_tokens": 100}


def cost(output: int) -> int:
    return 3 * CLAUDE[0] + 2000 * CLAUDE[1] + 100 * CLAUDE[2] + output * CLAUDE[3]


class Log:
    """A session's log, one line a content block, as Claude Code appends them."""

    def __init__(self, home: pathlib.Path, session: str = SESSION):
        self.path = home / ".claude" / "projects" / "-w" / f"{session}.jsonl"
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.session = session

    def message(self, key: str, output: int, block: dict, stop: str | None = None) -> bytes:
        message = {
            "id": f"msg_{key}", "type": "message", "role": "assistant", "model": MODEL, "content": [block], "stop_reason": stop,
            "usage": COUNTS | {"output_tokens": output, "service_tier": "standard"},
        }  # fmt: skip
        return self.line({"type": "assistant", "requestId": f"req_{key}", "message": message})

    def result(self, tool_use: str) -> bytes:
        block = {"type": "tool_result", "tool_use_id": tool_use, "content": "secret answer"}
        return self.line({"type": "user", "message": {"role": "user", "content": [block]}})

    def line(self, more: dict) -> bytes:
        now = time.time()
        stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now)) + f".{int(now % 1 * 1000):03}Z"
        line = {"sessionId": self.session, "timestamp": stamp, "cwd": "/w", "isSidechain": False, "version": "2.1.230"}
        return json.dumps(line | more, separators=(",", ":")).encode() + b"\n"

    def write(self, *pieces: bytes) -> None:
        with self.path.open("ab", buffering=0) as file:
            for piece in pieces:
                file.write(piece)


def text(what: str = "secret thought") -> dict:
    return {"type": "text", "text": what}


def use(tool_use: str) -> dict:
    return {"type": "tool_use", "id": tool_use, "name": "mcp__deep__escalate_analysis", "input": ESCALATE}


@pytest.fixture
def home(tmp_path: pathlib.Path) -> pathlib.Path:
    return tmp_path / "home"


@pytest.fixture
def log(home: pathlib.Path) -> Log:
    return Log(home)


def start(bench: Bench, home: pathlib.Path, session: str | None = SESSION):
    variables = {"HOME": str(home), "CLAUDE_CODE_SESSION_ID": session, "CLAUDE_CONFIG_DIR": None, "XDG_CONFIG_HOME": None}
    return bench.session(python("deep_code_server.py"), variables)


def connect(session) -> Client:
    client = Client(session)
    client.initialize()
    return client


def call(client: Client, tool_use: str, tool: str = "escalate_analysis", arguments: dict = ESCALATE) -> dict:
    return client.wait(send(client, tool_use, tool, arguments))


def send(client: Client, tool_use: str, tool: str = "escalate_analysis", arguments: dict = ESCALATE):
    return client.send("tools/call", {"name": tool, "arguments": arguments}, **{"claudecode/toolUseId": tool_use})


def importing(bench: Bench, home: pathlib.Path) -> str:
    variables = {"PATH": "/usr/bin:/bin", "HOME": str(home), "MCP_METER_STATE_DIR": str(bench.state)}
    done = subprocess.run([relay.binary(), "import"], capture_output=True, text=True, timeout=60, env=variables)
    assert done.returncode == 0, done.stderr
    return done.stderr


def counted(bench: Bench) -> tuple[list[dict], dict[str, dict]]:
    """The traces, and the client's turns of each id that count: the last ones."""
    found = bench.ledger()
    return found.of("trace"), {turn["id"]: turn for turn in found.of("usage")}


def traces(bench: Bench, count: int) -> list[dict]:
    wait_until(lambda: len(bench.ledger().of("trace")) >= count, 10, f"{count} traces")
    return bench.ledger().of("trace")


def gemini(bench: Bench) -> int:
    return sum(call["cost"]["usd_nanos"] for call in bench.ledger().calls if "cost" in call)


def holds(bench: Bench, outputs: list[int]) -> None:
    """Every message of the log is counted once, exactly, and every trace costs what its turns do."""
    found, turns = counted(bench)
    real = [turn for turn in turns.values() if turn["usage"]["output_tokens"]]
    assert sorted(turn["usage"]["output_tokens"] for turn in real) == sorted(outputs)
    for turn in real:
        assert turn["usage"]["source"] == "session_log" and turn["model"] == MODEL
        assert turn["usage"]["input_tokens"] == 2103
        assert turn["cost"]["usd_nanos"] == cost(turn["usage"]["output_tokens"])
    assert b"secret" not in bench.ledger().raw


def test_a_log_that_comes_late_and_in_pieces(metered: Bench, home: pathlib.Path, log: Log):
    with start(metered, home) as session:
        client = connect(session)
        call(client, "toolu_A")
        wait_until(lambda: metered.ledger().matching("tools/call"), 1, "the call's record")
        assert not metered.ledger().of("usage") and not metered.ledger().of("trace")
        last = log.message("1", 159, use("toolu_A"))
        log.write(log.message("0", 50, text()), log.message("1", 9, text()), log.message("1", 9, text()))
        log.write(last[:200])
        time.sleep(0.5)
        assert not metered.ledger().of("usage")
        log.write(last[200:], log.result("toolu_A"))
        log.write(log.message("2", 7, text()))
        wait_until(lambda: metered.ledger().of("usage"), 5, "the turn that made the call")
        log.write(log.message("2", 70, text(), "end_turn"))
        (trace,) = traces(metered, 1)
        assert session.finish() == 0
    (one,) = metered.ledger().matching("tools/call")
    made, read = metered.ledger().of("usage")
    assert (made["usage"]["output_tokens"], read["usage"]["output_tokens"]) == (159, 70)
    assert made["tool_use_id"] == "toolu_A" and "tool_use_id" not in read
    for turn in made, read:
        assert turn["trace_id"] == one["trace_id"] and turn["parent_span_id"] == one["span_id"]
        assert turn["session"] == one["session"] and turn["client"] == "claude-code"
    assert trace["cost"]["usd_nanos"] == cost(159) + cost(70) + one["cost"]["usd_nanos"]
    assert trace["client_turns"] == 2
    for _ in range(2):
        importing(metered, home)
        holds(metered, [50, 159, 70])
    assert len(metered.ledger().of("usage")) == 3


@pytest.mark.parametrize("named", [True, False])
def test_a_conversation_of_parallel_and_following_calls(metered: Bench, home: pathlib.Path, log: Log, named: bool):
    """Also where only the tool use says which log it is."""
    with start(metered, home, SESSION if named else None) as session:
        client = connect(session)
        log.write(log.message("1", 20, use("toolu_A")), log.message("1", 30, use("toolu_B"), "tool_use"))
        first, second = send(client, "toolu_A", "start_conversation"), send(client, "toolu_B")
        started = client.wait(first)
        conversation = json.loads(started["result"]["content"][0]["text"])["sessionId"]
        client.wait(second)
        log.write(log.result("toolu_A"), log.result("toolu_B"), log.message("2", 40, use("toolu_C"), "tool_use"))
        call(client, "toolu_C", "finalize_conversation", {"session_id": conversation})
        log.write(log.result("toolu_C"), log.message("3", 50, text(), "end_turn"))
        traces(metered, 2)
        assert session.finish() == 0
    holds(metered, [30, 40, 50])
    found, turns = counted(metered)
    whole = next(trace for trace in found if trace.get("conversation"))
    assert whole["client_turns"] == 3 and whole["end"] == "finalized"
    assert all(turn["trace_id"] == whole["trace_id"] for turn in turns.values())
    assert sum(trace["cost"]["usd_nanos"] for trace in found) == cost(30) + cost(40) + cost(50) + gemini(metered)
    importing(metered, home)
    holds(metered, [30, 40, 50])


def test_the_end_of_the_session_looks_once_more(metered: Bench, home: pathlib.Path, log: Log):
    with start(metered, home) as session:
        client = connect(session)
        call(client, "toolu_A")
        log.write(log.message("1", 159, use("toolu_A"), "tool_use"), log.result("toolu_A"))
        start_of_end = time.monotonic()
        assert session.finish() == 0
        assert time.monotonic() - start_of_end < 1
    holds(metered, [159])
    (trace,) = metered.ledger().of("trace")
    assert trace["cost"]["usd_nanos"] == cost(159) + gemini(metered)


@pytest.mark.parametrize("first", ["import", "estimate"])
def test_what_was_estimated_is_imported_exactly_and_once(metered: Bench, home: pathlib.Path, log: Log, first: str):
    """The relay cannot find the log; the import can."""
    lines = [log.message("1", 159, use("toolu_A"), "tool_use"), log.result("toolu_A")]
    if first == "import":
        log.write(*lines)
        importing(metered, home)
    with start(metered, home / "elsewhere") as session:
        call(connect(session), "toolu_A")
        traces(metered, 1)
        assert session.finish() == 0
    (estimate,) = [turn for turn in metered.ledger().of("usage") if turn["usage"]["source"] == "estimated"]
    log.write(*(lines if first == "estimate" else []), log.message("2", 70, text(), "end_turn"))
    for _ in range(2):
        importing(metered, home)
        holds(metered, [159, 70])
    joined = next(turn for turn in counted(metered)[1].values() if turn["usage"]["output_tokens"] == 159)
    assert joined["trace_id"] == estimate["trace_id"] and joined["parent_span_id"] == estimate["parent_span_id"]
    assert joined["tool_use_id"] == "toolu_A"
    if first == "estimate":
        assert joined["id"] == estimate["id"]


def test_an_import_during_the_call(metered: Bench, home: pathlib.Path, log: Log):
    with start(metered, home) as session:
        client = connect(session)
        log.write(log.message("1", 159, use("toolu_A"), "tool_use"))
        importing(metered, home)
        call(client, "toolu_A")
        log.write(log.result("toolu_A"), log.message("2", 70, text(), "end_turn"))
        importing(metered, home)
        (trace,) = traces(metered, 1)
        assert session.finish() == 0
    assert trace["cost"]["usd_nanos"] == cost(159) + cost(70) + gemini(metered)
    log.write(log.message("3", 80, text(), "end_turn"))
    for _ in range(2):
        importing(metered, home)
        holds(metered, [159, 70, 80])
    turns = {turn["usage"]["output_tokens"]: turn for turn in counted(metered)[1].values()}
    assert turns[159]["trace_id"] == turns[70]["trace_id"] == trace["trace_id"] != turns[80]["trace_id"]


def test_a_relay_killed_while_it_waits(metered: Bench, home: pathlib.Path, log: Log):
    with start(metered, home) as session:
        call(connect(session), "toolu_A")
        wait_until(lambda: metered.ledger().matching("tools/call"), 1, "the call's record")
        session.signal(signal.SIGKILL)
        session.wait()
    assert not metered.ledger().of("trace") and not metered.ledger().of("usage")
    log.write(log.message("1", 159, use("toolu_A"), "tool_use"), log.result("toolu_A"))
    for _ in range(2):
        importing(metered, home)
        holds(metered, [159])
    # Its segment has not been touched for a while: what is done for relays that are gone is done.
    for path in ledger.files(metered.state):
        os.utime(path, (time.time() - 60,) * 2)
    command = [relay.binary(), "deliver", "--until-idle"]
    refused = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9"}
    process = subprocess.Popen(command, env=metered.environment(refused), stderr=subprocess.DEVNULL)
    try:
        (trace,) = traces(metered, 1)
    finally:
        process.kill()
        process.wait()
    (one,) = metered.ledger().matching("tools/call")
    assert trace["end"] == "died" and trace["trace_id"] == one["trace_id"] and trace["span_id"] == one["span_id"]
    assert trace["turns"] == 1
