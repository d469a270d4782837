"""From frames to receivers, through the real relay and the shipper it starts: exactly what went by, once, whatever the
receivers do."""

import json
import os
import pathlib
import signal
import time
from datetime import datetime, timedelta

import pytest
from support import delivery, processes
from support import evalops as services
from support.delivery import OTLP, Client, Span, deliver, shippers, status
from support.ledger import Ledger
from support.processes import children, describe, kill_marked, wait_until
from support.receiver import Behaviour, Receiver, certificate, garbage, half, http_date, mix, never, no_content, refused_port, reset, slow
from support.receiver import status as answer
from support.receiver import Script
from support.relay import Bench, elapsed, python

SERVER = "deep_code_server.py"
GEMINI = "gemini-2.5-pro-preview-06-05"
CLAUDE = "claude-opus-4-6"
SONNET = "claude-sonnet-4-5-20250929"
SHIPPED = 30


@pytest.fixture
def delivering(metered: Bench):
    """A bench whose shippers end with the test, also one that would wait longer."""
    yield metered
    kill_marked(metered.mark)


def environment(evalops: Receiver | str, otlp: Receiver | str) -> dict[str, str | None]:
    url = [receiver if isinstance(receiver, str) else receiver.url for receiver in (evalops, otlp)]
    return {
        "EVALOPS_BASE_URL": url[0],
        "EVALOPS_TOKEN": "pk_secret",
        "EVALOPS_ORGANIZATION_ID": "org-1",
        "EVALOPS_WORKSPACE_ID": "ws-1",
        "OTEL_EXPORTER_OTLP_ENDPOINT": url[1],
        "OTEL_METRIC_EXPORT_INTERVAL": "300",
        "OTEL_BSP_SCHEDULE_DELAY": "300",
        "MCP_METER_CLIENT_MODEL": CLAUDE,
    }


class EvalOps(services.EvalOps):
    """For the credentials of `environment`."""

    def __init__(self, script: Script = ()):
        super().__init__(script, token="pk_secret", organization="org-1", workspace="ws-1")


def shipped(bench: Bench, seconds: float = SHIPPED) -> None:
    """Until the shipper the relay started is done, by its own account."""
    wait_until(lambda: not shippers(bench), seconds, f"everything shipped; {describe(shippers(bench))}")


# An escalation, by hand.


def characters(count: int) -> str:
    return ("Totals drift by a cent under load. " * 40)[:count]


# 400 characters in all: 100 + 60 + 25 + 15 + 200.
CONTEXT = {
    "attempted_approaches": [characters(60)],
    "partial_findings": [],
    "stuck_description": characters(100),
    "code_scope": {"files": ["src/billing/rounding.ts.x"]},
}
START = {"claude_context": CONTEXT, "analysis_type": "hypothesis_test", "initial_question": characters(200)}
ESCALATE = {"claude_context": CONTEXT | {"attempted_approaches": [characters(260)]}, "analysis_type": "hypothesis_test"}
# 23 + 77.
BOTTLENECK = {"code_path": {"entry_point": {"file": "src/billing/rounding.ts", "line": 31}, "suspected_issues": [characters(77)]}}


def converse(bench: Bench, values: dict[str, str | None]) -> None:
    """Start, go on, go on, finalize; between them a single shot, and one whose server asks the client's model."""
    with bench.session(python(SERVER), values) as session:
        client = Client(session)
        client.initialize()
        started = client.call("start_conversation", START)
        conversation = json.loads(started["result"]["content"][0]["text"])["sessionId"]
        client.call("continue_conversation", {"session_id": conversation, "message": characters(200)})
        client.call("escalate_analysis", ESCALATE)
        second = client.send("tools/call", {"name": "continue_conversation", "arguments": {"session_id": conversation, "message": characters(100)}})
        third = client.send("tools/call", {"name": "performance_bottleneck", "arguments": BOTTLENECK})
        client.wait(second)
        client.wait(third)
        client.call("get_conversation_status", {"session_id": conversation})
        finished = client.call("finalize_conversation", {"session_id": conversation})
        assert "result" in finished and len(client.asked) == 1
        assert session.finish() == 0
        assert session.stderr() == b""


# What each model did, by the tool it was called for: model, input, output tokens. A quarter of a token a character for
# Gemini, 0.3 for Claude. The session's id is no text, and of continue_conversation's 600 characters the 488 of its
# `response` are the answer.
SERVER_TURNS = [
    ("start_conversation", GEMINI, 100, 100),
    ("continue_conversation", GEMINI, 50, 122),
    ("escalate_analysis", GEMINI, 100, 300),
    ("continue_conversation", GEMINI, 25, 122),
    ("performance_bottleneck", GEMINI, 25, 200),
    ("finalize_conversation", GEMINI, 0, 250),
]
CLIENT_TURNS = [
    ("start_conversation", CLAUDE, 120, 120),
    ("continue_conversation", CLAUDE, 147, 60),
    ("escalate_analysis", CLAUDE, 360, 120),
    ("continue_conversation", CLAUDE, 147, 30),
    ("performance_bottleneck", CLAUDE, 240, 30),
    ("finalize_conversation", CLAUDE, 300, 0),
]
# "Which loop? " ten times, "The inner one. " four times.
SAMPLING = ("", SONNET, 36, 18)
# Nano-dollars an input and an output token.
PRICES = {GEMINI: (1250, 10_000), CLAUDE: (5000, 25_000), SONNET: (3000, 15_000)}
CONVERSATION_TOOLS = {"start_conversation", "continue_conversation", "finalize_conversation"}
# 4 Gemini turns: 175 in, 594 out; 4 Claude turns: 714 in, 210 out.
CONVERSATION_DOLLARS = (175 * 1250 + 594 * 10_000 + 714 * 5000 + 210 * 25_000) / 1e9
# 100 in, 300 out; 360 in, 120 out.
ESCALATION_DOLLARS = (100 * 1250 + 300 * 10_000 + 360 * 5000 + 120 * 25_000) / 1e9


def test_a_scripted_escalation_arrives_as_worked_out_by_hand(delivering: Bench):
    assert CONVERSATION_DOLLARS == 0.01497875 and ESCALATION_DOLLARS == 0.007925
    with EvalOps() as evalops, OTLP() as otlp:
        converse(delivering, environment(evalops, otlp))
        shipped(delivering)
        used = delivery.usage(evalops.received)
        spans = delivery.evalops_spans(evalops.received)
        quality = delivery.annotations(evalops.received)
        otlp_spans = delivery.otlp_spans(otlp.received)
    ledger = delivering.ledger()

    # The meter: each model call once, with its tokens and dollars.
    wanted = sorted(
        # The client's own turns are of no tool: what it called for is in the trace.
        (tool if model == GEMINI else "", model, inputs, outputs, (inputs * PRICES[model][0] + outputs * PRICES[model][1]) / 1e9)
        for tool, model, inputs, outputs in [*SERVER_TURNS, *CLIENT_TURNS, SAMPLING]
    )
    assert sorted(meter_row(record) for record in used.values()) == wanted
    assert used.keys() == delivery.metered(ledger.records).keys()

    # The traces: one of the conversation, one a single shot.
    traces: dict[str, list[dict]] = {}
    for (trace, _), span in spans.items():
        traces.setdefault(trace, []).append(span)
    roots = {span["name"]: span for span in spans.values() if "parentSpanId" not in span}
    conversation = traces[roots["start_conversation"]["traceId"]]
    escalation = traces[roots["escalate_analysis"]["traceId"]]
    root = roots["start_conversation"]
    assert shape(conversation, root) == sorted(
        [("gemini.generate", tool) for tool, *_ in SERVER_TURNS if tool in CONVERSATION_TOOLS]
        + [("claude.generate", "start_conversation")] * 4
        + [(tool, "start_conversation") for tool, *_ in SERVER_TURNS if tool in CONVERSATION_TOOLS]
    )
    assert shape(escalation, roots["escalate_analysis"]) == [("claude.generate", "escalate_analysis"), ("gemini.generate", "escalate_analysis")]
    assert round(sum(span.get("costUsd", 0) for span in conversation), 9) == CONVERSATION_DOLLARS
    assert sum(int(span.get("tokenInput", 0)) for span in conversation) == 175 + 714
    assert sum(int(span.get("tokenOutput", 0)) for span in conversation) == 594 + 210
    assert {span["workspaceId"] for span in spans.values()} == {"ws-1"}
    for span in spans.values():
        assert span["status"] == "SPAN_STATUS_OK" and span["startedAt"] <= span["endedAt"]
    # Each time is rounded to a microsecond, and so is each duration.
    last = datetime.fromisoformat(root["endedAt"]) + timedelta(microseconds=2)
    assert all(root["startedAt"] <= span["startedAt"] and datetime.fromisoformat(span["endedAt"]) <= last for span in conversation)

    # Quality: from the root cause's confidence, for its dollars, said after the spans.
    assert quality.keys() == {(conversation[0]["traceId"], ""), (escalation[0]["traceId"], "")}
    for trace, score, dollars in ((conversation, 0.6, CONVERSATION_DOLLARS), (escalation, 0.85, ESCALATION_DOLLARS)):
        annotation = quality[trace[0]["traceId"], ""]
        assert annotation["compositeScore"] == score
        assert annotation["cost"] == {"currencyCode": "USD", "amount": dollars}
        assert annotation["qualityPerDollar"] == pytest.approx(score / dollars, rel=1e-4)
    paths = [message.path.rpartition("/")[2] for message in evalops.received if "Trace" in message.path or "Spans" in message.path]
    assert paths[0] == "IngestSpans"

    # OTLP: every request, and below those with a model the model; nothing twice, each under its parent.
    assert {key: span.parent or None for key, span in otlp_spans.items()} == delivery.spans_of(ledger.records)
    assert spans.keys() < otlp_spans.keys()
    models = [span for span in otlp_spans.values() if "gen_ai.usage.output_tokens" in span.attributes]
    assert sorted(otlp_row(span) for span in models) == sorted((model, inputs, outputs) for _, model, inputs, outputs in [*SERVER_TURNS, *CLIENT_TURNS, SAMPLING])


def meter_row(record: dict) -> tuple[str, str, int, int, float]:
    metadata = record["metadata"]
    return (metadata.get("tool", ""), record["model"], int(record["inputTokens"]), int(record["outputTokens"]), record["totalCostUsd"])


def otlp_row(span: Span) -> tuple[str, int, int]:
    attributes = span.attributes
    model = attributes.get("gen_ai.response.model", attributes.get("gen_ai.request.model"))
    return (model, attributes["gen_ai.usage.input_tokens"], attributes["gen_ai.usage.output_tokens"])


def shape(trace: list[dict], root: dict) -> list[tuple[str, str]]:
    """Every span but the root: its name and its parent's."""
    by_id = {span["spanId"]: span for span in trace}
    return sorted((span["name"], by_id[span["parentSpanId"]]["name"]) for span in trace if span is not root)


# Receivers in trouble.

TROUBLES: dict[str, list[Behaviour]] = {
    "slow": [slow(1)] * 2,
    "429 with seconds": [answer(429, retry_after=1)] * 2,
    "429 with a date": [answer(429, retry_after=http_date(2))],
    "503": [answer(503)] * 3,
    "500 although it took it": [answer(500, accepted=True)] * 2,
    "half an answer": [half(), half(accepted=False), half()],
    "reset": [reset(), reset(unread=True), reset(unread=True)],
    "reset although it took it": [reset(accepted=True)] * 3,
    "an answer that is no answer": [garbage()] * 5,
    "204": [no_content()] * 5,
    "408": [answer(408)] * 2,
}


@pytest.mark.parametrize("trouble", TROUBLES)
def test_everything_arrives_at_receivers_in_trouble(delivering: Bench, trouble: str):
    with EvalOps(TROUBLES[trouble]) as evalops, OTLP(TROUBLES[trouble]) as otlp:
        converse(delivering, environment(evalops, otlp))
        shipped(delivering, 60)
        complete(delivering.ledger(), evalops, otlp)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_everything_arrives_at_receivers_that_do_anything(delivering: Bench, seed: int):
    with EvalOps(mix(seed)) as evalops, OTLP(mix(seed + 100)) as otlp:
        values = environment(evalops, otlp)
        converse(delivering, values)
        shipped(delivering, 100)
        complete(delivering.ledger(), evalops, otlp)


def test_an_answer_that_never_comes_is_not_waited_for_for_ever(delivering: Bench):
    with EvalOps() as evalops, OTLP([never(), never(accepted=True)]) as otlp:
        converse(delivering, environment(evalops, otlp) | {"OTEL_EXPORTER_OTLP_TIMEOUT": "1000"})
        shipped(delivering, 60)
        complete(delivering.ledger(), evalops, otlp)


def complete(ledger: Ledger, evalops: Receiver, otlp: Receiver) -> None:
    """After repeated ids are dropped: what the ledger says, no less and no more."""
    assert delivery.usage(evalops.received).keys() == delivery.metered(ledger.records).keys()
    spans = delivery.spans_of(ledger.records)
    assert delivery.evalops_spans(evalops.received).keys() == delivery.spans_of(delivery.analyses(ledger.records)).keys()
    assert len(delivery.annotations(evalops.received)) == 2
    assert evalops.faults == []
    assert {key: span.parent or None for key, span in delivery.otlp_spans(otlp.received).items()} == spans
    delivery.assert_totals(ledger.records, otlp.received)


# Processes.


def one_call(bench: Bench, values: dict[str, str | None]) -> float:
    """A session of one escalation; how long its end took."""
    with bench.session(python(SERVER), values) as session:
        client = Client(session)
        client.initialize()
        client.call("escalate_analysis", ESCALATE)
        start = time.monotonic()
        assert session.finish() == 0
        return elapsed(start)


def test_the_shipper_outlives_the_session(delivering: Bench):
    with EvalOps([answer(503, retry_after=1)] * 2) as evalops, OTLP([answer(503, retry_after=1)] * 2) as otlp:
        values = environment(evalops, otlp)
        with delivering.session(python(SERVER), values) as session:
            client = Client(session)
            client.initialize()
            client.call("escalate_analysis", ESCALATE)
            wait_until(lambda: shippers(delivering), 5, "a shipper")
            [pid] = shippers(delivering)
            # Signals for the session's group and terminal are none of its business.
            assert os.getsid(pid) == pid != os.getsid(session.pid)
            start = time.monotonic()
            assert session.finish() == 0
            assert elapsed(start) < 1
            # Its output is not held open: who reads the session's to the end comes to the end.
            assert session.read_rest(2) == b"" and session.stderr() == b""
            assert shippers(delivering) == [pid]
        shipped(delivering)
        complete_without_annotations(delivering.ledger(), evalops, otlp)


def test_a_shipper_that_ends_before_its_session_is_no_zombie(delivering: Bench):
    with EvalOps() as evalops, OTLP() as otlp:
        with delivering.session(python(SERVER), environment(evalops, otlp)) as session:
            client = Client(session)
            client.initialize()
            client.call("escalate_analysis", ESCALATE)
            wait_until(lambda: shippers(delivering), 5, "a shipper")
            shipped(delivering)
            wait_until(lambda: not any(map(is_zombie, children(session.pid))), 12, "no zombie")
            # The next record starts another.
            client.call("escalate_analysis", ESCALATE)
            wait_until(lambda: shippers(delivering), 5, "another shipper")
            assert session.finish() == 0
        shipped(delivering)
        complete_without_annotations(delivering.ledger(), evalops, otlp)


def is_zombie(pid: int) -> bool:
    try:
        return b") Z " in pathlib.Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:
        return False


def complete_without_annotations(ledger: Ledger, evalops: Receiver, otlp: Receiver) -> None:
    assert delivery.usage(evalops.received).keys() == delivery.metered(ledger.records).keys()
    assert delivery.otlp_spans(otlp.received).keys() == delivery.spans_of(ledger.records).keys()


def test_a_second_session_shares_the_destinations_and_nothing_is_sent_twice(delivering: Bench):
    with EvalOps([slow(0.3)] * 3) as evalops, OTLP() as otlp:
        values = environment(evalops, otlp)
        with delivering.session(python(SERVER), values) as first, delivering.session(python(SERVER), values) as second:
            for session in (first, second):
                client = Client(session)
                client.initialize()
                client.call("escalate_analysis", ESCALATE)
                # Its own, or the one that is there and has every destination.
                wait_until(lambda: shippers(delivering), 5, "a shipper")
            assert first.finish() == 0 and second.finish() == 0
        shipped(delivering)
        complete_without_annotations(delivering.ledger(), evalops, otlp)
        for receiver in (evalops, otlp):
            sent = [(message.path, message.body) for message in receiver.received]
            assert len(sent) == len(set(sent))


def test_a_dead_endpoint_does_not_hold_up_the_session(delivering: Bench):
    refused = f"http://127.0.0.1:{refused_port()}"
    with Receiver(lambda *_: never()) as hung:
        took = one_call(delivering, environment(hung, refused))
        assert took < 1
        assert len(shippers(delivering)) <= 1


def test_an_untrusted_receiver_gets_nothing_and_all_of_it_once_it_is_trusted(delivering: Bench, tmp_path: pathlib.Path):
    for name, options in (("wrong", {"hosts": ["wrong.example"]}), ("expired", {"days": -1})):
        made = certificate(tmp_path, name, **options)
        with OTLP(tls=made) as otlp:
            values = {"OTEL_EXPORTER_OTLP_ENDPOINT": otlp.url, "OTEL_EXPORTER_OTLP_CERTIFICATE": str(made.authority)}
            one_call(delivering, values)
            deliver(delivering, values, "--once")
            assert otlp.requests == []
        kill_marked(delivering.mark)
    made = certificate(tmp_path)
    with OTLP(tls=made) as otlp:
        values = {"OTEL_EXPORTER_OTLP_ENDPOINT": otlp.url, "OTEL_EXPORTER_OTLP_CERTIFICATE": str(made.authority)}
        assert deliver(delivering, values, "--until-idle").returncode == 0
        assert delivery.otlp_spans(otlp.received).keys() == delivery.spans_of(delivering.ledger().records).keys()


# One sink and the other.


def test_one_receivers_trouble_does_not_hold_up_another(delivering: Bench):
    with EvalOps(lambda *_: never()) as evalops, OTLP() as otlp:
        values = environment(evalops, otlp)
        start = time.monotonic()
        one_call(delivering, values)
        otlp.wait(lambda: any(message.path == "/v1/traces" for message in otlp.received), 10, "spans at the other")
        assert elapsed(start) < 8
        wait_until(lambda: delivery.otlp_spans(otlp.received).keys() == delivery.spans_of(delivering.ledger().records).keys(), 10, "all spans")
        kill_marked(delivering.mark)
        # What was not taken is still there, and goes when it is.
        evalops.behave([])
        assert deliver(delivering, values, "--until-idle").returncode == 0
        complete_without_annotations(delivering.ledger(), evalops, otlp)
    assert len({message.body for message in otlp.received if message.path == "/v1/traces"}) == len([m for m in otlp.received if m.path == "/v1/traces"])


# What it says of itself.


def states(bench: Bench, values: dict[str, str | None]) -> dict[str, dict]:
    return {item["sink"]: item for item in status(bench, values)}


def test_status_tells_the_truth(delivering: Bench):
    with EvalOps() as evalops, OTLP(lambda *_: answer(401)) as otlp:
        values = environment(evalops, otlp)
        converse(delivering, values)
        evalops.wait(lambda: len(delivery.annotations(evalops.received)) == 2, 20, "all of EvalOps")
        otlp.wait(lambda: {message.path for message in otlp.requests} == {"/v1/traces", "/v1/metrics"}, 20, "both signals refused")
        ledger = delivering.ledger()
        wait_until(lambda: states(delivering, values)["evalops-meter"]["state"] in ("idle", "stopped"), 10, "idle")
        wait_until(lambda: states(delivering, values)["otlp-traces"]["state"] == "blocked" or not shippers(delivering), 10, "blocked")
        found = states(delivering, values)
        assert found.keys() == {"evalops-meter", "evalops-traces", "otlp-traces", "otlp-metrics"}
        assert found["evalops-meter"]["delivered"] == len(delivery.metered(ledger.records)) == len(delivery.usage(evalops.received))
        assert found["evalops-meter"]["dead_letters"] == found["evalops-meter"]["backlog_records"] == 0 and found["evalops-meter"].get("last_error") is None
        assert found["otlp-traces"]["delivered"] == 0 and "401" in found["otlp-traces"]["last_error"]
        assert found["otlp-traces"]["backlog_records"] >= len(ledger.calls)
        kill_marked(delivering.mark)
        wait_until(lambda: not processes.marked(delivering.mark), 5, "no shipper")
        assert states(delivering, values)["otlp-traces"]["state"] == "stopped"
        otlp.behave([])
        assert deliver(delivering, values, "--until-idle").returncode == 0
        found = states(delivering, values)
        assert found["otlp-traces"]["delivered"] > 0 and found["otlp-traces"]["dead_letters"] == 0
        complete(ledger, evalops, otlp)
        assert b"pk_secret" not in deliver(delivering, values, "--status").stdout


class Picky(EvalOps):
    """Takes no record of one tool, and none of a batch that has one."""

    refused = b"performance_bottleneck"

    def accept(self, path: str, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, str], bytes]:
        if self.refused and self.refused in body:
            return 400, {"Content-Type": "application/json"}, b'{"code":"invalid_argument","message":"no such tool"}'
        return super().accept(path, headers, body)


def test_what_is_refused_for_good_is_set_aside_alone_and_can_be_sent_again(delivering: Bench):
    with Picky() as evalops, OTLP() as otlp:
        values = environment(evalops, otlp)
        converse(delivering, values)
        shipped(delivering)
        ledger = delivering.ledger()
        wanted = delivery.metered(ledger.records)
        bad = {identity for identity, record in wanted.items() if record.get("tool") == "performance_bottleneck"}
        assert 0 < len(bad) < len(wanted)
        assert delivery.usage(evalops.received).keys() == wanted.keys() - bad
        assert delivery.otlp_spans(otlp.received).keys() == delivery.spans_of(ledger.records).keys()
        letters = [json.loads(line) for path in delivering.state.glob("delivery/evalops-meter-*.dead.jsonl") for line in path.read_bytes().splitlines()]
        assert {record["id"] for letter in letters for record in letter["records"]} == bad
        assert all("no such tool" in letter["answer"] and letter["status"] == 400 for letter in letters)
        assert states(delivering, values)["evalops-meter"]["dead_letters"] == len(bad)
        evalops.refused = b""
        assert deliver(delivering, values, "--retry-dead").returncode == 0
        complete(ledger, evalops, otlp)
        assert states(delivering, values)["evalops-meter"]["dead_letters"] == 0


def test_a_new_destination_gets_everything_from_the_beginning(delivering: Bench):
    with EvalOps() as evalops, OTLP() as otlp:
        one_call(delivering, environment(evalops, otlp))
        shipped(delivering)
        with OTLP() as other:
            assert deliver(delivering, environment(evalops, other), "--until-idle").returncode == 0
            assert delivery.otlp_spans(other.received) == delivery.otlp_spans(otlp.received) != {}


def test_a_shipper_killed_at_any_moment_is_gone_on_with_by_the_next(delivering: Bench):
    with EvalOps(mix(7, 0.3)) as evalops, OTLP(mix(8, 0.3)) as otlp:
        values = environment(evalops, otlp)
        converse(delivering, values)
        wait_until(lambda: shippers(delivering), 5, "a shipper")
        for _ in range(5):
            for pid in shippers(delivering):
                os.kill(pid, signal.SIGKILL)
            with delivering.session(python(SERVER), values) as session:
                Client(session).initialize()
                assert session.finish() == 0
        shipped(delivering, 60)
        complete(delivering.ledger(), evalops, otlp)
