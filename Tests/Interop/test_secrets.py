"""What is nobody else's business is nowhere: not in a file, not on stderr, not in an argument list, not on the wire.

Planted are the values of every variable with a credential in it, markers inside prompts, answers and arguments, and a
key inside the escalation reason. Looked for is each of them as it is, and as JSON, URLs and base64 would write it.
"""

import base64
import json
import pathlib
import threading
import urllib.parse
from collections.abc import Iterator

import pytest
from support.delivery import OTLP, Client, deliver, shippers
from support.evalops import EvalOps
from support.processes import kill_marked, marked, wait_until
from support.receiver import Received, Receiver
from support.relay import Bench, python

REASON = "totals drift under load"
KEY_IN_REASON = "sk-ant-api03-Wp7Rk2Vx9Qm4Ls6Td8Yb1Nc3Hf5Jg0Az"
# Text of people. Each word stands once in what goes by.
MARKERS = {
    "prompt": "zanzibarquestion",
    "answer": "zanzibaranswer",
    "argument": "zanzibarargument",
    "sampling prompt": "zanzibarsampling",
    "sampling answer": "zanzibarcompletion",
    "error message": "zanzibarfailure",
}
CREDENTIALS = {
    "EVALOPS_TOKEN": "pk_tok~7Hq+2/evalops=",
    "OTEL_EXPORTER_OTLP_HEADERS": "otlp-Header/Value+93",
    "OTEL_EXPORTER_OTLP_TRACES_HEADERS": "otlp-Traces/Value+94",
    "MOSAIC_TELEMETRY_API_KEY": "5ec2e7" * 10 + "abcd",
    "HARPER_ANALYTICS_TOKEN": "harper-Tok3n/value",
    "GEMINI_API_KEY": "AIzaSyD-9tSrke72PouQMnMX-a7eZSW0jkFMBWY",
}
# In the user part of a URL, which is a credential too.
PASSWORD = "passw0rd-in-the-url"


class Others(Receiver):
    """Takes whatever the Mosaic and Harper sinks post."""

    def accept(self, path: str, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, str], bytes]:
        return 200, {"Content-Type": "application/json"}, b'{"message":"upserted 1 of 1 records","upserted_hashes":["1"]}'


class EchoingEvalOps(EvalOps):
    """Refuses with all it was sent, credentials and body, in the error it answers."""

    code = 400

    def accept(self, path: str, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, str], bytes]:
        said = {"code": "invalid_argument", "message": f"cannot take {headers['authorization']}: {headers} {body[:500]!r}"}
        return self.code, {"Content-Type": "application/json"}, json.dumps(said).encode()


class CommandLines(threading.Thread):
    """Reads the command line of every process of a bench, over and over."""

    def __init__(self, bench: Bench):
        super().__init__()
        self.bench = bench
        self.seen: set[bytes] = set()
        self.over = threading.Event()

    def run(self) -> None:
        while not self.over.wait(0.005):
            for pid in marked(self.bench.mark):
                try:
                    self.seen.add(pathlib.Path(f"/proc/{pid}/cmdline").read_bytes())
                except OSError:
                    continue


def spellings(secret: str) -> Iterator[bytes]:
    raw = secret.encode()
    yield raw
    yield json.dumps(secret)[1:-1].encode()
    yield json.dumps(secret)[1:-1].replace("/", "\\/").encode()
    yield urllib.parse.quote(secret, safe="").encode()
    for start in range(3):
        # Whatever stands before it, some 4 of its characters in base64 are these.
        whole = base64.b64encode(b"\0" * start + raw)
        yield whole[4 if start else 0 : len(whole) - 4]


def assert_nowhere(secrets: dict[str, str], places: dict[str, bytes]) -> None:
    found = [f"{name} in {place}" for name, secret in secrets.items() for place, data in places.items() if any(form in data for form in spellings(secret))]
    assert not found, found


def files(state: pathlib.Path) -> dict[str, bytes]:
    """Names and contents of everything there is."""
    found = {f"{path}": path.read_bytes() for path in state.rglob("*") if path.is_file()}
    return found | {"the names of files": "\n".join(map(str, state.rglob("*"))).encode()}


@pytest.fixture
def secret_bench(metered: Bench):
    yield metered
    kill_marked(metered.mark)


def environment(evalops: Receiver, otlp: Receiver, others: Receiver) -> dict[str, str | None]:
    quoted = urllib.parse.quote
    return {
        "EVALOPS_BASE_URL": evalops.url.replace("://", f"://user:{PASSWORD}@"),
        "EVALOPS_TOKEN": CREDENTIALS["EVALOPS_TOKEN"],
        "OTEL_EXPORTER_OTLP_ENDPOINT": otlp.url,
        "OTEL_EXPORTER_OTLP_HEADERS": f"x-otlp-key={quoted(CREDENTIALS['OTEL_EXPORTER_OTLP_HEADERS'], safe='')}",
        "OTEL_EXPORTER_OTLP_TRACES_HEADERS": f"x-otlp-key={quoted(CREDENTIALS['OTEL_EXPORTER_OTLP_TRACES_HEADERS'], safe='')}",
        "MOSAIC_TELEMETRY_ENABLED": "true",
        "MOSAIC_TELEMETRY_SERVER_URL": others.url + "/mosaic",
        "MOSAIC_TELEMETRY_API_KEY": CREDENTIALS["MOSAIC_TELEMETRY_API_KEY"],
        "MOSAIC_TELEMETRY_INSTANCE_ID": "3f1c7f2e-6f0d-4c7e-9a55-0c2f8d1b7a10",
        "HARPER_ANALYTICS_URL": others.url + "/harper",
        "HARPER_ANALYTICS_TOKEN": CREDENTIALS["HARPER_ANALYTICS_TOKEN"],
        "GEMINI_API_KEY": CREDENTIALS["GEMINI_API_KEY"],
        "OTEL_METRIC_EXPORT_INTERVAL": "300",
        "MCP_METER_LOG": "debug",
    }


def talk(bench: Bench, values: dict[str, str | None], stderr: pathlib.Path) -> None:
    """A session in which all that is private goes by."""
    with open(stderr, "ab") as log, bench.session(python("secrets_server.py"), values, stderr=log) as session:
        client = Client(session)
        client.sample = {"role": "assistant", "content": {"type": "text", "text": MARKERS["sampling answer"]}, "model": "claude-sonnet-4-5"}
        client.initialize()
        context = {
            "attempted_approaches": [MARKERS["argument"]],
            "partial_findings": [],
            "stuck_description": f"{REASON}, api_key={KEY_IN_REASON}",
            "code_scope": {"files": ["src/a.ts"]},
        }
        client.call("escalate_analysis", {"claude_context": context, "analysis_type": "performance", "prompt": MARKERS["prompt"]})
        client.call("trace_execution_path", {"prompt": MARKERS["prompt"]})
        client.call("hypothesis_test", {"prompt": MARKERS["prompt"]})
        assert client.asked and session.finish() == 0


def received(receivers: dict[str, Receiver]) -> tuple[dict[str, bytes], dict[str, list[Received]]]:
    bodies = {f"a body to {name}{message.path}": message.body for name, receiver in receivers.items() for message in receiver.requests}
    return bodies, {name: list(receiver.requests) for name, receiver in receivers.items()}


def test_what_is_private_is_nowhere(secret_bench: Bench, tmp_path: pathlib.Path):
    stderr = tmp_path / "stderr"
    with EvalOps() as evalops, OTLP() as otlp, Others() as others, watched(secret_bench) as lines:
        values = environment(evalops, otlp, others)
        talk(secret_bench, values, stderr)
        wait_until(lambda: not shippers(secret_bench), 60, "everything shipped")
        shown = deliver(secret_bench, values, "--status")
        data = deliver(secret_bench, values, "--status", "--json")
        bodies, requests = received({"evalops": evalops, "otlp": otlp, "others": others})
    places = files(secret_bench.state) | bodies | {
        "stderr": stderr.read_bytes(),
        "--status": shown.stdout + shown.stderr,
        "--status --json": data.stdout + data.stderr,
        "a command line": b"\n".join(lines.seen),
    }
    # What is looked through is what there is: all of it is used, and the reason's harmless part is told.
    assert all(requests.values())
    assert {message.headers["authorization"] for message in requests["evalops"]} == {f"Bearer {CREDENTIALS['EVALOPS_TOKEN']}"}
    for path, variable in (("/v1/traces", "OTEL_EXPORTER_OTLP_TRACES_HEADERS"), ("/v1/metrics", "OTEL_EXPORTER_OTLP_HEADERS")):
        assert {m.headers["x-otlp-key"] for m in requests["otlp"] if m.path == path} == {CREDENTIALS[variable]}
    assert any(REASON.encode() in data for place, data in places.items() if "ledger/" in place)
    assert any(REASON.encode() in body for body in bodies.values())
    assert any(b"deliver" in line for line in lines.seen)
    assert_nowhere(MARKERS | CREDENTIALS | {"the key in the reason": KEY_IN_REASON, "the URL's password": PASSWORD}, places)


@pytest.mark.parametrize("code", [400, 401, 500])
def test_a_receiver_that_sends_our_credentials_back_gets_them_written_nowhere(secret_bench: Bench, tmp_path: pathlib.Path, code: int):
    stderr = tmp_path / "stderr"
    with EchoingEvalOps() as evalops, OTLP() as otlp, Others() as others, watched(secret_bench) as lines:
        evalops.code = code
        values = environment(evalops, otlp, others)
        talk(secret_bench, values, stderr)
        wait_until(lambda: len(evalops.requests) >= 2, 20, "something sent")
        wait_until(lambda: not shippers(secret_bench) or code != 400, 60, "everything refused")
        shown = deliver(secret_bench, values, "--status")
        data = deliver(secret_bench, values, "--status", "--json")
        kill_marked(secret_bench.mark)
    places = files(secret_bench.state) | {
        "stderr": stderr.read_bytes(),
        "--status": shown.stdout + shown.stderr,
        "--status --json": data.stdout + data.stderr,
        "a command line": b"\n".join(lines.seen),
    }
    if code == 400:
        assert any(".dead.jsonl" in place and data for place, data in places.items())
    assert_nowhere(CREDENTIALS | MARKERS | {"the key in the reason": KEY_IN_REASON, "the URL's password": PASSWORD}, places)


class watched:
    """Command lines, from beginning to end of a block."""

    def __init__(self, bench: Bench):
        self.thread = CommandLines(bench)

    def __enter__(self) -> CommandLines:
        self.thread.start()
        return self.thread

    def __exit__(self, *_: object) -> None:
        self.thread.over.set()
        self.thread.join()
