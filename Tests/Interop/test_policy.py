"""Budgets and limits as a client meets them: calls that are not sent, calls that wait, what is said and what is kept."""

import datetime
import json
import pathlib
import sys
import time

import anyio
import pytest
from support import processes
from support.policy import COST, MODEL, asked, asks, dollars, is_blocked, request, seen, spent, text
from support.relay import Bench, binary, python

DAY = {"TZ": "UTC"}


def budget(calls: float, action: str = "block", rule: str = "{}/day") -> dict[str, str]:
    """A budget of so many calls."""
    return DAY | {"MCP_METER_BUDGET": rule.format(dollars(int(calls * COST))), "MCP_METER_BUDGET_ACTION": action}


def said(stderr: str) -> list[str]:
    return [line for line in stderr.splitlines() if line.startswith("mcp-meter:")]


# Budgets.


def test_a_call_beyond_the_budget_is_answered_in_the_servers_place(metered: Bench):
    with asked(metered, budget(2)) as client:
        assert [is_blocked(client.ask(number)) for number in (1, 2)] == [False, False]
        answer = client.ask("a \"third\" ü")
        assert is_blocked(answer) and answer.keys() == {"jsonrpc", "id", "result"}
        words = text(answer)
        # What a model can act on: which budget, spent, limit, and when it resets.
        assert f"{dollars(2 * COST).rstrip('0')}/day" in words
        assert "$0.0045 of $0.0045" in words
        tomorrow = datetime.datetime.now(datetime.timezone.utc).date() + datetime.timedelta(days=1)
        assert f"{tomorrow} 00:00" in words
        # The session goes on: what is no call is sent.
        client.ping(4)
        client.finish()
    assert seen(client.log) == [1, 2]
    blocked = asks(metered.ledger())[-1]
    assert blocked["outcome"] == "blocked" and blocked["request_id"] == "a \"third\" ü"
    assert (blocked["provider"], blocked["model"]) == ("google", "gemini-2.5-pro")
    assert not {"usage", "cost", "error_code"} & blocked.keys()
    policy = blocked["policy"]
    assert (policy["action"], policy["reason"]) == ("blocked", "budget")
    assert policy["spent_usd_nanos"] == policy["limit_usd_nanos"] == 2 * COST
    assert policy["until"] == f"{tomorrow}T00:00:00.000000Z"
    assert not [trace for trace in metered.ledger().of("trace") if trace["outcome"] == "blocked"]


def test_the_spend_of_every_session_counts(metered: Bench):
    with asked(metered, {}) as unlimited:
        unlimited.ask(1)
        with asked(metered, budget(3)) as first, asked(metered, budget(3)) as second:
            assert not is_blocked(first.ask(2))
            assert not is_blocked(second.ask(3))
            assert is_blocked(first.ask(4))
            assert is_blocked(second.ask(5))
        # Who has no budget is not held back, and what it spends counts.
        unlimited.ask(6)
        unlimited.finish()
    assert spent(metered.ledger()) == 4 * COST


@pytest.mark.parametrize(
    ("rule", "variables", "arguments", "held"),
    [
        ("gemini-2.5-pro={}/day", {}, {}, True),
        ("gemini-2.5-pro={}/day", {}, {"model": "gemini-2.5-flash"}, False),
        ("gemini-2.5-*={}/week", {}, {"model": "gemini-2.5-flash"}, True),
        ("agent:reviewer={}/month", {"EVALOPS_AGENT_ID": "reviewer"}, {}, True),
        ("agent:reviewer={}/month", {"EVALOPS_AGENT_ID": "writer"}, {}, False),
        ("100/day,{}/hour", {}, {}, True),
    ],
)
def test_a_budget_is_for_whom_it_names(metered: Bench, rule: str, variables: dict, arguments: dict, held: bool):
    with asked(metered, budget(0.2, rule=rule) | variables) as client:
        assert not is_blocked(client.ask(1, **arguments))
        assert is_blocked(client.ask(2, **arguments)) == held
        client.finish()


def test_what_is_reached_is_said_once_for_all_relays(metered: Bench):
    rules = budget(10, "warn")
    lines: list[str] = []
    for turn in range(3):
        with asked(metered, rules) as first, asked(metered, rules) as second:
            for number in range(2):
                assert not is_blocked(first.ask(f"{turn}-{number}-a"))
                assert not is_blocked(second.ask(f"{turn}-{number}-b"))
            lines += said(first.finish()) + said(second.finish())
    # Twelve calls on a budget of ten: each share once, whoever found it.
    for share in (50, 80, 100):
        assert len([line for line in lines if f" {share} % " in line]) == 1, lines
    assert len(lines) == 3
    marks = metered.ledger().of("mark")
    assert [mark["policy"]["percent"] for mark in marks] == [50, 80, 100]
    assert len({mark["id"] for mark in marks}) == 3
    for mark in marks:
        policy = mark["policy"]
        assert (policy["action"], policy["reason"], policy["limit_usd_nanos"]) == ("warned", "budget", 10 * COST)
        assert policy["spent_usd_nanos"] * 100 >= policy["percent"] * 10 * COST
    assert {call["outcome"] for call in asks(metered.ledger())} == {"ok"}
    assert len(seen(metered.directory / "server.log")) == 12
    warned = [call for call in asks(metered.ledger()) if call.get("policy", {}).get("action") == "warned"]
    # Those beyond it say so.
    assert 1 <= len(warned) <= 3


def test_the_sdks_client_shows_the_text_and_goes_on(metered: Bench):
    from mcp import Client, StdioServerParameters
    from mcp.client.stdio import stdio_client

    log = metered.directory / "server.log"
    environment = metered.environment(MODEL | budget(1))
    server = StdioServerParameters(command=binary(), args=["--", *python("policy_server.py", log)], env=environment)

    async def session() -> None:
        async with Client(stdio_client(server, sys.stderr), mode="legacy") as client:
            assert [tool.name for tool in (await client.list_tools()).tools] == ["ask"]
            assert not (await client.call_tool("ask", {"prompt": "x", "n": 1})).is_error
            for _ in range(3):
                blocked = await client.call_tool("ask", {"prompt": "x", "n": 2})
                assert blocked.is_error
                assert "is used up" in blocked.content[0].text and "resets at" in blocked.content[0].text
                await client.send_ping()

    anyio.run(session)
    assert seen(log) == [1]


# Limits.


def limit(rules: str, action: str | None = None) -> dict[str, str]:
    return {"MCP_METER_RATE_LIMIT": rules} | ({"MCP_METER_RATE_LIMIT_ACTION": action} if action else {})


def test_a_limit_holds_for_all_relays_together(metered: Bench):
    rules = limit("10/min")
    with asked(metered, rules) as first, asked(metered, rules) as second:
        turns = [(f"{number}-{name}", client) for number in range(7) for name, client in (("a", first), ("b", second))]
        answers = [client.ask(name) for name, client in turns[:10]]
        # Who finds it says it; who comes a moment later, before that is in the ledger, says it too.
        processes.wait_until(lambda: metered.ledger().of("mark"), 5, "the mark")
        answers += [client.ask(name) for name, client in turns[10:]]
        lines = said(first.finish()) + said(second.finish())
    assert [is_blocked(answer) for answer in answers] == [False] * 10 + [True] * 4
    words = text(answers[-1])
    assert "10/min" in words and "Retry in " in words
    assert len(seen(metered.directory / "server.log")) == 10
    # Nine of ten: said by one of the two, once.
    assert len([line for line in lines if "90 %" in line]) == 1, lines
    assert [mark["policy"]["percent"] for mark in metered.ledger().of("mark")] == [90]
    blocked = [call for call in asks(metered.ledger()) if call["outcome"] == "blocked"]
    assert len(blocked) == 4
    for call in blocked:
        assert (call["policy"]["reason"], call["policy"]["rule"]) == ("rate_limit", "10/min")
        assert call["policy"]["until"] > call["time"]


def test_a_limit_of_tokens(metered: Bench):
    with asked(metered, limit("tokens:gemini-2.5-pro=2000/min")) as client:
        assert not is_blocked(client.ask(1))
        assert not is_blocked(client.ask(2, model="gemini-2.5-flash"))
        answers = [client.ask(number) for number in (3, 4)]
        assert is_blocked(answers[-1])
        assert not is_blocked(client.ask(5, model="gemini-2.5-flash"))
        client.finish()


def test_a_limit_that_warns_lets_all_through(metered: Bench):
    with asked(metered, limit("2/min", "warn")) as client:
        assert not any(is_blocked(client.ask(number)) for number in range(5))
        client.finish()
    assert len(seen(client.log)) == 5
    assert len([call for call in asks(metered.ledger()) if call.get("policy", {}).get("action") == "warned"]) >= 3


def test_a_call_waits_for_its_turn_while_others_pass(metered: Bench):
    with asked(metered, limit("2/s", "wait:30")) as client:
        began = time.monotonic()
        for number in range(6):
            client.session.write(request(number))
        client.session.write(b'{"jsonrpc": "2.0", "id": "ping", "method": "ping"}\n')
        answers, times = [], {}
        for _ in range(7):
            answer = json.loads(client.session.read_line())
            answers.append(answer["id"])
            times[answer["id"]] = time.monotonic() - began
        client.finish()
    # The ping did not wait for the calls that did.
    assert answers.index("ping") <= 3, answers
    assert [number for number in answers if number != "ping"] == list(range(6))
    assert seen(client.log) == list(range(6))
    # Two a second: the fifth no sooner than two seconds after the first.
    assert times[2] >= 0.9 and times[4] >= 1.9
    calls = asks(metered.ledger())
    for call in calls[2:]:
        assert call["outcome"] == "ok"
        assert (call["policy"]["action"], call["policy"]["reason"]) == ("delayed", "rate_limit")
        assert call["policy"]["waited_ms"] > 0
        assert call["duration_ms"] >= call["policy"]["waited_ms"]
    assert calls[4]["policy"]["waited_ms"] >= 1900


def test_a_call_taken_back_while_it_waits_is_never_sent(metered: Bench):
    with asked(metered, limit("1/min", "wait:90")) as client:
        client.ask(1)
        client.session.write(request(2))
        client.ping(3)
        client.session.write(b'{"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 2}}\n')
        client.ping(4)
        client.finish()
    assert seen(client.log) == [1]
    ledger = metered.ledger()
    assert [call["outcome"] for call in asks(ledger)] == ["ok", "cancelled"]
    assert asks(ledger)[1]["policy"]["action"] == "delayed"


def test_a_call_that_would_wait_too_long_is_answered(metered: Bench):
    with asked(metered, limit("1/min", "wait:2")) as client:
        client.ask(1)
        began = time.monotonic()
        assert is_blocked(client.ask(2))
        assert time.monotonic() - began < 1.5, "it could have been told at once"
        client.finish()
    assert seen(client.log) == [1]


@pytest.mark.parametrize("action", ["block", "wait:20"])
def test_the_providers_own_word_holds(metered: Bench, action: str):
    rules = limit("1000/min", action)
    refused = "429 RESOURCE_EXHAUSTED: quota exceeded. Please retry in 3s."
    with asked(metered, rules) as first, asked(metered, rules) as second:
        first.ask(1, error=refused)
        (record,) = processes.wait_until(lambda: asks(metered.ledger()), 5, "the refused call's record")
        assert record["error_type"] == "rate_limit" and record["retry_after_ms"] == 3000
        began = time.monotonic()
        # Another relay's call of the same model; one of another model is none of its business.
        assert not is_blocked(second.ask(2, model="gemini-2.5-flash"))
        held = second.ask(3)
        took = time.monotonic() - began
        if action == "block":
            assert is_blocked(held) and "left alone" in text(held)
            assert took < 1.5
        else:
            assert not is_blocked(held) and 2 < took < 10
        first.finish()
        second.finish()
    call = asks(metered.ledger())[-1]
    assert call["policy"]["reason"] == "retry_after"
    assert call["policy"]["action"] == ("blocked" if action == "block" else "delayed")


# What is set wrongly.


@pytest.mark.parametrize(
    ("variables", "name"),
    [
        ({"MCP_METER_BUDGET": "ten a day"}, "MCP_METER_BUDGET"),
        ({"MCP_METER_BUDGET": "0.000001/day,5/fortnight", "MCP_METER_BUDGET_ACTION": "block"}, "MCP_METER_BUDGET"),
        ({"MCP_METER_BUDGET": "0.000001/day", "MCP_METER_BUDGET_ACTION": "shout"}, "MCP_METER_BUDGET_ACTION"),
        ({"MCP_METER_RATE_LIMIT": "1/min;many/min"}, "MCP_METER_RATE_LIMIT"),
        ({"MCP_METER_RATE_LIMIT": "1/min", "MCP_METER_RATE_LIMIT_ACTION": "wait"}, "MCP_METER_RATE_LIMIT_ACTION"),
        ({"MCP_METER_ROUTES": "/nowhere/routes.json"}, "MCP_METER_ROUTES"),
        ({"MCP_METER_ROUTES": "not json"}, "MCP_METER_ROUTES"),
        ({"MCP_METER_ROUTES": '{"routes": [{"name": "a", "wehn": {}, "model": "gemini-2.5-flash"}]}'}, "MCP_METER_ROUTES"),
    ],
)
def test_a_bad_value_is_one_line_and_that_policy_off(metered: Bench, tmp_path: pathlib.Path, variables: dict, name: str):
    if not variables.get(name, "/").startswith("/"):
        if name == "MCP_METER_ROUTES":
            (tmp_path / "routes.json").write_text(variables[name])
            variables = {name: str(tmp_path / "routes.json")}
    with asked(metered, variables) as client:
        # Half of a policy would hold the second.
        assert not any(is_blocked(client.ask(number)) for number in range(4))
        lines = said(client.finish())
    assert len(lines) == 1 and name in lines[0], lines
    assert seen(client.log) == list(range(4))
    assert not [call for call in asks(metered.ledger()) if "policy" in call]


def test_one_bad_policy_leaves_the_others(metered: Bench):
    with asked(metered, budget(1) | limit("nonsense")) as client:
        assert not is_blocked(client.ask(1))
        assert is_blocked(client.ask(2))
        assert len([line for line in said(client.finish()) if "MCP_METER_RATE_LIMIT" in line]) == 1


def test_off_is_off(metered: Bench):
    with asked(metered, budget(0.5) | {"MCP_METER": "off"}) as client:
        assert not any(is_blocked(client.ask(number)) for number in range(3))
        assert said(client.finish()) == []


def test_a_ledger_that_cannot_be_read_holds_nobody(metered: Bench):
    """Who cannot say what was spent lets calls pass, and says so once."""
    metered.state.mkdir(mode=0o700)
    (metered.state / "policy").write_text("in the way of a directory")
    with asked(metered, budget(0.5)) as client:
        assert not any(is_blocked(client.ask(number)) for number in range(3))
        assert len(said(client.finish())) == 1
    assert len(seen(client.log)) == 3
    assert {call["policy"]["reason"] for call in asks(metered.ledger())} == {"unavailable"}
