"""What the server sees of its surroundings, and what nobody may see of the user's."""

import json
import pathlib

import pytest
from support.relay import Bench, python

OURS = {
    "MCP_METER_REASON": "hash",
    "MCP_METER_PROVIDER": "google",
    "MCP_METER_LOG": "error",
    "EVALOPS_TOKEN": "canary-evalops-token",
    "EVALOPS_ORGANIZATION_ID": "canary-organization",
}
THEIRS = {
    "GEMINI_API_KEY": "canary-gemini-key",
    "GEMINI_MODEL": "gemini-2.5-pro",
    "MCP_METERED": "almost our name",
    "EVALOPS": "almost our name",
    "OTEL_SERVICE_NAME": "the server's",
    "NODE_OPTIONS": "--max-old-space-size=4096",
    "EMPTY": "",
    "MULTILINE": "one\ntwo",
    "UNICODE": "é😀",
}


def test_the_server_gets_the_callers_world_and_nothing_of_ours(metered: Bench, tmp_path: pathlib.Path):
    out, directory = tmp_path / "out", tmp_path / "a directory with spaces"
    directory.mkdir()
    arguments = ["--flag", "", "a b", "$HOME", "--", "é"]
    with metered.session(python("environment_server.py", out, *arguments), OURS | THEIRS, cwd=directory) as session:
        assert session.finish() == 0
    seen = json.loads(out.read_text())
    wanted = {
        name: value
        for name, value in metered.environment(THEIRS).items()
        if name != "MCP_METER" and not name.startswith(("MCP_METER_", "EVALOPS_"))
    }
    # Python adds this to its own environment, this one's or the server's, where the locale is C.
    for environment in (seen["environment"], wanted):
        environment.pop("LC_CTYPE", None)
    assert seen["environment"] == wanted
    assert seen["directory"] == str(directory)
    assert seen["arguments"] == arguments


def test_off_the_environment_is_as_it_was(unmetered: Bench, tmp_path: pathlib.Path):
    out = tmp_path / "out"
    with unmetered.session(python("environment_server.py", out), THEIRS | {"MCP_METER": "off"}) as session:
        assert session.finish() == 0
    seen = json.loads(out.read_text())["environment"]
    assert {name: seen.get(name) for name in THEIRS} == THEIRS


PROMPT, ANSWER, ARGUMENT = "canary-prompt", "canary-answer", "canary-argument-value"
REASON_SECRET = "sk-ant-api03-canaryCanaryCanaryCanaryCanaryCanary0123456789"


@pytest.mark.parametrize("log", ["error", "debug"])
def test_no_secret_reaches_the_ledger_or_stderr(metered: Bench, tmp_path: pathlib.Path, log: str):
    request = {"jsonrpc": "2.0", "id": 1, "method": "tools/call"}
    request["params"] = {
        "name": "escalate_analysis",
        "arguments": {
            "prompt": PROMPT,
            "api_key": ARGUMENT,
            "model": "gemini-2.5-pro",
            "claude_context": {"attempted_approaches": [PROMPT], "stuck_description": f"Stuck. Key {REASON_SECRET}"},
        },
    }
    answer = {"jsonrpc": "2.0", "id": 1}
    answer["result"] = {
        "content": [{"type": "text", "text": ANSWER}],
        "structuredContent": {"answer": ANSWER, "model": "gemini-2.5-pro"},
        "_meta": {"usage": {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18}, "secret": ANSWER},
    }
    failure = {"jsonrpc": "2.0", "id": 2, "error": {"code": -32603, "message": ANSWER, "data": {"x": ANSWER}}}
    script = tmp_path / "script.json"
    script.write_text(json.dumps({"1": [json.dumps(answer)], "2": [json.dumps(failure)]}))
    environment = OURS | THEIRS | {"MCP_METER_LOG": log, "MCP_METER_REASON": "text"}
    with metered.session(python("replay_server.py", script), environment) as session:
        for number in (1, 2):
            session.write(json.dumps(request | {"id": number}).encode() + b"\n")
            assert session.read_line()
        assert session.finish() == 0
        stderr = session.stderr()
    ledger = metered.ledger()
    assert len(ledger.matching("tools/call")) == 2
    secrets = [PROMPT, ANSWER, ARGUMENT, REASON_SECRET, THEIRS["GEMINI_API_KEY"], OURS["EVALOPS_TOKEN"]]
    for secret in secrets:
        assert secret.encode() not in ledger.raw, secret
        assert secret.encode() not in stderr, secret


def test_the_ledger_is_its_owners_alone(metered: Bench):
    with metered.session(["true"]) as session:
        assert session.finish() == 0
    paths = [metered.state / "ledger", *(metered.state / "ledger").rglob("*")]
    assert any(path.is_file() for path in paths)
    for path in paths:
        assert path.stat().st_mode & 0o777 == (0o600 if path.is_file() else 0o700), path
