"""What Arize Phoenix makes of our traces: a session's span tree, tokens and cost, asked of its own API.

Phoenix lives in an environment of its own (requirements-phoenix.txt); `MCP_METER_PHOENIX` is its command.
"""

import json
import os
import signal
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from support import relay
from support.delivery import Client, deliver, spans_of
from support.ledger import Ledger
from support.processes import wait_until
from support.receiver import refused_port
from support.relay import Bench, python

# It loads for a quarter of a minute, on a busy machine for a whole one.
START = 150
SAMPLE = relay.ROOT / "examples" / "ledger" / "sample.jsonl"
CLAUDE = "claude-opus-4-6"
# The 1-hour cache writes in it are priced by Phoenix as 5-minute ones: 1000 × ($10 - $6.25) / 1,000,000.
CACHED_FOR_AN_HOUR = "019aa5c0-9c40-7000-8000-000000000103"
DIFFERENCE = 0.00375
QUERY = """{ projects { edges { node { name tokenCountPrompt tokenCountCompletion costSummary { total { cost } } spans(first: 1000) {
edges { node { name spanKind spanId parentId statusCode tokenCountPrompt tokenCountCompletion costSummary { total { cost } } } } } } } } }"""


@dataclass
class Phoenix:
    url: str

    def get(self, path: str) -> dict:
        with urllib.request.urlopen(self.url + path, timeout=10) as answer:
            return json.load(answer)

    def projects(self) -> dict[str, dict]:
        """What GraphQL says of each project."""
        request = urllib.request.Request(
            self.url + "/graphql", json.dumps({"query": QUERY}).encode(), {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            edges = json.load(answer)["data"]["projects"]["edges"]
        return {edge["node"]["name"]: edge["node"] for edge in edges}

    def spans(self, project: str) -> dict[str, dict]:
        """What REST says of each span, by its id."""
        return {span["context"]["span_id"]: span for span in self.get(f"/v1/projects/{project}/spans?limit=1000")["data"]}

    def answers(self) -> bool:
        try:
            return bool(self.get("/v1/projects"))
        except OSError:
            return False

    def wait_for(self, project: str, count: int) -> None:
        """It answers first, and writes to its database then. Asked without a pause it would do nothing else."""

        def is_there() -> bool:
            time.sleep(0.2)
            return project in self.projects() and len(self.spans(project)) >= count

        wait_until(is_there, 90, f"{count} spans in Phoenix")


@pytest.fixture(scope="module")
def phoenix(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Phoenix]:
    command = os.environ.get("MCP_METER_PHOENIX")
    assert command, "MCP_METER_PHOENIX is not set: pip install -r Tests/Interop/requirements-phoenix.txt, and name its bin/phoenix"
    directory = tmp_path_factory.mktemp("phoenix")
    port = refused_port()
    environment = relay.clean_environment() | {
        "PHOENIX_WORKING_DIR": str(directory),
        "PHOENIX_HOST": "127.0.0.1",
        "PHOENIX_PORT": str(port),
        "PHOENIX_GRPC_PORT": str(refused_port()),
        "PHOENIX_TELEMETRY_ENABLED": "false",
    }
    path = directory / "log"
    with open(path, "wb") as log:
        process = subprocess.Popen(
            [command, "serve"], env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )
        try:
            server = Phoenix(f"http://127.0.0.1:{port}")
            wait_until(lambda: process.poll() is not None or server.answers(), START, f"Phoenix answers; it says in {path}")
            assert process.poll() is None, path.read_text()[-2000:]
            yield server
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def send(bench: Bench, phoenix: Phoenix, project: str, **more: str) -> None:
    values = {
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": phoenix.url + "/v1/traces",
        "OTEL_RESOURCE_ATTRIBUTES": f"openinference.project.name={project}",
        "MCP_METER_CLIENT_MODEL": CLAUDE,
    }
    done = deliver(bench, values | more, "--once")
    assert done.returncode == 0 and done.stderr == b"", done


def converse(bench: Bench) -> None:
    """A conversation of three turns and a single escalation, whose client is Claude."""
    text = "Totals drift by a cent under load. " * 20
    context = {"attempted_approaches": [text], "partial_findings": [], "stuck_description": text, "code_scope": {"files": ["a.ts"]}}
    with bench.session(python("deep_code_server.py"), {"MCP_METER_CLIENT_MODEL": CLAUDE}) as session:
        client = Client(session)
        client.initialize()
        start = {"claude_context": context, "analysis_type": "hypothesis_test", "initial_question": text}
        conversation = json.loads(client.call("start_conversation", start)["result"]["content"][0]["text"])["sessionId"]
        client.call("continue_conversation", {"session_id": conversation, "message": text})
        client.call("escalate_analysis", {"claude_context": context, "analysis_type": "hypothesis_test"})
        client.call("finalize_conversation", {"session_id": conversation})
        assert session.finish() == 0


def model_records(ledger: Ledger) -> list[dict]:
    return [record for record in ledger.records if record["kind"] in ("call", "usage") and "usage" in record]


def dollars(records: list[dict]) -> float:
    return sum(record.get("cost", {}).get("usd_nanos", 0) for record in records) / 1e9


@pytest.mark.timeout(300)
def test_an_escalation_is_a_tree_with_tokens_and_cost(phoenix: Phoenix, metered: Bench):
    converse(metered)
    ledger = metered.ledger()
    expected = spans_of(ledger.records)
    used = model_records(ledger)
    assert len(used) == 8 and dollars(used) > 0
    send(metered, phoenix, "escalation")
    phoenix.wait_for("escalation", len(expected))

    project = phoenix.projects()["escalation"]
    spans = {edge["node"]["spanId"]: edge["node"] for edge in project["spans"]["edges"]}
    assert {span: node["parentId"] for span, node in spans.items()} == {span: parent for (_, span), parent in expected.items()}
    assert project["tokenCountPrompt"] == sum(record["usage"]["input_tokens"] for record in used)
    assert project["tokenCountCompletion"] == sum(record["usage"]["output_tokens"] for record in used)
    # Phoenix reckons with its own prices, which say the same of these models.
    assert project["costSummary"]["total"]["cost"] == pytest.approx(dollars(used), abs=1e-9)

    kinds = {"tool": 4, "llm": 8, "chain": 1}
    for kind, count in kinds.items():
        assert sum(node["spanKind"] == kind for node in spans.values()) == count, kind
    (root,) = (node for node in spans.values() if node["spanKind"] == "chain")
    (trace,) = (record for record in ledger.of("trace") if "conversation" in record)
    assert root["name"] == "conversation start_conversation" and root["spanId"] == trace["span_id"]
    for node in spans.values():
        assert (node["costSummary"] is not None) == (node["spanKind"] == "llm")
    # Conversations are Phoenix's sessions.
    sessions = phoenix.get("/v1/projects/escalation/sessions")["data"]
    assert [session["session_id"] for session in sessions].count(trace["conversation"]) == 1


@pytest.mark.timeout(300)
@pytest.mark.parametrize("generation", ["", "gen_ai_1_41"])
def test_every_record_is_there_with_all_of_its_tokens(phoenix: Phoenix, metered: Bench, generation: str):
    """The sample ledger, which has cache reads, cache writes and reasoning."""
    project = f"sample-{generation or 'newest'}"
    day = metered.state / "ledger" / "2026-05-01"
    day.mkdir(parents=True, mode=0o700)
    records = [json.loads(line) for line in SAMPLE.read_text().splitlines()]
    for record in records:
        # Phoenix knows a span by its id, whatever its project.
        for key in record.keys() & {"trace_id", "span_id", "parent_span_id"}:
            record[key] = f"{len(project):04x}" + record[key][4:]
    (day / "100000123456-4711-9f86d081.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))
    used = [record for record in records if record["kind"] in ("call", "usage") and "usage" in record]
    send(metered, phoenix, project, OTEL_SEMCONV_STABILITY_OPT_IN=generation, OTEL_EXPORTER_OTLP_COMPRESSION="gzip")
    phoenix.wait_for(project, len(spans_of(records)))

    by_record = {
        span["attributes"]["mcp_meter.record.id"]: span for span in phoenix.spans(project).values() if span["span_kind"] == "LLM"
    }
    for record in used:
        found = by_record[record["id"]]["attributes"]
        assert found["llm.model_name"] == record["model"]
        names = {
            "prompt": "input_tokens", "completion": "output_tokens", "prompt_details.cache_read": "cached_input_tokens",
            "prompt_details.cache_write": "cache_write_tokens", "completion_details.reasoning": "reasoning_tokens",
        }  # fmt: skip
        for theirs, ours in names.items():
            assert found.get(f"llm.token_count.{theirs}") == record["usage"].get(ours), (theirs, record["id"])
        cost = record["cost"]
        assert found.get("mcp_meter.cost.usd_nanos") == cost.get("usd_nanos")
        assert found.get("llm.cost.total") == (cost["usd_nanos"] / 1e9 if "usd_nanos" in cost else None)

    whole = phoenix.projects()[project]
    costs = {edge["node"]["spanId"]: (edge["node"]["costSummary"] or {}).get("total", {}) for edge in whole["spans"]["edges"]}
    for record in used:
        theirs = costs[by_record[record["id"]]["context"]["span_id"]].get("cost")
        ours = dollars([record]) - (DIFFERENCE if record["id"] == CACHED_FOR_AN_HOUR else 0)
        assert theirs == (pytest.approx(ours, abs=1e-9) if "usd_nanos" in record["cost"] else None), record["id"]
    failed = {span["name"] for span in phoenix.spans(project).values() if span["status_code"] == "ERROR"}
    assert failed == {"tools/call ask", "chat grok-4.3", "tools/call run_hypothesis_tournament"}
