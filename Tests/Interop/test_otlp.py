"""What an OpenTelemetry collector is sent: both signals, both encodings, both generations of the GenAI conventions."""

import copy
import json
import pathlib
import random
import subprocess

import pytest
import yaml
from opentelemetry.semconv._incubating.attributes import error_attributes, gen_ai_attributes, mcp_attributes, network_attributes, rpc_attributes
from opentelemetry.semconv._incubating.metrics import gen_ai_metrics, mcp_metrics
from support import otlp, relay
from support.otlp import CLIENT, CUMULATIVE, DELTA, ERROR, INTERNAL, JSON, PROTOBUF, Collector, strict
from support.receiver import certificate, garbage, half, http_date, no_content, reset, slow, status
from support.relay import Bench, binary

SAMPLE = [json.loads(line) for line in (relay.ROOT / "examples" / "ledger" / "sample.jsonl").read_text().splitlines()]
COLLECTOR = relay.ROOT / "examples" / "otel-collector" / "config.yaml"
INPUT = "gen_ai.client.inference.usage.input_tokens"
OUTPUT = "gen_ai.client.inference.usage.output_tokens"
REQUESTS = "mcp.client.operation.duration"
COST = "mcp_meter.cost"


@pytest.fixture
def bench(tmp_path: pathlib.Path) -> Bench:
    return Bench("on", tmp_path)


def append(bench: Bench, records: list[dict], name: str = "100000123456-4711-9f86d081") -> None:
    """Records in the ledger, as a relay would have appended them."""
    day = bench.state / "ledger" / "2026-05-01"
    day.mkdir(parents=True, mode=0o700, exist_ok=True)
    with open(day / f"{name}.jsonl", "ab") as file:
        for record in records:
            file.write(json.dumps(record, ensure_ascii=False).encode() + b"\n")


def deliver(bench: Bench, receiver: Collector | str, *options: str, **more: str) -> subprocess.CompletedProcess:
    url = receiver if isinstance(receiver, str) else receiver.url + receiver.prefix
    values = {"OTEL_EXPORTER_OTLP_ENDPOINT": url} | more
    return subprocess.run(
        [binary(), "deliver", "--once", *options],
        env=bench.environment(values), stdin=subprocess.DEVNULL, capture_output=True, timeout=60,
    )  # fmt: skip


def tree(records: list[dict]) -> list[dict]:
    """The records that are part of a trace."""
    return [record for record in records if record["kind"] in ("call", "usage") or record["kind"] == "trace" and "conversation" in record]


def random_records(seed: int, count: int) -> list[dict]:
    """Calls, client's turns, traces and sessions such as relays write, and some that are odd."""
    chance = random.Random(seed)
    texts = ["ask", "naïve ☃ 😀", 'a"b\\c\n\x01', "", "é" * 300]
    records = []
    for number in range(count):
        record = copy.deepcopy(chance.choice(SAMPLE))
        record["id"] = f"019aa5c0-9c40-7000-8000-{seed:04x}{number:08x}"
        record["time"] = f"2026-11-21T{chance.randrange(24):02}:{chance.randrange(60):02}:{number % 60:02}.{chance.randrange(10**6):06}Z"
        for key, digits in (("trace_id", 128), ("span_id", 64)):
            if key in record:
                record[key] = f"{chance.randrange(1, 1 << digits):0{digits // 4}x}"
        if record["kind"] in ("call", "usage"):
            record["tool"] = chance.choice(texts)
            record["request_id"] = chance.choice([0, -1, 1.5, "0", "", "é"])
            record["outcome"] = chance.choice(["ok", "ok", "error", "cancelled", "lost"])
            record["duration_ms"] = chance.choice([0, 0.001, 9.999, 10, 1e6, chance.random() * 1000])
            if "usage" in record:
                record["usage"]["input_tokens"] = chance.choice([0, 1, 1 << 53, chance.randrange(100_000)])
        if record["kind"] == "trace" and chance.random() < 0.5:
            record["conversation"] = chance.choice(texts)
        records.append(record)
    return records


# The checker itself: one that takes anything would prove nothing.


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"traceId": "S/kvNXezTaajzpKdDg5HNg=="}, "traceId"),
        ({"traceId": "0" * 32}, "traceId"),
        ({"spanId": "a3ce929d0e0e47"}, "spanId"),
        ({"kind": "SPAN_KIND_CLIENT"}, "kind"),
        ({"startTimeUnixNano": 1763719210123456000}, "startTimeUnixNano"),
        ({"end_time_unix_nano": "1"}, "lowerCamelCase"),
        ({"attributes": []}, "empty"),
        ({"attributes": [{"key": "a", "value": {"intValue": 1}}]}, "intValue"),
        ({"status": None}, "null"),
    ],
    ids=str,
)
def test_the_checker_finds_what_protobuf_lets_pass(change: dict, fault: str):
    span = {
        "traceId": "4bf92f3577b34da6a3ce929d0e0e4736", "spanId": "a3ce929d0e0e4731", "name": "x", "kind": 3,
        "startTimeUnixNano": "1", "endTimeUnixNano": "2",
    }  # fmt: skip
    assert strict(span) == []
    (found,) = strict(span | change)
    assert fault in found


# What is sent.


def test_a_ledger_arrives_as_it_is(bench: Bench):
    append(bench, SAMPLE)
    with Collector() as collector:
        done = deliver(bench, collector)
        assert done.returncode == 0 and done.stderr == b"", done
        assert collector.faults == []
        spans = {span.attributes["mcp_meter.record.id"]: [] for span in collector.spans()}
        for span in collector.spans():
            spans[span.attributes["mcp_meter.record.id"]].append(span)
        assert spans.keys() == {record["id"] for record in tree(SAMPLE)}
        for record in tree(SAMPLE):
            first, *rest = spans[record["id"]]
            assert (first.trace, first.id, first.parent) == (record["trace_id"], record["span_id"], record.get("parent_span_id", ""))
            assert all(span.parent == first.id and span.trace == first.trace for span in rest)
            assert first.end - first.start == round(record["duration_ms"] * 1e3) * 1000
            assert first.kind == CLIENT
            assert (first.status == ERROR) == (record["outcome"] != "ok")
            model = ([first] if record["kind"] == "usage" else rest)[-1:]
            assert bool(model) == ("model" in record)
            if not model:
                continue
            found = model[0].attributes
            key = "gen_ai.response.model" if record["model_source"] == "response" else "gen_ai.request.model"
            assert found[key] == record["model"] and model[0].name == f"chat {record['model']}"
            usage, cost = record.get("usage", {}), record.get("cost", {})
            names = {
                "input_tokens": "input_tokens", "output_tokens": "output_tokens", "cached_input_tokens": "cache_read.input_tokens",
                "cache_write_tokens": "cache_write.input_tokens", "reasoning_tokens": "reasoning.output_tokens",
            }  # fmt: skip
            for name, ours in names.items():
                assert found.get(f"gen_ai.usage.{ours}") == usage.get(name)
            assert found.get("mcp_meter.usage.source") == usage.get("source")
            assert found.get("mcp_meter.cost.usd_nanos") == cost.get("usd_nanos")
            assert found.get("gen_ai.usage.cost") == (cost["usd_nanos"] / 1e9 if "usd_nanos" in cost else None)
        # Nothing of that stands on the request as well.
        requests = [span for span in collector.spans() if "mcp.method.name" in span.attributes]
        assert not [key for span in requests for key in span.attributes if "usage" in key or "cost" in key]

        calls = [record for record in SAMPLE if record["kind"] == "call"]
        used = [record for record in SAMPLE if record["kind"] in ("call", "usage") and "usage" in record]
        assert collector.total(REQUESTS) == len(calls)
        assert collector.total(REQUESTS, error_type="lost") == 1
        assert collector.total(INPUT) == sum(record["usage"]["input_tokens"] for record in used)
        assert collector.total(OUTPUT) == sum(record["usage"]["output_tokens"] for record in used)
        assert collector.total(COST) == pytest.approx(sum(record["cost"].get("usd_nanos", 0) for record in used) / 1e9, abs=1e-12)
        assert collector.total("mcp_meter.unpriced.tokens") == 120
        assert collector.total("mcp_meter.escalations") == 1
        assert collector.total("mcp.client.session.duration") == 1
        estimated = {point.attributes["mcp_meter.usage.source"]: 0.0 for point in collector.points() if point.metric == INPUT}
        assert estimated.keys() == {"reported", "session_log", "estimated"}

        # All of it is there, so nothing goes again.
        count = len(collector.requests)
        assert deliver(bench, collector).returncode == 0
        assert len(collector.requests) == count


@pytest.mark.parametrize("seed", range(4))
def test_both_encodings_are_the_same_messages(bench: Bench, seed: int):
    append(bench, random_records(seed, 300))
    generation = ["", "gen_ai_1_41", "gen_ai_1_41/dup", "gen_ai_latest_experimental"][seed]
    with Collector() as binary, Collector() as text:
        for collector, encoding in ((binary, "http/protobuf"), (text, "http/json")):
            more = {"OTEL_EXPORTER_OTLP_PROTOCOL": encoding, "OTEL_SEMCONV_STABILITY_OPT_IN": generation}
            done = deliver(bench, collector, OTEL_EXPORTER_OTLP_COMPRESSION="gzip", **more)
            assert done.returncode == 0 and collector.faults == [], (done, collector.faults[:3])
        kinds = [{request.headers["content-type"] for request in collector.requests} for collector in (binary, text)]
        assert kinds == [{PROTOBUF}, {JSON}]
        for kind in (otlp.ExportTraceServiceRequest, otlp.ExportMetricsServiceRequest):
            a, b = ([message for message in collector.messages if isinstance(message, kind)] for collector in (binary, text))
            assert a and a == b


def test_a_conversation_is_the_root_of_its_turns(bench: Bench):
    trace = next(record for record in SAMPLE if record["kind"] == "trace")
    call = next(record for record in SAMPLE if record["kind"] == "call" and "model" in record)
    trace = trace | {"conversation": "b7b0", "span_id": "00f067aa0ba902b8", "turns": 2}
    calls = [call | {"id": f"c{n}", "span_id": f"a3ce929d0e0e480{n}", "parent_span_id": trace["span_id"]} for n in (1, 2)]
    append(bench, [*calls, trace])
    with Collector() as collector:
        assert deliver(bench, collector).returncode == 0
        spans = {span.id: span for span in collector.spans()}
        assert len(spans) == 5
        root = spans[trace["span_id"]]
        assert root.kind == INTERNAL and root.parent == trace["parent_span_id"]
        assert root.attributes["mcp_meter.quality_per_dollar"] == 32.09
        assert sorted(span.id for span in spans.values() if span.parent == root.id) == sorted(call["span_id"] for call in calls)


# Names. OpenTelemetry's own package has those of the older generation; of the newer one there is none yet.


def published(*modules: object) -> set[str]:
    return {value for module in modules for name, value in vars(module).items() if name.isupper() and isinstance(value, str)}


def test_names_of_the_older_generation_are_the_published_ones(bench: Bench):
    append(bench, random_records(9, 400))
    with Collector() as collector:
        assert deliver(bench, collector, OTEL_SEMCONV_STABILITY_OPT_IN="gen_ai_1_41").returncode == 0
        names = {name for span in collector.spans() for name in span.attributes}
        names |= {name for point in collector.points() for name in point.attributes}
        known = published(gen_ai_attributes, mcp_attributes, error_attributes, network_attributes, rpc_attributes)
        ours = {name for name in names if name.startswith(("mcp_meter.", "llm.", "openinference."))}
        # Later than the package, and nobody's but everybody's.
        assert names - ours - known == {"jsonrpc.request.id", "gen_ai.usage.cost"} & names
        metrics = {point.metric for point in collector.points() if not point.metric.startswith("mcp_meter.")}
        assert metrics <= published(gen_ai_metrics, mcp_metrics)
        assert {"gen_ai.client.token.usage", "gen_ai.client.operation.duration", REQUESTS} <= metrics
        assert {span.schema for span in collector.spans()} == {"https://opentelemetry.io/schemas/1.41.0"}


def test_providers_have_the_published_names(bench: Bench):
    values = {item.value for item in gen_ai_attributes.GenAiProviderNameValues}
    providers = ["google", "xai", "mistral", "bedrock", "azure", "anthropic", "openai", "deepseek", "cohere", "groq", "perplexity"]
    call = next(record for record in SAMPLE if record["kind"] == "call" and "model" in record)
    append(bench, [call | {"id": name, "provider": name, "span_id": f"{n + 1:016x}"} for n, name in enumerate(providers)])
    with Collector() as collector:
        assert deliver(bench, collector).returncode == 0
        names = {span.attributes["gen_ai.provider.name"] for span in collector.spans() if "gen_ai.provider.name" in span.attributes}
        assert len(names) == len(providers) and names <= values


# How it is sent.


def test_each_signal_goes_where_and_how_it_is_told(bench: Bench):
    append(bench, SAMPLE)
    with Collector(prefix="/otlp") as metrics, Collector() as traces:
        done = deliver(
            bench, metrics,
            OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=traces.url + "/v1/traces",
            OTEL_EXPORTER_OTLP_TRACES_PROTOCOL="http/json",
            OTEL_EXPORTER_OTLP_HEADERS="x-key=a%20b,x-other=1",
            OTEL_EXPORTER_OTLP_TRACES_HEADERS="x-key=c",
            OTEL_EXPORTER_OTLP_COMPRESSION="gzip",
            OTEL_EXPORTER_OTLP_METRICS_COMPRESSION="none",
            OTEL_SERVICE_NAME="my-agent",
            OTEL_RESOURCE_ATTRIBUTES="deployment.environment.name=a%2Cb,service.name=other",
        )  # fmt: skip
        assert done.returncode == 0, done
        assert metrics.faults == traces.faults == []
        (sent,) = metrics.requests
        assert sent.path == "/otlp/v1/metrics" and sent.headers["content-type"] == PROTOBUF
        assert (sent.headers["x-key"], sent.headers["x-other"]) == ("a b", "1") and "content-encoding" not in sent.headers
        (sent,) = traces.requests
        assert sent.path == "/v1/traces" and sent.headers["content-type"] == JSON
        assert sent.headers["x-key"] == "c" and "x-other" not in sent.headers and sent.headers["content-encoding"] == "gzip"
        assert sent.headers["user-agent"].startswith("mcp-meter/")
        wanted = {"service.name": "my-agent", "deployment.environment.name": "a,b"}
        assert traces.spans()[0].resource == wanted
        # The id of the stream's first record, so that two machines' totals are never taken for one.
        first = next(record["id"] for record in SAMPLE if record["kind"] == "call")
        assert metrics.points()[0].resource == wanted | {"service.instance.id": first}


def test_a_certificate_of_ones_own_is_believed_when_it_is_named(bench: Bench, tmp_path: pathlib.Path):
    append(bench, SAMPLE)
    own = certificate(tmp_path)
    with Collector(tls=own) as collector:
        assert deliver(bench, collector, "--patience", "0").returncode != 0
        assert collector.messages == []
        assert deliver(bench, collector, OTEL_EXPORTER_OTLP_CERTIFICATE=str(own.authority)).returncode == 0
        assert len(collector.messages) == 2 and collector.faults == []


@pytest.mark.parametrize(
    ("more", "sinks", "words"),
    [
        ({"OTEL_SDK_DISABLED": "TRUE"}, 0, []),
        ({"OTEL_TRACES_EXPORTER": "none"}, 1, []),
        ({"OTEL_METRICS_EXPORTER": "console"}, 1, ["OTEL_METRICS_EXPORTER=console: expected otlp or none"]),
        ({"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, 0, ["OTEL_EXPORTER_OTLP_PROTOCOL=grpc: expected http/protobuf"]),
        ({"OTEL_EXPORTER_OTLP_PROTOCOL": ""}, 2, []),
        ({"OTEL_EXPORTER_OTLP_TIMEOUT": "soon"}, 2, ["OTEL_EXPORTER_OTLP_TIMEOUT=soon: expected a whole number"]),
        ({"OTEL_RESOURCE_ATTRIBUTES": "a"}, 2, ["OTEL_RESOURCE_ATTRIBUTES=a: expected name=value"]),
    ],
    ids=str,
)
def test_a_signal_is_off_or_a_bad_value_is_named(bench: Bench, more: dict, sinks: int, words: list[str]):
    append(bench, SAMPLE)
    with Collector() as collector:
        done = deliver(bench, collector, **more)
        said = done.stderr.decode()
        assert all(word in said for word in words), said
        assert len({request.path for request in collector.requests}) == sinks
        assert collector.faults == []
        # Without any sink that is a mistake to be told of.
        assert (done.returncode == 0) == (sinks > 0)


# Trouble.


@pytest.mark.parametrize(
    "behaviour",
    [
        slow(0.3), status(429, retry_after=1), status(429, retry_after=http_date(1)), status(502), status(503), status(504),
        half(), half(accepted=False), reset(), reset(accepted=True), garbage(), no_content(),
    ],
    ids=lambda behaviour: f"{behaviour.kind}-{behaviour.code}-{behaviour.accepted}",
)  # fmt: skip
def test_trouble_loses_nothing_and_counts_nothing_twice(bench: Bench, behaviour):
    append(bench, SAMPLE)
    with Collector([behaviour, behaviour]) as collector:
        done = deliver(bench, collector)
        assert done.returncode == 0, done
        assert collector.faults == []
        assert {span.attributes["mcp_meter.record.id"] for span in collector.spans()} == {record["id"] for record in tree(SAMPLE)}
        assert collector.total(REQUESTS) == 8 and collector.total("mcp_meter.escalations") == 1


@pytest.mark.parametrize("temporality", ["cumulative", "delta"])
def test_totals_go_on_from_one_process_to_the_next(bench: Bench, temporality: str):
    records = [record for record in random_records(5, 600) if record["kind"] in ("call", "usage")]
    calls = sum(record["kind"] == "call" for record in records)
    tokens = sum(record.get("usage", {}).get("output_tokens", 0) for record in records)
    with Collector() as collector:
        for start in range(0, len(records), 100):
            append(bench, records[start : start + 100])
            more = {"OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE": temporality, "OTEL_TRACES_EXPORTER": "none"}
            assert deliver(bench, collector, **more).returncode == 0
        assert collector.faults == []
        points = collector.points()
        if temporality == "cumulative":
            assert collector.total(REQUESTS) == calls and collector.total(OUTPUT) == tokens
            assert len({point.start for point in points}) == 1
        else:
            assert {point.temporality for point in points} == {DELTA}
            assert sum(point.count for point in points if point.metric == REQUESTS) == calls
            assert sum(point.value for point in points if point.metric == OUTPUT) == tokens
            spans = sorted({(point.start, point.time) for point in points})
            assert all(before[1] == after[0] for before, after in zip(spans, spans[1:], strict=False)), "no gap, no overlap"
        assert len({point.resource["service.instance.id"] for point in points}) == 1
        assert {point.temporality for point in points} == {CUMULATIVE if temporality == "cumulative" else DELTA}


@pytest.mark.parametrize("code", [400, 413, 422, 500])
def test_a_record_the_collector_refuses_holds_up_no_other(bench: Bench, code: int):
    class Picky(Collector):
        def accept(self, path, headers, body):
            return (code, {}, b"no gemini-9 here") if b"gemini-9" in body else super().accept(path, headers, body)

    append(bench, SAMPLE)
    with Picky() as collector:
        deliver(bench, collector)
        assert collector.faults == []
        refused = next(record["id"] for record in SAMPLE if record.get("model") == "gemini-9")
        assert {span.attributes["mcp_meter.record.id"] for span in collector.spans()} == {record["id"] for record in tree(SAMPLE)} - {refused}
        # What was refused is in no total.
        assert collector.total(REQUESTS) == 7 and collector.total("mcp_meter.unpriced.tokens") == 0
    letters = [line for file in (bench.state / "delivery").glob("otlp-*.dead.jsonl") for line in file.read_text().splitlines()]
    assert len(letters) == 2 and all(json.loads(line)["records"][0]["id"] == refused for line in letters)


@pytest.mark.parametrize("code", [401, 403, 404])
def test_a_wrong_key_keeps_everything_for_the_right_one(bench: Bench, code: int):
    append(bench, SAMPLE)
    with Collector([status(code)] * 2) as collector:
        done = deliver(bench, collector, OTEL_EXPORTER_OTLP_HEADERS="api-key=stolen-secret")
        assert done.returncode != 0 and collector.messages == [] and b"stolen-secret" not in done.stderr
        assert list((bench.state / "delivery").glob("*.dead.jsonl")) == []
        assert deliver(bench, collector, OTEL_EXPORTER_OTLP_HEADERS="api-key=right").returncode == 0
        assert len(collector.messages) == 2


@pytest.mark.parametrize("encoding", ["http/protobuf", "http/json"])
def test_a_partial_success_is_told_and_not_repeated(bench: Bench, encoding: str):
    append(bench, SAMPLE)
    with Collector() as collector:
        collector.partial = [(3, "too old")]
        done = deliver(bench, collector, OTEL_METRICS_EXPORTER="none", OTEL_EXPORTER_OTLP_PROTOCOL=encoding)
        assert done.returncode == 0 and len(collector.requests) == 1
    (letters,) = (bench.state / "delivery").glob("otlp-traces-*.dead.jsonl")
    (letter,) = (json.loads(line) for line in letters.read_text().splitlines())
    assert letter["refused"] == 3 and letter["answer"] == "too old" and letter["records"] == []


def test_a_warning_is_no_refusal(bench: Bench):
    append(bench, SAMPLE)
    with Collector() as collector:
        collector.partial = [(0, "use gzip")]
        assert deliver(bench, collector, OTEL_METRICS_EXPORTER="none").returncode == 0
        assert len(collector.requests) == 1
    assert list((bench.state / "delivery").glob("*.dead.jsonl")) == []


# The example.


def test_the_example_collector_takes_what_is_sent_by_default():
    """No collector is at hand: that its configuration is one, and listens where the README points mcp-meter to."""
    config = yaml.safe_load(COLLECTOR.read_text())
    address = config["receivers"]["otlp"]["protocols"]["http"]["endpoint"]
    assert f"OTEL_EXPORTER_OTLP_ENDPOINT=http://{address}" in COLLECTOR.with_name("README.md").read_text()
    for signal in ("traces", "metrics"):
        pipeline = config["service"]["pipelines"][signal]
        assert pipeline["receivers"] == ["otlp"]
        for kind in ("processors", "exporters"):
            assert set(pipeline.get(kind, [])) <= config.get(kind, {}).keys()
        assert pipeline["exporters"]
    used = {name for pipeline in config["service"]["pipelines"].values() for kind in ("processors", "exporters") for name in pipeline.get(kind, [])}
    assert used == config.get("processors", {}).keys() | config["exporters"].keys(), "nothing is configured that is not used"
