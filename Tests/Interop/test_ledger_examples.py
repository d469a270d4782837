"""The commands that examples/ledger/README.md shows for reading a ledger work on a real one."""

import json
import pathlib
import re
import subprocess

import duckdb
import pytest
from support.ledger import ROOT, files, hold_to_schema
from support.relay import Bench, python

EXAMPLES = ROOT / "examples" / "ledger"
DIRECTORY = "~/.local/state/mcp-meter"


def blocks(language: str) -> list[str]:
    """The README's code blocks in that language."""
    text = (EXAMPLES / "README.md").read_text()
    return [block.strip() for block in re.findall(rf"^```{language}\n(.*?)^```", text, re.S | re.M)]


def shell_lines() -> list[str]:
    lines = [line for block in blocks("(?:sh|console|bash)") for line in block.replace("\\\n", " ").splitlines()]
    return [line.removeprefix("$ ") for line in lines if "jq " in line]


@pytest.fixture
def state(metered: Bench, tmp_path: pathlib.Path) -> pathlib.Path:
    """A ledger with a priced call, a failed one and one that used no model."""
    answer = {"content": [{"type": "text", "text": "Paris."}], "structuredContent": {"model": "gemini-2.5-pro"}}
    answer["_meta"] = {"usage": {"prompt_tokens": 9, "completion_tokens": 2, "total_tokens": 11}}
    script = {
        "1": [json.dumps({"jsonrpc": "2.0", "id": 1, "result": answer})],
        "2": [json.dumps({"jsonrpc": "2.0", "id": 2, "error": {"code": -32603, "message": "HTTP 429"}})],
        "3": [json.dumps({"jsonrpc": "2.0", "id": 3, "result": {}})],
    }
    path = tmp_path / "script.json"
    path.write_text(json.dumps(script))
    with metered.session(python("replay_server.py", path), {"MCP_METER_PROVIDER": "google"}) as session:
        for number in (1, 2):
            params = {"name": "ask", "arguments": {"prompt": "The capital of France?"}}
            request = {"jsonrpc": "2.0", "id": number, "method": "tools/call", "params": params}
            session.write(json.dumps(request).encode() + b"\n")
            session.read_line()
        session.write(b'{"jsonrpc":"2.0","id":3,"method":"ping"}\n')
        session.read_line()
        assert session.finish() == 0
    return metered.state


def test_the_jq_lines(state: pathlib.Path):
    lines = shell_lines()
    assert lines, "examples/ledger/README.md shows no jq line"
    for line in lines:
        command = line.replace(DIRECTORY, str(state))
        done = subprocess.run(["bash", "-c", f"set -o pipefail; {command}"], capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, (command, done.stderr)
        assert done.stdout.strip(), f"nothing came out of: {command}"


def test_the_duckdb_statements(state: pathlib.Path):
    statements = blocks("sql")
    assert statements, "examples/ledger/README.md shows no SQL"
    for statement in statements:
        rows = duckdb.sql(statement.replace(DIRECTORY, str(state))).fetchall()
        assert rows, f"nothing came out of: {statement}"


def test_the_sample_is_a_ledger():
    for path in EXAMPLES.glob("*.jsonl"):
        hold_to_schema([json.loads(line) for line in path.read_text().splitlines()])


def test_the_schema_refuses_what_is_no_record(state: pathlib.Path):
    records = [json.loads(line) for path in files(state) for line in path.read_text().splitlines()]
    call = next(record for record in records if record["kind"] == "call")
    for broken in (
        {},
        call | {"outcome": "perhaps"},
        call | {"duration_ms": "long"},
        call | {"trace_id": "XYZ"},
        {key: value for key, value in call.items() if key != "id"},
    ):
        with pytest.raises(AssertionError):
            hold_to_schema([broken])
