"""EvalOps' meter and traces services, as strict as public material allows them to be.

A body is read by protobuf's own JSON parser, from the fields, numbers and types of evalops/proto 5cbda4d
proto/{meter,traces}/v1 and dx-corp/api 7a08d47 proto/traces/v1 (`AnnotateTraceQuality`), so that a name, a type, an enum
or a time that is not theirs is refused; then it is held to the rules the later protos add (buf.validate), and to
examples/evalops/schema.json. What comes twice under the same id must be the same.

    with EvalOps(token="pk_1", script=[status(503)]) as evalops:
        ...  # evalops.url; then evalops.usage, evalops.spans, evalops.annotations
        assert evalops.faults == []
"""

import json
import math
from typing import Any

import jsonschema
from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory, struct_pb2, timestamp_pb2

from .receiver import ANSWER, Receiver
from .relay import ROOT

SCHEMA = json.loads((ROOT / "examples" / "evalops" / "schema.json").read_text())

METER = "/meter.v1.MeterService/"
TRACES = "/traces.v1.SpanIngestService/"
REQUESTS = {
    METER + "RecordUsage": "RecordUsageRequest",
    METER + "RecordUsageBatch": "RecordUsageBatchRequest",
    TRACES + "IngestSpans": "IngestSpansRequest",
    TRACES + "AnnotateTraceQuality": "AnnotateTraceQualityRequest",
}

# Number, name and type of each field; a star for repeated ones.
MESSAGES: dict[str, list[tuple[int, str, str]]] = {
    "RecordUsageRequest": [
        (1, "team_id", "string"), (2, "agent_id", "string"), (3, "surface", "string"), (4, "event_type", "string"),
        (5, "model", "string"), (6, "provider", "string"), (7, "input_tokens", "int64"), (8, "output_tokens", "int64"),
        (9, "cache_read_tokens", "int64"), (10, "cache_write_tokens", "int64"), (11, "total_cost_usd", "double"),
        (12, "request_id", "string"), (13, "metadata", "Struct"), (14, "data", "Struct"),
    ],
    "RecordUsageBatchRequest": [(1, "records", "RecordUsageRequest*")],
    "Span": [
        (1, "trace_id", "string"), (2, "span_id", "string"), (3, "parent_span_id", "string"), (4, "workspace_id", "string"),
        (5, "organization_id", "string"), (6, "agent_id", "string"), (7, "surface", "string"), (8, "name", "string"),
        (9, "kind", "string"), (10, "model", "string"), (11, "provider", "string"), (12, "token_input", "int64"),
        (13, "token_output", "int64"), (14, "latency_ms", "int64"), (15, "status", "SpanStatus"),
        (16, "governance_decision", "GovernanceDecision"), (17, "cost_usd", "double"), (18, "attributes", "Struct"),
        (19, "started_at", "Timestamp"), (20, "ended_at", "Timestamp"),
    ],
    "IngestSpansRequest": [(1, "spans", "Span*")],
    "Money": [(1, "currency_code", "string"), (2, "amount", "double")],
    "AssertionResult": [
        (1, "assertion_id", "string"), (2, "name", "string"), (3, "passed", "bool"), (4, "score", "double"),
        (5, "reason", "string"), (6, "metadata", "Struct"),
    ],
    "TraceQualityAnnotation": [
        (1, "trace_id", "string"), (2, "span_id", "string"), (3, "composite_score", "double"),
        (4, "assertions", "AssertionResult*"), (6, "cost", "Money"), (7, "quality_per_dollar", "double"),
        (8, "eval_suite_id", "string"), (9, "scored_at", "Timestamp"), (10, "scorer", "string"), (11, "metadata", "Struct"),
    ],
    "AnnotateTraceQualityRequest": [(1, "annotation", "TraceQualityAnnotation")],
}  # fmt: skip
ENUMS = {
    "SpanStatus": ["SPAN_STATUS_UNSPECIFIED", "SPAN_STATUS_OK", "SPAN_STATUS_ERROR", "SPAN_STATUS_CANCELLED"],
    "GovernanceDecision": [
        "GOVERNANCE_DECISION_UNSPECIFIED",
        "GOVERNANCE_DECISION_ALLOW",
        "GOVERNANCE_DECISION_DENY",
        "GOVERNANCE_DECISION_REQUIRE_APPROVAL",
        "GOVERNANCE_DECISION_AUTO_APPROVED",
    ],
}


def _classes() -> dict[str, Any]:
    """Message classes made from the tables."""
    Field = descriptor_pb2.FieldDescriptorProto
    scalars = {"string": Field.TYPE_STRING, "int64": Field.TYPE_INT64, "double": Field.TYPE_DOUBLE, "bool": Field.TYPE_BOOL}
    file = descriptor_pb2.FileDescriptorProto(name="evalops.proto", package="evalops", syntax="proto3")
    pool = descriptor_pool.DescriptorPool()
    for known in (struct_pb2, timestamp_pb2):
        pool.AddSerializedFile(known.DESCRIPTOR.serialized_pb)
        file.dependency.append(known.DESCRIPTOR.name)
    for name, values in ENUMS.items():
        enum = file.enum_type.add(name=name)
        for number, value in enumerate(values):
            enum.value.add(name=value, number=number)
    for name, fields in MESSAGES.items():
        message = file.message_type.add(name=name)
        for number, field, kind in fields:
            added = message.field.add(name=field, number=number)
            added.label = Field.LABEL_REPEATED if kind.endswith("*") else Field.LABEL_OPTIONAL
            kind = kind.rstrip("*")
            if kind in scalars:
                added.type = scalars[kind]
            else:
                added.type = Field.TYPE_ENUM if kind in ENUMS else Field.TYPE_MESSAGE
                added.type_name = f".google.protobuf.{kind}" if kind in ("Struct", "Timestamp") else f".evalops.{kind}"
    pool.Add(file)
    return {name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"evalops.{name}")) for name in MESSAGES}


CLASSES = _classes()


class Refused(Exception):
    """A request the services would not take, with the answer they give."""

    def __init__(self, status: int, code: str, reason: str, is_middleware: bool = False):
        super().__init__(reason)
        self.status = status
        error = {"code": code, "message": reason}
        self.body = {"error": error} if is_middleware else error


def parse(name: str, body: bytes) -> Any:
    """A body as the message of that name."""
    try:
        message = json_format.Parse(body, CLASSES[name]())
        jsonschema.Draft202012Validator({"$ref": f"#/$defs/{name}", "$defs": SCHEMA["$defs"]}).validate(json.loads(body))
    except (json_format.ParseError, ValueError, jsonschema.ValidationError) as error:
        raise Refused(400, "invalid_argument", str(error).split("\n")[0]) from None
    return message


def demand(holds: object, reason: str) -> None:
    if not holds:
        raise Refused(400, "invalid_argument", reason)


class EvalOps(Receiver):
    """Both services on one base URL, one request at a time.

    `missing`: procedures it does not have, by their last word. `token`: the one it takes; None for any and none.
    """

    def __init__(
        self,
        script: Any = (),
        *,
        token: str | None = None,
        organization: str | None = None,
        workspace: str = "default",
        missing: tuple[str, ...] = (),
        **options: Any,
    ):
        super().__init__(script, **options)
        self.token = token
        self.organization = organization
        self.workspace = workspace
        self.missing = set(missing)
        # By requestId, by (traceId, spanId), by traceId, as they came.
        self.usage: dict[str, dict] = {}
        self.spans: dict[tuple[str, str], dict] = {}
        self.annotations: dict[str, dict] = {}
        # How often something came that was there already.
        self.repeats = 0
        # What was wrong with what came, credentials apart.
        self.faults: list[str] = []
        self._bodies: dict[str, bytes] = {}

    def accept(self, path: str, headers: dict[str, str], body: bytes) -> ANSWER:
        try:
            answer = self._call(path, headers, body)
            status = 200
        except Refused as refused:
            status, answer = refused.status, refused.body
            if status == 400:
                self.faults.append(f"{path}: {refused}")
        return status, {"Content-Type": "application/json"}, json.dumps(answer).encode()

    def _call(self, path: str, headers: dict[str, str], body: bytes) -> dict:
        if path not in REQUESTS or path.split("/")[-1] in self.missing:
            raise Refused(404, "unimplemented", f"no {path}")
        self._authorize(headers)
        self._check_headers(headers, body)
        message = parse(REQUESTS[path], body)
        sent = json.loads(body)
        agents: set[str | None]
        match REQUESTS[path]:
            case "RecordUsageRequest":
                agents = {self._record(message, sent)}
                answer: dict = {"record": self._recorded(sent)}
            case "RecordUsageBatchRequest":
                agents = {self._record(*pair) for pair in zip(message.records, sent["records"], strict=True)}
                answer = {"records": [self._recorded(record) for record in sent["records"]]}
            case "IngestSpansRequest":
                agents = {self._ingest(*pair) for pair in zip(message.spans, sent["spans"], strict=True)}
                answer = {"ingestedCount": len(message.spans), "traces": []}
            case _:
                agents = {self._annotate(message.annotation, sent["annotation"])}
                answer = sent
        named = headers.get("x-evalops-agent-id")
        demand(named is None or agents == {named}, f"X-EvalOps-Agent-ID is {named}, the body is of {agents}")
        return answer

    # Headers.

    def _authorize(self, headers: dict[str, str]) -> None:
        if self.token is None:
            return
        if "authorization" not in headers:
            raise Refused(401, "missing_authorization", "no Authorization", is_middleware=True)
        if headers["authorization"] != f"Bearer {self.token}":
            raise Refused(403, "authorization_failed", "not this token", is_middleware=True)

    def _check_headers(self, headers: dict[str, str], body: bytes) -> None:
        wanted = {
            "content-type": "application/json",
            "accept": "application/json",
            "connect-protocol-version": "1",
            "x-workspace-id": self.workspace,
            "x-evalops-workspace-id": self.workspace,
            "x-organization-id": self.organization,
            "x-evalops-organization-id": self.organization,
        }
        for name, value in wanted.items():
            demand(headers.get(name) == value, f"{name} is {headers.get(name)!r} in place of {value!r}")
        key = headers.get("idempotency-key")
        demand(key, "no Idempotency-Key")
        demand(self._bodies.setdefault(key, body) == body, f"Idempotency-Key {key} with another body")

    # Messages.

    def _keep(self, kept: dict, key: object, item: dict) -> None:
        demand(kept.get(key, item) == item, f"{key} came as {kept.get(key)} and as {item}")
        self.repeats += key in kept
        kept[key] = item

    def _record(self, record: Any, sent: dict) -> str | None:
        demand(record.request_id, "no requestId: nothing to tell a repetition by")
        for field in ("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens", "total_cost_usd"):
            value = getattr(record, field)
            demand(math.isfinite(value) and value >= 0, f"{field} is {value}")
        demand(sent["metadata"]["workspace_id"] == self.workspace, "another workspace")
        self._keep(self.usage, record.request_id, sent)
        return sent.get("agentId")

    @staticmethod
    def _recorded(sent: dict) -> dict:
        """A UsageRecord, whose int64s are strings."""
        numbers = {key: str(value) for key, value in sent.items() if key.endswith("Tokens")}
        return sent | numbers | {"id": f"usage_{sent['requestId']}"}

    def _ingest(self, span: Any, sent: dict) -> str | None:
        for field in ("trace_id", "span_id", "workspace_id", "name"):
            demand(getattr(span, field), f"no {field}")
        demand(span.workspace_id == self.workspace, "another workspace")
        demand(span.organization_id == (self.organization or ""), "another organization")
        demand(span.status, "no status")
        demand(span.started_at.ToNanoseconds() <= span.ended_at.ToNanoseconds(), "it ended before it started")
        demand(math.isfinite(span.cost_usd) and span.cost_usd >= 0, f"cost_usd is {span.cost_usd}")
        demand(span.span_id != span.parent_span_id, "its own parent")
        if span.kind != "llm":
            demand(not sent.keys() & {"tokenInput", "tokenOutput", "costUsd"}, "what stands on model spans is counted twice")
        self._keep(self.spans, (span.trace_id, span.span_id), sent)
        return sent.get("agentId")

    def _annotate(self, annotation: Any, sent: dict) -> str | None:
        demand(annotation.trace_id, "no trace_id")
        if annotation.trace_id not in {trace for trace, _ in self.spans}:
            self.faults.append(f"{annotation.trace_id} is annotated before it is there")
            raise Refused(404, "not_found", "no such trace")
        demand(0 <= annotation.composite_score <= 1, f"composite_score is {annotation.composite_score}")
        if "qualityPerDollar" in sent and annotation.cost.amount:
            wanted = annotation.composite_score / annotation.cost.amount
            demand(abs(annotation.quality_per_dollar - wanted) <= 0.005 + wanted * 1e-9, "quality per dollar is not quality ÷ cost")
        self._keep(self.annotations, annotation.trace_id, sent)
        return sent["metadata"].get("agent_id")
