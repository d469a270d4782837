"""The commands a person types: each says something useful and leaves nothing behind."""

import json
import pathlib
import re
import subprocess

from support.ledger import hold_to_schema
from support.relay import binary, clean_environment


def run(*arguments: str, home: pathlib.Path, stdin: bytes = b"") -> subprocess.CompletedProcess:
    environment = clean_environment() | {"HOME": str(home)}
    environment.pop("XDG_STATE_HOME", None)
    return subprocess.run([binary(), *arguments], input=stdin, capture_output=True, timeout=60, env=environment)


def test_demo_shows_a_metered_session(tmp_path: pathlib.Path):
    done = run("demo", home=tmp_path)
    assert done.returncode == 0, done.stderr
    text = done.stdout.decode()
    for word in ("initialize", "gemini-2.5-pro", "grok-4", "USD", "rate_limit", "ledger", ".mcp.json"):
        assert word in text, text
    assert not re.search(r"error:|fatal", text, re.I)
    assert list(tmp_path.iterdir()) == [], "temporary state unless asked to keep"


def test_a_report_has_the_call_that_was_just_answered(tmp_path: pathlib.Path):
    state = tmp_path / ".local" / "state" / "mcp-meter"
    assert run("demo", "--state-dir", str(state), home=tmp_path).returncode == 0
    for words in ((), ("--period", "today"), ("--since", "1h")):
        assert json.loads(run("report", "--format", "json", *words, home=tmp_path).stdout)["total"]["requests"] == 9, words


def test_inspect_reads_frames_of_either_side(tmp_path: pathlib.Path):
    request = {"jsonrpc": "2.0", "id": 1, "method": "tools/call"}
    request["params"] = {"name": "ask", "arguments": {"prompt": "The capital of France?", "model": "gemini-2.5-pro"}}
    result = {"content": [{"type": "text", "text": "Paris."}], "structuredContent": {"model": "gemini-2.5-pro"}}
    result["_meta"] = {"usage": {"prompt_tokens": 9, "completion_tokens": 2, "total_tokens": 11}}
    frames = [request, {"jsonrpc": "2.0", "id": 1, "result": result}]
    stdin = "".join(json.dumps(frame) + "\n" for frame in frames).encode()
    done = run("inspect", home=tmp_path, stdin=stdin)
    assert done.returncode == 0, done.stderr
    records = [json.loads(line) for line in done.stdout.splitlines()]
    hold_to_schema(records)
    (call,) = [record for record in records if record["kind"] == "call"]
    assert (call["tool"], call["provider"], call["model"]) == ("ask", "google", "gemini-2.5-pro")
    assert call["usage"]["source"] == "reported"
    assert (call["usage"]["input_tokens"], call["usage"]["output_tokens"]) == (9, 2)
    assert list(tmp_path.iterdir()) == []


def test_inspect_survives_anything(tmp_path: pathlib.Path):
    done = run("inspect", home=tmp_path, stdin=b'\xff\xfe\n[]\n{"jsonrpc":\n{}\n' + b"[" * 100_000)
    assert done.returncode in (0, 1)


def test_prices(tmp_path: pathlib.Path):
    done = run("prices", home=tmp_path)
    assert done.returncode == 0, done.stderr
    for model in ("gemini-2.5-pro", "claude-", "grok-4", "gpt-5"):
        assert model in done.stdout.decode()


def test_prices_check(tmp_path: pathlib.Path):
    bad = tmp_path / "bad.json"
    bad.write_text('{"gpt-5": {"input_cost_per_token": "cheap"')
    done = run("prices", "--check", str(bad), home=tmp_path)
    assert done.returncode != 0
    assert "bad.json" in (done.stderr + done.stdout).decode()
    litellm = tmp_path / "litellm.json"
    litellm.write_text(
        json.dumps(
            {
                "my-model": {
                    "input_cost_per_token": 1e-06,
                    "output_cost_per_token": 4e-06,
                    "litellm_provider": "openai",
                    "mode": "chat",
                }
            }
        )
    )
    done = run("prices", "--check", str(litellm), home=tmp_path)
    assert done.returncode == 0, done.stderr + done.stdout


def test_no_command_explains_itself(tmp_path: pathlib.Path):
    done = run(home=tmp_path)
    assert done.returncode != 0
    assert b"mcp-meter" in done.stderr
    for flag in ("--help", "--version"):
        done = run(flag, home=tmp_path)
        assert done.returncode == 0 and b"mcp-meter" in done.stdout
