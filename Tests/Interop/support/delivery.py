"""Both ends of delivery: receivers that hold senders to the wire's rules, and what was sent to them, decoded.

Decoding is that of the outside: JSON for EvalOps' Connect RPC, OpenTelemetry's own generated classes for OTLP.
Everything takes a list of messages (`Receiver.received`, or `Journal.read`), and drops what came twice by its id.
"""

import json
import pathlib
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue
from opentelemetry.proto.metrics.v1.metrics_pb2 import AGGREGATION_TEMPORALITY_CUMULATIVE as CUMULATIVE

from . import receiver
from .processes import marked
from .receiver import ANSWER, Journal, Received, Receiver, refused_port
from .relay import Bench, Session, binary

METER = "/meter.v1.MeterService/"
TRACES = "/traces.v1.SpanIngestService/"
REQUESTS = "mcp.client.operation.duration"
INPUT = "gen_ai.client.inference.usage.input_tokens"
OUTPUT = "gen_ai.client.inference.usage.output_tokens"
COST = "mcp_meter.cost"


# EvalOps.


def once(items: Iterable[tuple[object, dict]]) -> dict:
    """What came twice came the same: a receiver that drops repeated ids keeps either."""
    kept: dict = {}
    for key, value in items:
        assert kept.setdefault(key, value) == value, f"{key} came as {kept[key]} and as {value}"
    return kept


def _usage(messages: Iterable[Received]) -> Iterator[tuple[str, dict]]:
    for message in messages:
        if message.path.endswith("/RecordUsageBatch"):
            for record in message.json["records"]:
                yield record["requestId"], record
        elif message.path.endswith("/RecordUsage"):
            yield message.json["requestId"], message.json


def usage(messages: Iterable[Received]) -> dict[str, dict]:
    """Meter records by `requestId`."""
    return once(_usage(messages))


def evalops_spans(messages: Iterable[Received]) -> dict[tuple[str, str], dict]:
    """Spans by trace and span id."""
    return once(
        ((span["traceId"], span["spanId"]), span)
        for message in messages
        if message.path == TRACES + "IngestSpans"
        for span in message.json["spans"]
    )


def annotations(messages: Iterable[Received]) -> dict[tuple[str, str], dict]:
    """Quality annotations by trace and span id (empty: the whole trace)."""
    return once(
        ((message.json["annotation"]["traceId"], message.json["annotation"].get("spanId", "")), message.json["annotation"])
        for message in messages
        if message.path == TRACES + "AnnotateTraceQuality"
    )


# OTLP.


class OTLP(Receiver):
    """A collector: `/v1/traces` and `/v1/metrics`, protobuf or JSON."""

    def accept(self, path: str, headers: dict[str, str], body: bytes) -> ANSWER:
        if path not in ("/v1/traces", "/v1/metrics"):
            return 404, {}, b""
        kind = headers.get("content-type", "")
        if kind == "application/json":
            json.loads(body)
            return 200, {"Content-Type": kind}, b"{}"
        if kind != "application/x-protobuf":
            return 415, {}, b""
        (ExportTraceServiceRequest if path == "/v1/traces" else ExportMetricsServiceRequest).FromString(body)
        return 200, {"Content-Type": kind}, b""


@dataclass(frozen=True)
class Span:
    trace: str
    span: str
    parent: str
    name: str
    kind: int
    start: int
    end: int
    status: int
    attributes: dict = field(hash=False)


def plain(value: AnyValue) -> object:
    kind = value.WhichOneof("value")
    if kind == "array_value":
        return [plain(item) for item in value.array_value.values]
    return getattr(value, kind) if kind else None


def _otlp_spans(messages: Iterable[Received]) -> Iterator[tuple[tuple[str, str], Span]]:
    for message in messages:
        if message.path != "/v1/traces":
            continue
        for resource in ExportTraceServiceRequest.FromString(message.body).resource_spans:
            for scope in resource.scope_spans:
                for span in scope.spans:
                    found = Span(
                        span.trace_id.hex(),
                        span.span_id.hex(),
                        span.parent_span_id.hex(),
                        span.name,
                        span.kind,
                        span.start_time_unix_nano,
                        span.end_time_unix_nano,
                        span.status.code,
                        {item.key: plain(item.value) for item in span.attributes},
                    )
                    yield (found.trace, found.span), found


def otlp_spans(messages: Iterable[Received]) -> dict[tuple[str, str], Span]:
    """Spans by trace and span id, from protobuf."""
    return once(_otlp_spans(messages))


def otlp_totals(messages: Iterable[Received]) -> dict[str, float]:
    """What each metric adds up to over all its series: a sum's value, a histogram's count. Of a cumulative series the
    last point counts, so one that was sent twice counts once."""
    last: dict[tuple, tuple[str, float]] = {}
    for message in messages:
        if message.path != "/v1/metrics":
            continue
        for resource in ExportMetricsServiceRequest.FromString(message.body).resource_metrics:
            who = resource.resource.SerializeToString()
            for scope in resource.scope_metrics:
                for metric in scope.metrics:
                    kind = metric.WhichOneof("data")
                    data = getattr(metric, kind)
                    assert data.aggregation_temporality == CUMULATIVE, metric.name
                    for point in data.data_points:
                        labels = frozenset(item.SerializeToString() for item in point.attributes)
                        value = getattr(point, point.WhichOneof("value")) if kind == "sum" else point.count
                        last[who, metric.name, point.start_time_unix_nano, labels] = (metric.name, value)
    totals: dict[str, float] = {}
    for name, value in last.values():
        totals[name] = totals.get(name, 0) + value
    return totals


def totals_of(records: Iterable[dict]) -> dict[str, float]:
    """The totals that ledger records stand for, of the metrics that every record with a figure is part of."""
    totals = dict.fromkeys((REQUESTS, INPUT, OUTPUT, COST), 0)
    for record in records:
        if record["kind"] not in ("call", "usage"):
            continue
        totals[REQUESTS] += record["kind"] == "call" and "part_of" not in record
        usage = record.get("usage", {})
        totals[INPUT] += usage.get("input_tokens", 0)
        totals[OUTPUT] += usage.get("output_tokens", 0)
        totals[COST] += record.get("cost", {}).get("usd_nanos", 0) / 1e9
    return totals


# Running it.


def shippers(bench: Bench) -> list[int]:
    """The shippers this bench's relays started that are still there."""
    found = []
    for pid in marked(bench.mark):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                words = file.read().split(b"\0")
        except OSError:
            continue
        if len(words) > 1 and words[1] == b"deliver":
            found.append(pid)
    return found


def deliver(bench: Bench, environment: dict[str, str | None], *options: str, seconds: float = 60) -> subprocess.CompletedProcess:
    """Runs `mcp-meter deliver` to its end."""
    return subprocess.run(
        [binary(), "deliver", *options], env=bench.environment(environment), capture_output=True, timeout=seconds, stdin=subprocess.DEVNULL
    )


def assert_totals(ledger_records: list[dict], messages: list[Received]) -> None:
    wanted, found = totals_of(ledger_records), otlp_totals(messages)
    for name, value in wanted.items():
        assert abs(found[name] - value) < 1e-6, f"{name} adds up to {found[name]}, not {value}"


def status(bench: Bench, environment: dict[str, str | None]) -> object:
    done = deliver(bench, environment, "--status", "--json")
    assert done.returncode == 0, done
    return json.loads(done.stdout)


class Client:
    """An MCP client on a relay's pipes, which answers sampling requests by itself."""

    def __init__(self, session: Session):
        self.session = session
        self.answers: dict[object, dict] = {}
        self.asked: list[dict] = []
        self.next_id = 0
        self.sample: dict = {
            "role": "assistant",
            "content": {"type": "text", "text": "The inner one. " * 4},
            "model": "claude-sonnet-4-5-20250929",
            "stopReason": "endTurn",
        }

    def send(self, method: str, params: dict, **meta: object) -> int:
        self.next_id += 1
        message = {"jsonrpc": "2.0", "id": self.next_id, "method": method, "params": params | ({"_meta": meta} if meta else {})}
        self.session.write(json.dumps(message).encode() + b"\n")
        return self.next_id

    def wait(self, number: int) -> dict:
        while number not in self.answers:
            line = self.session.read_line()
            assert line.endswith(b"\n"), f"the relay ended before the answer to {number}"
            message = json.loads(line)
            if message.get("method") == "sampling/createMessage":
                self.asked.append(message)
                answer = {"jsonrpc": "2.0", "id": message["id"], "result": self.sample}
                self.session.write(json.dumps(answer).encode() + b"\n")
            elif "id" in message:
                self.answers[message["id"]] = message
        return self.answers.pop(number)

    def request(self, method: str, params: dict, **meta: object) -> dict:
        return self.wait(self.send(method, params, **meta))

    def initialize(self) -> None:
        info = {"name": "claude-code", "version": "2.1.0"}
        self.request("initialize", {"protocolVersion": "2025-06-18", "capabilities": {"sampling": {}}, "clientInfo": info})
        self.session.write(b'{"jsonrpc":"2.0","method":"notifications/initialized"}\n')

    def call(self, tool: str, arguments: dict, **meta: object) -> dict:
        return self.request("tools/call", {"name": tool, "arguments": arguments}, **meta)



class ReceiverProcess:
    """A receiver as a process of its own on a port that stays, to be killed and started again."""

    def __init__(self, journal: pathlib.Path, mix: int | None = None):
        self.journal = journal
        self.port = refused_port()
        self.mix = mix
        self.process: subprocess.Popen | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        command = [sys.executable, receiver.__file__, "--port", str(self.port), "--state", str(self.journal)]
        if self.mix is not None:
            # Another mix at each start, the same ones for the same seed.
            command += ["--mix", str(self.mix)]
            self.mix += 1
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL)
        assert self.process.stdout.readline(), "the receiver did not start"

    def kill(self) -> None:
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process.stdout.close()
            self.process = None

    def messages(self) -> list[Received]:
        return list(Journal.read(self.journal))


# What is to be there, from the ledger alone.


def model_span(span: str) -> str:
    """The id of the model span below a request's: FNV-1a, never 0."""
    number = 0xCBF29CE484222325
    for byte in f"{span}/model".encode():
        number = (number ^ byte) * 0x100000001B3 % (1 << 64)
    return f"{number or 1:016x}"


def spans_of(records: Iterable[dict]) -> dict[tuple[str, str], str | None]:
    """The spans that ledger records stand for, and the parent of each."""
    spans: dict[tuple[str, str], str | None] = {}
    for record in records:
        kind = record["kind"]
        if kind in ("call", "usage") or kind == "trace" and "conversation" in record:
            spans[record["trace_id"], record["span_id"]] = record.get("parent_span_id")
        if kind == "call" and "part_of" not in record and uses_model(record):
            spans[record["trace_id"], model_span(record["span_id"])] = record["span_id"]
    return spans


def uses_model(record: dict) -> bool:
    return bool(record.keys() & {"model", "provider", "usage"})


def metered(records: Iterable[dict]) -> dict[str, dict]:
    """The records that are somebody's spending, by id: not those that failed before anything was counted."""
    return {
        record["id"]: record
        for record in records
        if record["kind"] in ("call", "usage")
        and uses_model(record)
        and (record["outcome"] == "ok" or "usd_nanos" in record.get("cost", {}) or len(record.get("usage", {})) > 1)
    }


def analyses(records: Iterable[dict]) -> list[dict]:
    """The records that EvalOps' traces are made of: requests that used a model, client's turns and conversations."""
    return [record for record in records if record["kind"] != "call" or uses_model(record)]
