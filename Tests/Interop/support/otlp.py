"""A collector that takes nothing that breaks a rule of OTLP/HTTP, and what it was sent, decoded by OpenTelemetry's own
generated classes from either encoding.

    with Collector(script=[status(503)]) as collector:
        ...  # collector.url; then collector.spans(), collector.points()
        assert collector.faults == []
"""

import base64
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from google.protobuf import json_format
from google.protobuf.message import Message
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest, ExportMetricsServiceResponse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest, ExportTraceServiceResponse
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue

from .receiver import ANSWER, Receiver, Script

JSON = "application/json"
PROTOBUF = "application/x-protobuf"
CLIENT, INTERNAL = 3, 1
ERROR = 2
DELTA, CUMULATIVE = 1, 2
IDS = {"traceId": 32, "spanId": 16, "parentSpanId": 16}
ENUMS = {"kind", "code", "aggregationTemporality"}
LONGS = {"startTimeUnixNano", "endTimeUnixNano", "timeUnixNano", "intValue", "asInt", "count"}
REQUESTS = {"/v1/traces": ExportTraceServiceRequest, "/v1/metrics": ExportMetricsServiceRequest}


# The JSON encoding. Protobuf's own reader is no judge of it: it takes snake_case, names of enumerations and numbers for
# 64-bit integers, and would read hexadecimal ids as base64.


def strict(value: object, path: str = "$") -> list[str]:
    """What breaks a rule of OTLP's JSON that protobuf's reader lets pass."""
    if isinstance(value, list):
        return [fault for item in value for fault in strict(item, path + "[]")] or ([] if value else [f"{path} is empty"])
    if not isinstance(value, dict):
        return [] if value is not None else [f"{path} is null"]
    found = []
    for key, item in value.items():
        place = f"{path}.{key}"
        if not re.fullmatch(r"[a-z][a-zA-Z]*", key):
            found.append(f"{place}: not lowerCamelCase")
        if key in IDS and not (re.fullmatch(rf"[0-9a-fA-F]{{{IDS[key]}}}", str(item)) and str(item).strip("0")):
            found.append(f"{place}: {item!r}")
        if key in ENUMS and type(item) is not int:
            found.append(f"{place}: {item!r} is no number")
        numbers = [item] if key in LONGS else item if key == "bucketCounts" else []
        if not all(isinstance(number, str) and re.fullmatch(r"-?[0-9]+", number) for number in numbers):
            found.append(f"{place}: {item!r} is no integer in a string")
        found += strict(item, place)
    return found


def _base64_ids(value: object) -> object:
    """Ids as protobuf's reader wants them."""
    if isinstance(value, list):
        return [_base64_ids(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        key: base64.b64encode(bytes.fromhex(item)).decode() if key in IDS else _base64_ids(item) for key, item in value.items()
    }


def decode(path: str, kind: str, body: bytes) -> tuple[Message, list[str]]:
    """The message, and what is wrong with the way it is written."""
    message = REQUESTS[path]()
    if kind == PROTOBUF:
        message.ParseFromString(body)
        return message, ["bytes that are no field"] if message.SerializeToString() != body and _unknown(message) else []
    parsed = json.loads(body)
    json_format.ParseDict(_base64_ids(parsed), message)
    return message, strict(parsed)


def _unknown(message: Message) -> bool:
    known = type(message)()
    known.CopyFrom(message)
    known.DiscardUnknownFields()
    return known.ByteSize() != message.ByteSize()


# What a message says.


def plain(value: AnyValue) -> object:
    kind = value.WhichOneof("value")
    assert kind in ("string_value", "bool_value", "int_value", "double_value"), kind
    return getattr(value, kind)


def attributes(items: Iterable[KeyValue]) -> dict[str, object]:
    pairs = [(item.key, plain(item.value)) for item in items]
    assert len(dict(pairs)) == len(pairs), f"a key twice: {pairs}"
    return dict(pairs)


@dataclass(frozen=True)
class Span:
    trace: str
    id: str
    parent: str
    name: str
    kind: int
    start: int
    end: int
    status: int
    attributes: dict
    resource: dict
    schema: str


@dataclass(frozen=True)
class Point:
    metric: str
    unit: str
    temporality: int
    attributes: dict
    start: int
    time: int
    # Of a histogram its sum.
    value: float
    count: int
    buckets: tuple
    resource: dict

    @property
    def series(self) -> tuple:
        return (self.metric, *sorted(self.attributes.items()), *sorted(self.resource.items()))


def spans(message: ExportTraceServiceRequest) -> Iterator[Span]:
    for resource in message.resource_spans:
        for scope in resource.scope_spans:
            assert scope.scope.name == "mcp-meter" and scope.scope.version
            for span in scope.spans:
                yield Span(
                    span.trace_id.hex(), span.span_id.hex(), span.parent_span_id.hex(), span.name, span.kind,
                    span.start_time_unix_nano, span.end_time_unix_nano, span.status.code, attributes(span.attributes),
                    attributes(resource.resource.attributes), scope.schema_url,
                )  # fmt: skip


def points(message: ExportMetricsServiceRequest) -> Iterator[Point]:
    for resource in message.resource_metrics:
        who = attributes(resource.resource.attributes)
        for scope in resource.scope_metrics:
            for metric in scope.metrics:
                kind = metric.WhichOneof("data")
                data = getattr(metric, kind)
                for point in data.data_points:
                    if kind == "sum":
                        assert data.is_monotonic, metric.name
                        value, count, buckets = getattr(point, point.WhichOneof("value")), 0, ()
                    else:
                        value, count, buckets = point.sum, point.count, tuple(point.bucket_counts)
                    yield Point(
                        metric.name, metric.unit, data.aggregation_temporality, attributes(point.attributes),
                        point.start_time_unix_nano, point.time_unix_nano, value, count, buckets, who,
                    )  # fmt: skip


def _faults(message: Message) -> list[str]:
    """Rules of the data itself."""
    found = []
    if isinstance(message, ExportTraceServiceRequest):
        all_spans = list(spans(message))
        found += [] if all_spans else ["an empty envelope"]
        for span in all_spans:
            if len(span.trace) != 32 or len(span.id) != 16 or len(span.parent) not in (0, 16):
                found.append(f"ids: {span}")
            if span.end < span.start or not span.name or not span.kind or span.parent == span.id:
                found.append(f"{span}")
            if (span.status == ERROR) != ("error.type" in span.attributes):
                found.append(f"status and error.type: {span}")
        return found
    assert isinstance(message, ExportMetricsServiceRequest)
    names = [metric.name for item in message.resource_metrics for scope in item.scope_metrics for metric in scope.metrics]
    if not names or len(set(names)) < len(names):
        found.append(f"metrics: {names}")
    for item in message.resource_metrics:
        for scope in item.scope_metrics:
            for metric in scope.metrics:
                for point in metric.histogram.data_points:
                    bounds = list(point.explicit_bounds)
                    if len(point.bucket_counts) != len(bounds) + 1 or sum(point.bucket_counts) != point.count:
                        found.append(f"{metric.name}: buckets")
                    if bounds != sorted(set(bounds)):
                        found.append(f"{metric.name}: bounds")
    for point in points(message):
        if point.time <= point.start:
            found.append(f"{point.metric}: ends before it starts")
    return found


class Collector(Receiver):
    """`/v1/traces` and `/v1/metrics`, in both encodings."""

    def __init__(self, script: Script = (), *, prefix: str = "", **options: object):
        super().__init__(script, **options)  # type: ignore[arg-type]
        self.prefix = prefix
        self.faults: list[str] = []
        self.messages: list[Message] = []
        # What the next answers say was rejected: a number and why.
        self.partial: list[tuple[int, str]] = []

    def accept(self, path: str, headers: dict[str, str], body: bytes) -> ANSWER:
        path = path.removeprefix(self.prefix)
        kind = headers.get("content-type", "")
        if path not in REQUESTS or kind not in (JSON, PROTOBUF):
            return self.refuse(f"{path} of {kind}")
        try:
            message, faults = decode(path, kind, body)
            faults += _faults(message)
        except (ValueError, AssertionError, json_format.ParseError) as error:
            return self.refuse(repr(error))
        if faults:
            return self.refuse(*faults)
        self.messages.append(message)
        return 200, {"Content-Type": kind}, self.answer(path, kind)

    def refuse(self, *faults: str) -> ANSWER:
        self.faults += faults
        return 400, {}, b""

    def answer(self, path: str, kind: str) -> bytes:
        answer = ExportTraceServiceResponse() if path == "/v1/traces" else ExportMetricsServiceResponse()
        if self.partial:
            rejected, why = self.partial.pop(0)
            answer.partial_success.error_message = why
            if path == "/v1/traces":
                answer.partial_success.rejected_spans = rejected
            else:
                answer.partial_success.rejected_data_points = rejected
        return answer.SerializeToString() if kind == PROTOBUF else json_format.MessageToJson(answer).encode()

    # What was taken.

    def spans(self) -> list[Span]:
        """In order; one that came twice came the same, and is there once."""
        found: dict[tuple[str, str], Span] = {}
        for message in self.messages:
            if isinstance(message, ExportTraceServiceRequest):
                for span in spans(message):
                    assert found.setdefault((span.trace, span.id), span) == span
        return list(found.values())

    def points(self) -> list[Point]:
        return [
            point for message in self.messages if isinstance(message, ExportMetricsServiceRequest) for point in points(message)
        ]

    def totals(self) -> dict[tuple, Point]:
        """The last point of each cumulative series, which only ever grew."""
        last: dict[tuple, Point] = {}
        for point in self.points():
            assert point.temporality == CUMULATIVE
            before = last.get(point.series)
            if before and before.start == point.start:
                assert point.time >= before.time and point.value >= before.value and point.count >= before.count
                assert (point.time, point.value) == (before.time, before.value) or point.time >= before.time + 1_000_000
            last[point.series] = point
        return last

    def total(self, metric: str, **wanted: object) -> float:
        """Over all series of a metric that have these attributes (`_` for `.`); of a histogram its count."""
        wanted = {name.replace("_", "."): value for name, value in wanted.items()}
        return sum(
            point.count if point.buckets else point.value
            for point in self.totals().values()
            if point.metric == metric and wanted.items() <= point.attributes.items()
        )
