"""A real Prometheus scrapes `serve` while ten relays run calls: what it holds is what the ledger holds, and every
query that is published gives data."""

import collections
import json
import math
import pathlib
import re
import shutil
import threading

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as open_metrics
from prometheus_client.parser import text_string_to_metric_families as text_format
from support import ledger, policy, processes, receiver
from support.prometheus import EXAMPLES, Prometheus, promtool
from support.relay import ROOT, Bench, python
from support.serving import Serve, samples, total

DASHBOARDS = sorted((ROOT / "examples" / "grafana" / "dashboards").glob("*.json"))
RELAYS = 10
OPEN_METRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"

# The nineteen queries of the dashboard whose exporter this one replaces, as they stand there.
OLDER_DASHBOARD = [
    "sum(rate(mcp_ai_requests_total[5m])) * 60",
    '(sum(rate(mcp_ai_requests_total{status!="success"}[5m])) / sum(rate(mcp_ai_requests_total[5m]))) * 100',
    "histogram_quantile(0.99, sum(rate(mcp_ai_request_duration_seconds_bucket[5m])) by (le))",
    "sum(rate(mcp_ai_cost_usd_total[5m])) * 3600",
    "sum(rate(mcp_ai_cost_usd_total[1h]) * 3600 * 24) by (provider)",
    "sum(increase(mcp_ai_cost_usd_total[24h])) by (provider)",
    "sum(mcp_ai_cost_usd_total) by (provider)",
    "sum(rate(mcp_ai_requests_total[5m]) * 60) by (provider, model)",
    "histogram_quantile(0.50, sum(rate(mcp_ai_request_duration_seconds_bucket[5m])) by (provider, model, le))",
    "histogram_quantile(0.95, sum(rate(mcp_ai_request_duration_seconds_bucket[5m])) by (provider, model, le))",
    "histogram_quantile(0.99, sum(rate(mcp_ai_request_duration_seconds_bucket[5m])) by (provider, model, le))",
    "sum(increase(mcp_ai_model_selection_total[5m])) by (provider, model, reason)",
    "sum(rate(mcp_ai_tokens_total[5m]) * 60) by (provider, type)",
    "sum(rate(mcp_ai_tokens_total[5m])) by (provider, model) / sum(rate(mcp_ai_requests_total[5m])) by (provider, model)",
    'sum(rate(mcp_ai_tokens_total{type="output"}[5m])) by (provider) / sum(rate(mcp_ai_tokens_total{type="input"}[5m])) by (provider)',
    "(1 - mcp_ai_rate_limit_remaining / on(provider, model, limit_type) mcp_ai_rate_limit_max) * 100",
    "sum(rate(mcp_ai_rate_limit_hits_total[5m])) by (provider, model)",
    'sum(rate(mcp_ai_requests_total{status="success"}[5m])) by (provider) / sum(rate(mcp_ai_requests_total[5m])) by (provider) * 100',
    'sum(rate(mcp_ai_requests_total{status!="success"}[5m])) by (provider, status)',
]

GEMINI = {"promptTokenCount": 1200, "cachedContentTokenCount": 400, "candidatesTokenCount": 300, "thoughtsTokenCount": 60}
# What each session asks: a tool, and what the server answers.
CALLS: list[tuple[str, dict]] = [
    ("escalate_analysis", {"model": "gemini-2.5-pro", "usage": GEMINI, "quality": 0.8, "sleep": 0.12}),
    ("hypothesis_test", {"model": "gemini-2.5-flash", "usage": GEMINI, "sleep": 0.02}),
    ("hypothesis_test", {"model": "gemini-2.5-flash", "usage": GEMINI}),
    ("cross_system_impact", {"model": "gemini-99", "usage": {"promptTokenCount": 90, "candidatesTokenCount": 10}}),
    ("trace_execution_path", {"error": "429 Too Many Requests: rate limit exceeded"}),
    ("performance_bottleneck", {"model": "gemini-2.5-pro", "usage": GEMINI}),
    ("performance_bottleneck", {"error": "500 Internal error"}),
    ("save_memory", {}),
]


def session(bench: Bench, calls: list[tuple[str, dict]]) -> None:
    """A whole session: the handshake, the calls, a resource, and a line that is no message."""
    messages = [("initialize", {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "claude-code", "version": "2"}})]
    messages += [("tools/call", {"name": tool, "arguments": {"answer": answer}}) for tool, answer in calls]
    messages += [("resources/read", {"uri": "memory://notes"})]
    with bench.session(python("analysis_server.py"), {"MCP_METER_CLIENT_MODEL": "claude-opus-4-7"}) as started:
        started.write(b'{"no": message}\n')
        for number, (method, parameters) in enumerate(messages):
            started.write(json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": parameters}).encode() + b"\n")
            assert json.loads(started.read_line())["id"] == number
        assert started.finish() == 0


def ten_sessions(bench: Bench) -> None:
    troubles: list[BaseException] = []

    def one() -> None:
        try:
            session(bench, CALLS)
        except BaseException as trouble:
            troubles.append(trouble)

    threads = [threading.Thread(target=one) for _ in range(RELAYS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if troubles:
        raise troubles[0]


# Sessions of a round that have policies: one whose budget is used up by its first call, one whose calls get another model,
# and one whose second call waits.
POLICIES: list[tuple[dict[str, str], str]] = [
    ({"EVALOPS_AGENT_ID": "frugal", "MCP_METER_BUDGET": "agent:frugal=0.000001/day", "MCP_METER_BUDGET_ACTION": "block"}, "gemini-2.5-pro"),
    ({"MCP_METER_ROUTES": "routes.json"}, "gemini-2.5-pro"),
    ({"MCP_METER_RATE_LIMIT": "gemini-2.0-flash=1/s", "MCP_METER_RATE_LIMIT_ACTION": "wait:20"}, "gemini-2.0-flash"),
]


def policy_sessions(bench: Bench) -> None:
    routes = bench.directory / "routes.json"
    routes.write_text('{"routes": [{"name": "simple", "when": {"tokens": {"max": 500}}, "model": "gemini-2.5-flash"}]}')
    for variables, model in POLICIES:
        if "MCP_METER_ROUTES" in variables:
            variables = {"MCP_METER_ROUTES": str(routes)}
        with policy.asked(bench, variables) as client:
            for number in range(2):
                client.ask(number, model=model)
            client.finish()


class Watched:
    """A `serve` with a sink that does not answer, and the Prometheus that scraped it while sessions ran."""

    def __init__(self, directory: pathlib.Path):
        self.bench = Bench("on", directory)
        self.nowhere = receiver.Receiver(script=[receiver.status(503)] * 1000)
        self.nowhere.__enter__()
        variables = {
            "MCP_METER_RATE_LIMIT": "600/min;gemini-2.5-pro=100/min",
            "MCP_METER_BUDGET": "1000/day,agent:frugal=0.000001/day",
            "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": self.nowhere.url + "/v1/traces",
        }
        self.serve = Serve(self.bench.state, variables).wait_ready()
        self.prometheus = Prometheus(directory / "prometheus", self.serve.port)

    def run(self) -> None:
        # The first scrape after a series appeared is what the next ones grow from.
        for _ in range(3):
            ten_sessions(self.bench)
            policy_sessions(self.bench)
            self.settle()
        # A limit's window is over within a minute: what is asked of it is asked now.
        self.ledger = self.bench.ledger()
        self.serve.wait_ready()

    def settle(self) -> None:
        before = self.prometheus.scrapes()
        processes.wait_until(lambda: self.prometheus.scrapes() >= before + 2, 60, "two more scrapes")

    def close(self) -> None:
        self.prometheus.close()
        self.serve.close()
        self.nowhere.__exit__(None, None, None)
        self.bench.close()


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory):
    watched = Watched(tmp_path_factory.mktemp("watched"))
    try:
        watched.run()
        yield watched
    finally:
        watched.close()


# What is counted.


def model_calls(found: ledger.Ledger) -> list[dict]:
    """What came to a model: a call that was blocked did not."""
    records = [record for record in found.calls + found.of("usage") if record["outcome"] != "blocked"]
    return [record for record in records if {"provider", "model", "usage"} & record.keys()]


def tokens_by_type(records: list[dict]) -> collections.Counter:
    sums: collections.Counter[str] = collections.Counter()
    for usage in (record["usage"] for record in records if "usage" in record):
        cached, written, reasoning = (usage.get(key, 0) for key in ("cached_input_tokens", "cache_write_tokens", "reasoning_tokens"))
        sums["input"] += usage.get("input_tokens", 0) - cached - written
        sums["cached_input"] += cached
        sums["cache_write"] += written
        sums["output"] += usage.get("output_tokens", 0) - reasoning
        sums["reasoning"] += reasoning
    return sums


def test_prometheus_holds_the_ledgers_sums(watched: Watched):
    ask, found = watched.prometheus.value, watched.ledger
    models = model_calls(found)
    sessions = 3 * (RELAYS + len(POLICIES))
    assert len(found.sessions) == 2 * sessions and len(found.of("trace")) >= 3 * RELAYS * 7
    assert ask("sum(mcp_ai_requests_total)") == len(models)
    for kind, tokens in tokens_by_type(models).items():
        assert ask(f'sum(mcp_ai_tokens_total{{type="{kind}"}})') == tokens, kind
    assert tokens_by_type(models)["reasoning"] > 0 and tokens_by_type(models)["cached_input"] > 0
    cost = sum(record.get("cost", {}).get("usd_nanos", 0) for record in models)
    assert cost > 0 and round(ask("sum(mcp_ai_cost_usd_total)") * 1e9) == cost
    unpriced = [record for record in models if record.get("cost", {}).get("source") == "unpriced"]
    assert ask("sum(mcp_meter_unpriced_tokens_total)") == sum(tokens_by_type(unpriced).values()) > 0
    assert ask("sum(mcp_meter_calls_total)") == len(found.calls)
    for outcome, count in collections.Counter(call["outcome"] for call in found.calls).items():
        assert ask(f'sum(mcp_meter_calls_total{{outcome="{outcome}"}})') == count
    failed = [call for call in found.calls if "error_type" in call and call["outcome"] != "blocked"]
    for kind, count in collections.Counter(call["error_type"] for call in failed).items():
        assert ask(f'sum(mcp_meter_errors_total{{error_type="{kind}"}})') == count
    assert ask("sum(mcp_ai_rate_limit_hits_total)") == 3 * RELAYS
    assert ask('sum(mcp_meter_resource_operations_total{operation="save"})') == 3 * RELAYS
    assert ask('sum(mcp_meter_resource_operations_total{operation="read"})') == 3 * RELAYS
    assert ask("sum(mcp_meter_sessions_total)") == ask("sum(mcp_meter_session_duration_seconds_count)") == sessions
    assert ask("sum(mcp_meter_sessions_active)") == ask("sum(mcp_meter_calls_in_flight)") == 0
    assert ask("mcp_meter_scanner_resyncs_total") == 3 * RELAYS
    assert ask("sum(mcp_meter_escalations_total)") == len(found.of("trace"))
    rated = [trace["quality"] for trace in found.of("trace") if "quality" in trace]
    assert ask("sum(mcp_meter_escalation_quality_count)") == len(rated) == ask("sum(mcp_meter_quality_per_dollar_count)")
    assert math.isclose(ask("sum(mcp_meter_escalation_quality_sum)"), sum(rated))
    timed = [record["duration_ms"] - record.get("policy", {}).get("waited_ms", 0) for record in models if record["kind"] == "call"]
    assert ask("sum(mcp_ai_request_duration_seconds_count)") == len(timed)
    assert math.isclose(ask("sum(mcp_ai_request_duration_seconds_sum)"), sum(timed) / 1000, rel_tol=1e-6)
    assert ask("max(mcp_meter_delivery_backlog_bytes)") > 0
    assert ask('min(mcp_ai_rate_limit_max{model="gemini-2.5-pro"})') == 100


def test_prometheus_holds_what_policies_did(watched: Watched):
    ask, found = watched.prometheus.value, watched.ledger
    notes = [call["policy"] for call in found.calls if "policy" in call]
    done = collections.Counter((note["action"], note["reason"]) for note in notes)
    assert done == {("blocked", "budget"): 5, ("routed", "route"): 6, ("delayed", "rate_limit"): 3}
    for (action, reason), count in done.items():
        assert ask(f'sum(mcp_meter_policy_decisions_total{{action="{action}",reason="{reason}"}})') == count
    saved = sum(note.get("saved_usd_nanos", 0) for note in notes)
    assert saved > 0 and round(ask("sum(mcp_meter_routing_saved_usd_total) - sum(mcp_meter_routing_extra_usd_total)") * 1e9) == saved
    waited = sum(note.get("waited_ms", 0) for note in notes)
    assert math.isclose(ask("sum(mcp_meter_policy_wait_seconds_sum)"), waited / 1000, rel_tol=1e-6)
    cost = policy.spent(found) + sum(record.get("cost", {}).get("usd_nanos", 0) for record in found.of("usage"))
    assert round(ask('mcp_meter_budget_spent_usd{budget="1000/day"}') * 1e9) == cost
    assert ask('mcp_meter_budget_limit_usd{budget="1000/day"}') == 1000
    assert math.isclose(ask('mcp_meter_budget_used_ratio{budget="agent:frugal=0.000001/day"}'), policy.COST / 1000)


def gives(watched: Watched, query: str) -> list[float]:
    values = [float(sample["value"][1]) for sample in watched.prometheus.query(query)]
    assert values, f"no data: {query}"
    assert all(math.isfinite(value) for value in values), f"{values}: {query}"
    return values


@pytest.mark.parametrize("query", OLDER_DASHBOARD)
def test_the_older_dashboard_goes_on_working(watched: Watched, query: str):
    gives(watched, query)


def test_every_recorded_figure_is_there(watched: Watched):
    names = re.findall(r"- record: (\S+)", (EXAMPLES / "mcp-meter.rules.yml").read_text())
    assert len([name for name in names if name.startswith("ai:")]) == 9
    for name in names:
        gives(watched, name)
    groups = watched.prometheus.get("rules")["groups"]
    assert [rule["lastError"] for group in groups for rule in group["rules"] if rule["health"] != "ok"] == []
    states = {rule["name"]: rule["state"] for group in groups for rule in group["rules"] if rule["type"] == "alerting"}
    assert states["McpMeterUnpricedModel"] == states["McpMeterRateLimited"] == "firing", states
    assert states["McpMeterBudgetNear"] == states["McpMeterCallsBlocked"] == "firing", states
    assert states["McpMeterDown"] == states["McpMeterDailyBudgetSpent"] == "inactive", states


def documented() -> list[tuple[str, str]]:
    text = (EXAMPLES / "METRICS.md").read_text()
    return re.findall(r"^## (\S+)\n.*?```promql\n(.*?)\n```", text, re.M | re.S)


@pytest.mark.parametrize(("name", "query"), documented(), ids=[name for name, _ in documented()])
def test_the_documented_example_of(watched: Watched, name: str, query: str):
    if name == "mcp_meter_delivery_dead_letters":
        query = query.removesuffix(" > 0")
    gives(watched, query)


def test_the_documentation_says_what_metrics_shows(watched: Watched):
    types = dict(re.findall(r"^# TYPE (\S+) (\S+)", watched.serve.metrics(), re.M))
    text = (EXAMPLES / "METRICS.md").read_text()
    written = re.findall(r"^## (\S+)\n.*?\| type \| (\w+).*?\| labels \| (.*?) \|", text, re.M | re.S)
    assert {name: kind for name, kind, _ in written} == types
    labels = {name: set(re.findall(r"`(\w+)`", words)) for name, _, words in written}
    for series in samples(watched.serve.metrics()):
        name = re.sub(r"_(bucket|sum|count)$", "", series.split("{")[0])
        name = name if name in labels else series.split("{")[0]
        assert set(re.findall(r'(\w+)="', series)) - {"le"} == labels[name], series


# The dashboards.

VARIABLES = {"$__rate_interval": "1m", "$__range": "1h", "$__interval": "15s"}


def panels() -> list[tuple[str, dict]]:
    found = []
    for path in DASHBOARDS:
        for panel in json.loads(path.read_text())["panels"]:
            found += [(path.stem, member) for member in [panel, *panel.get("panels", [])] if member["type"] != "row"]
    return found


def with_values(query: str) -> str:
    for name, value in VARIABLES.items():
        query = query.replace(name, value)
    query = re.sub(r'"\$\w+"', '".*"', query)
    assert "$" not in query, query
    return query


@pytest.mark.parametrize("panel", [panel for _, panel in panels()], ids=lambda panel: panel["title"])
def test_the_panel(watched: Watched, panel: dict):
    for target in panel["targets"]:
        gives(watched, with_values(target["expr"]))


def test_the_dashboards_variables_have_values(watched: Watched):
    for path in DASHBOARDS:
        for variable in json.loads(path.read_text())["templating"]["list"]:
            if variable["type"] == "query":
                selector, label = re.fullmatch(r"label_values\((.*), (\w+)\)", variable["query"]["query"]).groups()
                found = {sample["metric"].get(label) for sample in watched.prometheus.query(with_values(selector))}
                assert found - {None, ""}, variable["name"]


# What promtool and the two parsers say of it.


def test_promtool_finds_nothing(watched: Watched):
    done = promtool("check", "metrics", data=watched.serve.metrics().encode())
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_both_formats_are_what_their_parsers_read(watched: Watched):
    serve = watched.serve
    # Between two answers a gauge may move: those that do are not compared.
    moving = ("mcp_meter_http_", "mcp_meter_delivery_", "mcp_meter_delivered_", "mcp_ai_rate_limit_remaining")
    sums = []
    for parse, accept in ((text_format, "text/plain;version=0.0.4"), (open_metrics, "application/openmetrics-text;version=1.0.0")):
        status, headers, data = serve.ask("GET", "/metrics", Accept=accept)
        assert status == 200 and headers["content-type"] == (OPEN_METRICS if parse is open_metrics else "text/plain; version=0.0.4; charset=utf-8")
        seen = {}
        for family in parse(data.decode()):
            assert family.documentation and family.type in ("counter", "gauge", "histogram")
            for sample in family.samples:
                labels = {name: str(float(value)) if name == "le" else value for name, value in sample.labels.items()}
                key = (sample.name, *sorted(labels.items()))
                assert key not in seen, f"{key} twice"
                seen[key] = sample.value
        sums.append({key: value for key, value in seen.items() if not key[0].startswith(moving)})
    assert sums[0] == sums[1] and len(sums[0]) > 300
    assert serve.metrics(Accept=OPEN_METRICS).endswith("# EOF\n")


def test_it_is_compressed_for_whoever_can_read_that(watched: Watched):
    status, headers, plain = watched.serve.ask("GET", "/metrics")
    assert status == 200 and "content-encoding" not in headers
    status, headers, data = watched.serve.ask("GET", "/metrics", Accept_Encoding="gzip, deflate")
    assert headers["content-encoding"] == "gzip" and int(headers["content-length"]) < len(plain) / 4
    assert samples(data.decode()).keys() == samples(plain.decode()).keys()
    assert "content-encoding" not in watched.serve.ask("GET", "/metrics", Accept_Encoding="gzip;q=0")[1]


def test_the_older_exporters_body_and_answer(watched: Watched, tmp_path: pathlib.Path):
    with Serve(tmp_path / "state") as serve:
        body = {
            "provider": "gemini", "model": "gemini-2.5-pro", "operation": "chat", "status": "success",
            "inputTokens": 150, "outputTokens": 500, "durationMs": 1200,
        }  # fmt: skip
        answer = serve.post(body)
        assert answer["success"] is True and answer["cost"] == 0.0051875
        status, _, data = serve.ask("POST", "/usage", b'{"provider": "gemini"}')
        assert (status, json.loads(data)) == (400, {"error": "provider and model required"})
        assert serve.ask("GET", "/health")[0] == 200
        serve.wait_ready()
        processes.wait_until(lambda: total(samples(serve.metrics()), "mcp_ai_requests_total") == 1, 10, "the call counted")
        found = samples(serve.metrics())
        assert total(found, "mcp_ai_cost_usd_total", 'operation="chat"') == 0.0051875
        assert total(found, "mcp_ai_request_duration_seconds_sum") == 1.2


# The files.


def test_promtool_takes_the_examples(tmp_path: pathlib.Path):
    copy = tmp_path / "prometheus"
    shutil.copytree(EXAMPLES, copy)
    (copy / "mcp-meter.token").write_text("t\n")
    rules = ["mcp-meter.rules.yml", "mcp-meter.alerts.yml"]
    for arguments in (
        ["check", "config", "prometheus.yml"],
        ["check", "config", "prometheus-token.yml"],
        ["check", "rules", "--lint-fatal", *rules],
        ["test", "rules", "mcp-meter.tests.yml"],
    ):
        done = promtool(*arguments, cwd=copy)
        assert done.returncode == 0, (arguments, done.stdout, done.stderr)


def test_each_alert_is_shown_to_fire_and_not_to_fire():
    text = (EXAMPLES / "mcp-meter.tests.yml").read_text()
    for name in re.findall(r"- alert: (\S+)", (EXAMPLES / "mcp-meter.alerts.yml").read_text()):
        assert re.search(rf"alertname: {name}\n +exp_alerts:\n", text), f"{name} never fires"
        assert f"alertname: {name}, exp_alerts: []}}" in text, f"{name} always fires"
