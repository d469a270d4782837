"""EvalOps is asked before a call goes on, and never waited for longer than it may take."""

import contextlib
import json
import os
import signal
import time

import pytest
from support.delivery import shippers
from support.policy import asked, asks, is_blocked, seen, text
from support.receiver import ANSWER, Receiver, slow, status
from support.relay import Bench

CHECK = "/meter.v1.MeterService/CheckBudget"
DENIED = {"allowed": False, "denialReason": "team budget of $40.00 is used up", "remainingBudgetUsd": 0}


class Meter(Receiver):
    """`meter.v1.MeterService` whose budgets say what they are told to. What else it is sent it takes."""

    def __init__(self, verdict: dict | bytes, **options):
        super().__init__(**options)
        self.verdict = verdict if isinstance(verdict, bytes) else json.dumps(verdict).encode()
        self.asked: list[dict] = []
        self.headers: list[dict[str, str]] = []

    def accept(self, path: str, headers: dict[str, str], body: bytes) -> ANSWER:
        if path != CHECK:
            return 200, {"Content-Type": "application/json"}, b"{}"
        self.asked.append(json.loads(body))
        self.headers.append(headers)
        return 200, {"Content-Type": "application/json"}, self.verdict


@pytest.fixture(autouse=True)
def no_shipper_is_left(metered: Bench):
    """They would try for a while longer to reach receivers that are gone."""
    yield
    for pid in shippers(metered):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def environment(meter: Meter) -> dict[str, str]:
    return {
        "EVALOPS_METER_BASE_URL": meter.url, "EVALOPS_TOKEN": "pk_1", "EVALOPS_TEAM_ID": "team-1",
        "MCP_METER_BUDGET": "1000/day", "MCP_METER_BUDGET_ACTION": "block",
    }  # fmt: skip


def test_a_call_it_denies_is_not_sent(metered: Bench):
    with Meter(DENIED) as meter:
        with asked(metered, environment(meter)) as client:
            answers = [client.ask(number) for number in range(5)]
            client.finish()
    assert all(is_blocked(answer) for answer in answers)
    assert "EvalOps" in text(answers[0]) and "team budget of $40.00 is used up" in text(answers[0])
    assert seen(client.log) == []
    # Five calls in a moment are one question.
    assert len(meter.asked) == 1
    question = meter.asked[0]
    assert question["teamId"] == "team-1"
    assert question["workspaceId"] == "default"
    assert (question["model"], question["provider"]) == ("gemini-2.5-pro", "google")
    assert question["estimatedCostUsd"] > 0
    assert meter.headers[0]["authorization"] == "Bearer pk_1"
    for call in asks(metered.ledger()):
        assert call["outcome"] == "blocked"
        assert (call["policy"]["action"], call["policy"]["reason"]) == ("blocked", "evalops")


def test_a_denial_only_warns_where_budgets_warn(metered: Bench):
    with Meter(DENIED) as meter:
        with asked(metered, environment(meter) | {"MCP_METER_BUDGET_ACTION": "warn"}) as client:
            assert not is_blocked(client.ask(1))
            client.finish()
    assert seen(client.log) == [1]
    policy = asks(metered.ledger())[0]["policy"]
    assert (policy["action"], policy["reason"]) == ("warned", "evalops")


def test_a_call_it_allows_goes_on(metered: Bench):
    with Meter({"allowed": True, "remainingBudgetUsd": 12.5}) as meter:
        with asked(metered, environment(meter)) as client:
            assert not is_blocked(client.ask(1))
            client.finish()
    assert len(meter.asked) == 1
    assert "policy" not in asks(metered.ledger())[0]


@pytest.mark.parametrize(
    "trouble",
    ["slow", "500", "404", "no JSON", "another type", "nothing listens"],
)
def test_it_fails_open(metered: Bench, trouble: str):
    """Whatever is wrong with it: the call goes on, within moments."""
    script = {"slow": [slow(5)] * 20, "500": [status(500)] * 20, "404": [status(404)] * 20}.get(trouble, [])
    verdict: dict | bytes = {"no JSON": b"<html>busy</html>", "another type": b'{"allowed": "perhaps"}'}.get(trouble, DENIED)
    with Meter(verdict, script=script) as meter:
        variables = environment(meter)
        if trouble == "nothing listens":
            variables["EVALOPS_METER_BASE_URL"] = "http://127.0.0.1:9"
        with asked(metered, variables) as client:
            # Whatever is started or loaded for it has been.
            client.ask(0)
            began = time.monotonic()
            assert not is_blocked(client.ask(1))
            took = time.monotonic() - began
            client.finish()
    # 300 ms, and what a busy machine takes.
    assert took < 1.0, f"{took * 1000:.0f} ms"
    assert seen(client.log) == [0, 1]
    assert {call["outcome"] for call in asks(metered.ledger())} == {"ok"}


def test_it_is_not_asked_where_no_budget_is_set(metered: Bench):
    with Meter(DENIED) as meter:
        variables = {name: value for name, value in environment(meter).items() if not name.startswith("MCP_METER_BUDGET")}
        with asked(metered, variables) as client:
            assert not is_blocked(client.ask(1))
            client.finish()
    assert meter.asked == []
