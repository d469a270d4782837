"""Routes through the real relay: the server gets another model, and every other byte as it was."""

import json
import pathlib
import subprocess

import pytest
from support.policy import COST, MODEL, asked, asks, is_blocked
from support.relay import Bench, binary, clean_environment, python

# After the first sketch of such rules: short questions to flash, code and mathematics to the middle, reasoning to pro.
RULES = {
    "routes": [
        {"name": "thinking", "when": {"class": "reasoning"}, "model": "gemini-2.5-pro"},
        {"name": "code", "when": {"class": ["code", "math"]}, "model": "gemini-2.5-flash"},
        {"name": "simple", "when": {"tokens": {"max": 499}}, "model": "gemini-2.5-flash-lite"},
    ]
}
INITIALIZE = (
    b'{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},'
    b'"clientInfo":{"name":"bytes","version":"1"}}}\n'
)
INITIALIZED = b'{"jsonrpc":"2.0","method":"notifications/initialized"}\n'


def routes(directory: pathlib.Path, rules: dict | None = None) -> dict[str, str]:
    path = directory / "routes.json"
    path.write_text(json.dumps(rules or RULES))
    return {"MCP_METER_ROUTES": str(path)}


# A call as no serializer here would write it, and what must reach the server.
CALLS = {
    "the model in the middle": (
        b' {"id" : 7, "params":{ "arguments":{"note":"\\u00e9\\/\\ud83d\\ude00 \\"x\\"","model" : "gemini-2.5-pro" ,\t"prompt":"caf\xc3\xa9?"},'
        b'"name":"ask"} ,"method":"tools/call","jsonrpc":"2.0" }\r\n',
        [(b'"gemini-2.5-pro"', b'"gemini-2.5-flash-lite"')],
    ),
    "an escaped key and value": (
        b'{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"ask","arguments":{"prompt":"hi","m\\u006fdel":"gemini-2.5\\u002dpro"}}}\n',
        [(b'"gemini-2.5\\u002dpro"', b'"gemini-2.5-flash-lite"')],
    ),
    "other models of other things": (
        b'{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"_meta":{"model":"no"},"name":"ask","arguments":'
        b'{"files":["{\\"model\\":\\"gemini-2.5-pro\\"}"],"prompt":"\\"model\\":\\"gemini-2.5-pro\\"","model":"gemini-2.5-pro"}}}\n',
        [(b',"model":"gemini-2.5-pro"}}}', b',"model":"gemini-2.5-flash-lite"}}}')],
    ),
}


@pytest.mark.parametrize("name", CALLS)
def test_only_the_model_changes_on_the_way_to_an_sdk_server(metered: Bench, tmp_path: pathlib.Path, name: str):
    call, changes = CALLS[name]
    log = tmp_path / "input"
    with metered.session(python("policy_sdk_server.py", log), MODEL | routes(tmp_path)) as session:
        session.write(INITIALIZE)
        assert json.loads(session.read_line())["id"] == 0
        session.write(INITIALIZED)
        session.write(call)
        answer = json.loads(session.read_line())
        assert answer["id"] == 7 and not answer["result"].get("isError"), answer
        assert answer["result"]["structuredContent"]["modelVersion"] == "gemini-2.5-flash-lite"
        assert session.finish() == 0
    wanted = call
    for old, new in changes:
        assert wanted.count(old) == 1
        wanted = wanted.replace(old, new)
    assert log.read_bytes() == INITIALIZE + INITIALIZED + wanted
    record = asks(metered.ledger())[0]
    assert record["model"] == "gemini-2.5-flash-lite"
    # gemini-2.5-flash-lite: 0.10 and 0.40 dollars for a million tokens.
    paid = 1000 * 100 + 100 * 400
    assert record["cost"] == {"source": "priced", "usd_nanos": paid}
    assert record["policy"] == {
        "action": "routed", "reason": "route", "rule": "simple", "asked_model": "gemini-2.5-pro", "routed_model": "gemini-2.5-flash-lite",
        "saved_usd_nanos": COST - paid,
    }  # fmt: skip
    # Of the line that the server got.
    assert record["request_bytes"] == len(wanted.strip())


@pytest.mark.parametrize(
    ("arguments", "model", "rule"),
    [
        ({"prompt": "What is the capital of France?", "model": "gemini-2.5-pro"}, "gemini-2.5-flash-lite", "simple"),
        ({"prompt": "def f(x):\n    return x + 1\n\nclass A:\n    pass\n", "model": "gemini-2.5-pro"}, "gemini-2.5-flash", "code"),
        ({"prompt": "word " * 4000, "model": "gemini-2.5-pro"}, "gemini-2.5-pro", None),
        ({"prompt": "Why, then, does it fail? Explain your reasoning step by step.", "model": "gemini-2.5-flash"}, "gemini-2.5-pro", "thinking"),
    ],
)
def test_the_rules_of_the_seed(metered: Bench, tmp_path: pathlib.Path, arguments: dict, model: str, rule: str | None):
    with asked(metered, routes(tmp_path)) as client:
        answer = client.ask(1, **arguments)
        assert answer["result"]["structuredContent"]["modelVersion"] == model
        client.finish()
    record = asks(metered.ledger())[0]
    assert record["model"] == model
    assert record.get("policy", {}).get("rule") == rule
    if model == "gemini-2.5-pro" and rule:
        # The better model costs more: a saving below 0.
        assert record["policy"]["saved_usd_nanos"] < 0


def test_a_budget_counts_what_the_routed_model_costs(metered: Bench, tmp_path: pathlib.Path):
    """A budget of the expensive model alone does not hold a call that was routed away from it."""
    rules = {"MCP_METER_BUDGET": "gemini-2.5-pro=0.000001/day", "MCP_METER_BUDGET_ACTION": "block"}
    with asked(metered, rules | routes(tmp_path)) as client:
        assert not any(is_blocked(client.ask(number, model="gemini-2.5-pro")) for number in range(3))
        client.finish()
    assert {call["model"] for call in asks(metered.ledger())} == {"gemini-2.5-flash-lite"}


def test_a_route_by_what_is_left_of_a_budget(metered: Bench, tmp_path: pathlib.Path):
    rules = {"routes": [{"name": "frugal", "when": {"budget_left": {"below": 0.5}}, "model": "gemini-2.5-flash"}]}
    budget = {"MCP_METER_BUDGET": f"{4 * COST / 1e9:.9f}/day"}
    with asked(metered, budget | routes(tmp_path, rules)) as client:
        models = [client.ask(number, model="gemini-2.5-pro")["result"]["structuredContent"]["modelVersion"] for number in range(5)]
        client.finish()
    assert models[:2] == ["gemini-2.5-pro"] * 2
    assert models[3:] == ["gemini-2.5-flash"] * 2


# What cannot be judged goes on as it came.

UNJUDGED = {
    "batch": b'[{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"ask","arguments":{"model":"gemini-2.5-pro","prompt":"x"}}}]\n',
    "no JSON": b'{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"ask","arguments":{"model":"gemini-2.5-pro",}}}\n',
    "the model twice": b'{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"ask","arguments":'
    b'{"model":"gemini-2.5-pro","model":"gemini-2.5-pro","prompt":"x"}}}\n',
    "a model that is no text": b'{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"ask","arguments":{"model":[1],"prompt":"x"}}}\n',
    "longer than 16 MiB": b'{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"ask","arguments":{"model":"gemini-2.5-pro","prompt":"'
    + b"x" * (17 << 20)
    + b'"}}}\n',
    "a notification": b'{"jsonrpc":"2.0","method":"tools/call","params":{"name":"ask","arguments":{"model":"gemini-2.5-pro","prompt":"x"}}}\n',
}


@pytest.mark.parametrize("name", UNJUDGED)
def test_what_cannot_be_judged_goes_on_as_it_came(metered: Bench, tmp_path: pathlib.Path, name: str):
    frame = UNJUDGED[name]
    with asked(metered, routes(tmp_path)) as client:
        before = client.log.stat().st_size
        client.session.write(frame)
        client.session.write(b'{"jsonrpc":"2.0","id":"end","method":"ping"}\n')
        while json.loads(client.session.read_line()).get("id") != "end":
            pass
        client.finish()
    assert client.log.read_bytes()[before:].split(b'{"jsonrpc":"2.0","id":"end"')[0] == frame
    noted = [call["policy"] for call in asks(metered.ledger()) if "policy" in call]
    assert all(policy["action"] == "passed" for policy in noted)
    if name == "longer than 16 MiB":
        assert [policy["reason"] for policy in noted] == ["too_long"]


# `mcp-meter route`.


def explain(variables: dict[str, str], frame: bytes, *words: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [binary(), "route", "--explain", *words], input=frame, env=clean_environment() | MODEL | variables, capture_output=True, timeout=20
    )


def test_route_says_what_would_be_done(tmp_path: pathlib.Path):
    frame = CALLS["the model in the middle"][0]
    done = explain(routes(tmp_path), frame)
    assert done.returncode == 0, done.stderr
    words = (done.stdout + done.stderr).decode()
    assert "simple" in words and "gemini-2.5-flash-lite" in words
