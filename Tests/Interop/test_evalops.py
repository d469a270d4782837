"""What EvalOps' services are sent: field by field, from a ledger that is known, and from a real session."""

import copy
import http.client
import json
import pathlib
import subprocess

import pytest
from support import relay
from support.evalops import METER, TRACES, EvalOps
from support.receiver import garbage, half, http_date, no_content, reset, slow, status
from support.relay import Bench, binary, python

SAMPLE = relay.ROOT / "examples" / "ledger" / "sample.jsonl"
TOKEN = "pk_test_7f3a"
# Whose model was asked, and whether it can have been billed.
BILLED = ["…0102", "…0103", "…0104", "…0105", "…0109", "…a419"]

# The receiver itself: one that takes anything would prove nothing.

HEADERS = {
    "Content-Type": "application/json",
    "Accept": "application/json",
    "Connect-Protocol-Version": "1",
    "X-Workspace-ID": "default",
    "X-EvalOps-Workspace-ID": "default",
    "Idempotency-Key": "1",
}
USAGE = {
    "agentId": "deep-code-reasoner",
    "surface": "deep-code-reasoning-mcp",
    "eventType": "escalation",
    "model": "gemini-2.5-pro-preview-06-05",
    "provider": "google",
    "inputTokens": 2890,
    "outputTokens": 640,
    "totalCostUsd": 0.010013,
    "requestId": "r1",
    "metadata": {"workspace_id": "default", "pricing_status": "proxy_estimated", "outcome": "ok"},
    "data": {"started_at": "2026-05-01T10:00:00.000000Z"},
}
SPAN = {
    "traceId": "4bf92f3577b34da6a3ce929d0e0e4736",
    "spanId": "00f067aa0ba902b7",
    "workspaceId": "default",
    "name": "gemini.generate",
    "kind": "llm",
    "model": "gemini-2.5-pro-preview-06-05",
    "tokenInput": 2890,
    "latencyMs": 18342,
    "status": "SPAN_STATUS_OK",
    "costUsd": 0.010013,
    "attributes": {},
    "startedAt": "2026-05-01T10:00:00.000000Z",
    "endedAt": "2026-05-01T10:00:18.342000Z",
}
ANNOTATION = {
    "traceId": SPAN["traceId"],
    "compositeScore": 0.85,
    "assertions": [{"assertionId": "analysis_completed", "name": "Analysis completed", "passed": True, "score": 1, "reason": "outcome_ok"}],
    "cost": {"currencyCode": "USD", "amount": 0.010013},
    "qualityPerDollar": 84.89,
    "scoredAt": "2026-05-01T10:00:18.400000Z",
    "scorer": "mcp-meter.confidence",
    "metadata": {"costSource": "model_price_estimate", "workspace_id": "default", "outcome": "ok", "end": "answered"},
}


def post(receiver: EvalOps, path: str, message: dict, **headers: str | None) -> tuple[int, dict]:
    connection = http.client.HTTPConnection("127.0.0.1", receiver.port, timeout=5)
    sent = HEADERS | {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request("POST", path, json.dumps(message), {name: value for name, value in sent.items() if value is not None})
    answer = connection.getresponse()
    return answer.status, json.loads(answer.read())


def test_the_receiver_takes_what_the_protos_say():
    with EvalOps() as evalops:
        assert post(evalops, METER + "RecordUsage", USAGE)[0] == 200
        assert post(evalops, METER + "RecordUsageBatch", {"records": [USAGE]}, Idempotency_Key="2")[0] == 200
        assert post(evalops, TRACES + "IngestSpans", {"spans": [SPAN]}, Idempotency_Key="3")[0] == 200
        assert post(evalops, TRACES + "AnnotateTraceQuality", {"annotation": ANNOTATION}, Idempotency_Key="4")[0] == 200
        assert evalops.faults == [] and evalops.repeats == 1
        assert (len(evalops.usage), len(evalops.spans), len(evalops.annotations)) == (1, 1, 1)


@pytest.mark.parametrize(
    ("base", "change"),
    [
        (USAGE, {"input_tokens": 2890, "inputTokens": 2890}),
        (USAGE, {"traceId": "t"}),
        (USAGE, {"inputTokens": 0.5}),
        (USAGE, {"inputTokens": 1 << 63}),
        (USAGE, {"inputTokens": -1}),
        (USAGE, {"totalCostUsd": None}),
        (USAGE, {"totalCostUsd": -0.01}),
        (USAGE, {"requestId": ""}),
        (USAGE, {"model": 7}),
        (USAGE, {"metadata": USAGE["metadata"] | {"prompt": "a secret"}}),
        (USAGE, {"metadata": []}),
        (SPAN, {"inputTokens": 2890}),
        (SPAN, {"status": "OK"}),
        (SPAN, {"status": "SPAN_STATUS_UNSPECIFIED"}),
        (SPAN, {"workspaceId": "another"}),
        (SPAN, {"name": ""}),
        (SPAN, {"startedAt": "yesterday"}),
        (SPAN, {"endedAt": "2026-05-01T09:00:00.000000Z"}),
        (SPAN, {"kind": "escalation"}),
        (SPAN, {"parentSpanId": SPAN["spanId"]}),
        (ANNOTATION, {"compositeScore": 1.5}),
        (ANNOTATION, {"cost": {"currency": "USD"}}),
        (ANNOTATION, {"qualityPerDollar": 12}),
        (ANNOTATION, {"scoredAt": 1}),
    ],
    ids=str,
)
def test_the_receiver_takes_nothing_else(base: dict, change: dict):
    message = copy.deepcopy(base) | change
    path, body = {
        "requestId": (METER + "RecordUsage", message),
        "spanId": (TRACES + "IngestSpans", {"spans": [message]}),
        "scorer": (TRACES + "AnnotateTraceQuality", {"annotation": message}),
    }[next(key for key in ("requestId", "spanId", "scorer") if key in base)]
    with EvalOps() as evalops:
        assert post(evalops, TRACES + "IngestSpans", {"spans": [SPAN]}, Idempotency_Key="first")[0] == 200
        code, answer = post(evalops, path, body)
        assert code == 400 and answer["code"] == "invalid_argument"
        assert len(evalops.faults) == 1


@pytest.mark.parametrize(
    "headers",
    [{"Connect-Protocol-Version": None}, {"Accept": "*/*"}, {"X-Workspace-ID": "ws"}, {"Idempotency-Key": None}, {"X-EvalOps-Agent-ID": "x"}],
    ids=str,
)
def test_the_receiver_looks_at_headers(headers: dict):
    with EvalOps() as evalops:
        assert post(evalops, METER + "RecordUsage", USAGE, **{name.replace("-", "_"): value for name, value in headers.items()})[0] == 400


def test_the_receiver_knows_whom_it_serves():
    with EvalOps(token=TOKEN) as evalops:
        assert post(evalops, METER + "RecordUsage", USAGE)[0] == 401
        assert post(evalops, METER + "RecordUsage", USAGE, Authorization="Bearer other")[0] == 403
        assert post(evalops, METER + "RecordUsage", USAGE, Authorization=f"Bearer {TOKEN}")[0] == 200
        again = USAGE | {"inputTokens": 1}
        assert post(evalops, METER + "RecordUsage", again, Authorization=f"Bearer {TOKEN}")[0] == 400, "the same key, another body"
        assert post(evalops, TRACES + "AnnotateTraceQuality", {"annotation": ANNOTATION}, Authorization=f"Bearer {TOKEN}", Idempotency_Key="2")[0] == 404


# What is sent.


@pytest.fixture
def ledger(tmp_path: pathlib.Path) -> Bench:
    """A state directory that holds the sample ledger."""
    bench = Bench("on", tmp_path)
    # Long ago, so that no shipper takes its open conversation for one whose relay was just killed.
    day = bench.state / "ledger" / "2026-05-01"
    day.mkdir(parents=True, mode=0o700)
    (day / "100000123456-4711-9f86d081.jsonl").write_bytes(SAMPLE.read_bytes())
    return bench


def environment(evalops: EvalOps, **more: str | None) -> dict[str, str | None]:
    return {"EVALOPS_BASE_URL": evalops.url, "EVALOPS_TOKEN": TOKEN, "EVALOPS_TEAM_ID": "team_eng"} | more


def deliver(bench: Bench, values: dict[str, str | None]) -> subprocess.CompletedProcess:
    return subprocess.run(
        [binary(), "deliver", "--once"], env=bench.environment(values), stdin=subprocess.DEVNULL, capture_output=True, timeout=60
    )


def last_digits(ids: object) -> list[str]:
    return sorted("…" + str(identity)[-4:] for identity in ids)  # type: ignore[attr-defined]


def test_a_ledger_arrives_as_it_is(ledger: Bench):
    with EvalOps(token=TOKEN, organization="org_1", workspace="ws_1") as evalops:
        done = deliver(ledger, environment(evalops, EVALOPS_ORGANIZATION_ID="org_1", EVALOPS_WORKSPACE_ID="ws_1"))
        assert done.returncode == 0, done
        assert evalops.faults == []
        records = {record["id"]: record for record in ledger.ledger().records}

        assert last_digits(evalops.usage) == BILLED, "not the call that failed before anything was billed, nor one without a model"
        for identity, usage in evalops.usage.items():
            record = records[identity]
            tokens = record["usage"]
            assert (usage["model"], usage["provider"]) == (record["model"], record["provider"])
            assert sum(usage.get(name, 0) for name in ("inputTokens", "cacheReadTokens", "cacheWriteTokens")) == tokens["input_tokens"]
            assert usage["outputTokens"] == tokens["output_tokens"]
            assert usage.get("totalCostUsd") == (record["cost"]["usd_nanos"] / 1e9 if "usd_nanos" in record["cost"] else None)
            assert usage["teamId"] == "team_eng"
            assert usage["metadata"].get("escalation_reason") == record.get("escalation_reason")
            assert usage["metadata"]["usage_source"] == tokens["source"]
        cached = evalops.usage["019aa5c0-9c40-7000-8000-000000000103"]
        assert (cached["inputTokens"], cached["cacheReadTokens"], cached["cacheWriteTokens"]) == (1000, 6000, 3000)
        statuses = {usage["metadata"]["pricing_status"] for usage in evalops.usage.values()}
        assert statuses == {"priced", "proxy_estimated", "unpriced"}

        # Five requests with a model, the model call below each, and two turns of clients' own, one of them imported.
        assert len(evalops.spans) == 5 * 2 + 2
        models = [span for span in evalops.spans.values() if span["kind"] == "llm"]
        assert {span["attributes"]["request_id"] for span in models} == evalops.usage.keys() | {"019aa5c0-9c40-7000-8000-000000000106"}
        for span in models:
            usage = evalops.usage.get(span["attributes"]["request_id"], {})
            assert span.get("costUsd") == usage.get("totalCostUsd")
            assert span.get("tokenOutput") == usage.get("outputTokens")
        failed = [span for span in evalops.spans.values() if span["status"] == "SPAN_STATUS_ERROR"]
        assert sorted(span["name"] for span in failed) == ["ask", "grok.generate"]

        (annotation,) = evalops.annotations.values()
        assert annotation["compositeScore"] == 0.85 and annotation["qualityPerDollar"] == 32.09
        assert annotation["cost"] == {"currencyCode": "USD", "amount": 0.0264875}

        # All of it is there, so nothing goes again.
        count = len(evalops.requests)
        assert deliver(ledger, environment(evalops, EVALOPS_ORGANIZATION_ID="org_1", EVALOPS_WORKSPACE_ID="ws_1")).returncode == 0
        assert len(evalops.requests) == count


@pytest.mark.parametrize(
    "behaviour",
    [
        slow(0.3),
        status(429, retry_after=1),
        status(429, retry_after=http_date(1)),
        status(503),
        status(409, body=b'{"code":"aborted","message":"try again"}'),
        half(),
        half(accepted=False),
        reset(),
        reset(accepted=True),
        garbage(),
        no_content(),
    ],
    ids=lambda behaviour: f"{behaviour.kind}-{behaviour.code}-{behaviour.accepted}",
)
def test_trouble_loses_nothing_and_counts_nothing_twice(ledger: Bench, behaviour):
    with EvalOps([behaviour, behaviour], token=TOKEN) as evalops:
        done = deliver(ledger, environment(evalops))
        assert done.returncode == 0, done
        assert evalops.faults == [], "what came again came the same"
        assert last_digits(evalops.usage) == BILLED
        assert len(evalops.spans) == 12 and len(evalops.annotations) == 1


def test_a_meter_without_batches_gets_records_one_by_one(ledger: Bench):
    with EvalOps(token=TOKEN, missing=("RecordUsageBatch",)) as evalops:
        assert deliver(ledger, environment(evalops)).returncode == 0
        assert evalops.faults == [] and last_digits(evalops.usage) == BILLED
        paths = [request.path for request in evalops.requests if request.path.startswith(METER)]
        assert paths == [METER + "RecordUsageBatch"] + [METER + "RecordUsage"] * len(BILLED), "asked for once"


def test_traces_without_annotations_get_their_spans(ledger: Bench):
    with EvalOps(token=TOKEN, missing=("AnnotateTraceQuality",)) as evalops:
        deliver(ledger, environment(evalops))
        assert evalops.faults == [] and len(evalops.spans) == 12
    (letters,) = (ledger.state / "delivery").glob("evalops-traces-*.dead.jsonl")
    (letter,) = letters.read_text().splitlines()
    assert "019aa5c0-c350-8000-8000-000000000001" in letter


def test_one_service_down_does_not_hold_up_the_other(ledger: Bench):
    with EvalOps(token=TOKEN) as meter, EvalOps([status(503)] * 100, token=TOKEN) as traces:
        values = environment(meter, EVALOPS_TRACES_BASE_URL=traces.url)
        assert deliver(ledger, values).returncode != 0
        assert last_digits(meter.usage) == BILLED and meter.spans == {}
        traces.behave(())
        assert deliver(ledger, values).returncode == 0
        assert len(traces.spans) == 12 and traces.usage == {} and len(traces.annotations) == 1
        assert meter.repeats == 0 and meter.faults == traces.faults == []


def test_a_wrong_token_keeps_everything_for_the_right_one(ledger: Bench):
    with EvalOps(token=TOKEN) as evalops:
        done = deliver(ledger, environment(evalops, EVALOPS_TOKEN="pk_stolen"))
        assert done.returncode != 0 and evalops.usage == {} and evalops.spans == {}
        assert b"pk_stolen" not in done.stdout + done.stderr
        assert list((ledger.state / "delivery").glob("*.dead.jsonl")) == []
        assert deliver(ledger, environment(evalops)).returncode == 0
        assert last_digits(evalops.usage) == BILLED and len(evalops.spans) == 12


def test_a_record_the_service_refuses_holds_up_no_other(ledger: Bench):
    class Picky(EvalOps):
        """Knows one model less than the ledger."""

        def accept(self, path, headers, body):
            if path.startswith(METER) and b"gemini-9" in body:
                return 400, {"Content-Type": "application/json"}, b'{"code":"invalid_argument","message":"which model?"}'
            return super().accept(path, headers, body)

    with Picky(token=TOKEN) as evalops:
        deliver(ledger, environment(evalops))
        assert evalops.faults == []
        assert last_digits(evalops.usage) == [identity for identity in BILLED if identity != "…0105"]
    (letters,) = (ledger.state / "delivery").glob("evalops-meter-*.dead.jsonl")
    (letter,) = letters.read_text().splitlines()
    assert "gemini-9" in letter and TOKEN not in letter


def test_a_session_arrives(metered: Bench, tmp_path: pathlib.Path):
    """Frames of a server that reports its usage, metered by the relay, shipped by `deliver`."""
    server = tmp_path / "usage_server.py"
    server.write_text(
        "import json, sys\n"
        "for line in sys.stdin:\n"
        "    message = json.loads(line)\n"
        "    if 'id' not in message: continue\n"
        "    result = {'protocolVersion': '2025-06-18', 'capabilities': {'tools': {}}, 'serverInfo': {'name': 'gemini-asker', 'version': '1'}}\n"
        "    if message['method'] == 'tools/call':\n"
        "        result = {'content': [{'type': 'text', 'text': 'Paris.'}], 'structuredContent': {'model': 'gemini-2.5-pro'},\n"
        "                  '_meta': {'usage': {'prompt_tokens': 1000, 'completion_tokens': 200, 'total_tokens': 1200}}}\n"
        "    print(json.dumps({'jsonrpc': '2.0', 'id': message['id'], 'result': result}), flush=True)\n"
    )
    with metered.session(python(str(server))) as session:
        for number, (method, params) in enumerate(
            [
                ("initialize", {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "claude-code", "version": "2"}}),
                ("tools/call", {"name": "ask", "arguments": {"prompt": "The capital of France?"}}),
            ]
        ):
            session.write(json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": params}).encode() + b"\n")
            assert session.read_line()
        assert session.finish() == 0
    with EvalOps(token=TOKEN) as evalops:
        assert deliver(metered, environment(evalops)).returncode == 0
        assert evalops.faults == []
    (usage,) = [usage for usage in evalops.usage.values() if usage.get("provider") == "google"]
    assert (usage["model"], usage["inputTokens"], usage["outputTokens"]) == ("gemini-2.5-pro", 1000, 200)
    assert usage["totalCostUsd"] == 0.00325 and usage["metadata"]["pricing_status"] == "priced"
    assert (usage["agentId"], usage["metadata"]["tool"]) == ("gemini-asker", "ask")
    assert b"France" not in b"".join(request.body for request in evalops.requests)
