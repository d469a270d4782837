#!/usr/bin/env python3
"""Writes examples/grafana/dashboards/mcp-meter.json, and with --check says whether it is up to date.

    Tests/Tools/generate_dashboards.py [--check]

A dashboard as JSON is two thousand lines, in which a wrong query is easily overlooked; here it is one line a panel.
"""

import json
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
FILE = ROOT / "examples" / "grafana" / "dashboards" / "mcp-meter.json"
SOURCE = {"type": "prometheus", "uid": "${datasource}"}

# What the variables at the top choose. A selector has those that its metric has labels for.
ALL = 'job=~"$job",instance=~"$instance"'
PROVIDER = ALL + ',provider=~"$provider"'
MODEL = PROVIDER + ',model=~"$model"'
SELECTORS = {"<all>": ALL, "<provider>": PROVIDER, "<model>": MODEL}

FAILED = 'status=~"error|timeout|rate_limited|lost"'
PERCENTILES = [(0.5, "p50"), (0.95, "p95"), (0.99, "p99")]


def quantiles(metric: str, by: str = "") -> list[tuple[str, str]]:
    """The percentiles of a histogram over the time between two points, and what each is called."""
    labels = f"le, {by}" if by else "le"
    name = f"{{{{{by}}}}} " if by else ""
    return [(f"histogram_quantile({q}, sum by ({labels}) (rate({metric}[$__rate_interval])))", name + text) for q, text in PERCENTILES]


def per(figure: str, base: str) -> str:
    """A figure for one of the base; nothing, rather than 0 / 0, where there is no base."""
    return f"{figure} / ({base} > 0)"


def spent(by: str) -> str:
    return f"sum by ({by}) (increase(mcp_ai_cost_usd_total{{<model>}}[$__range]))"


COST = spent("provider, model")
TOKENS = "sum by (provider, model) (increase(mcp_ai_tokens_total{<model>}[$__range]))"
REQUESTS = "sum by (provider, model) (increase(mcp_ai_requests_total{<model>}[$__range]))"
SECONDS = "sum by (provider, model) (increase(mcp_ai_request_duration_seconds_sum{<model>}[$__range]))"
OUTPUT = 'sum by (provider, model) (increase(mcp_ai_tokens_total{<model>,type=~"output|reasoning"}[$__range]))'
P95 = "histogram_quantile(0.95, sum by (provider, model, le) (increase(mcp_ai_request_duration_seconds_bucket{<model>}[$__range])))"
NAME = "{{provider}} {{model}}"

# A row: its title, then its panels: type, width, title, unit, description, queries with their legends.
ROWS: list[tuple[str, list[tuple]]] = [
    ("Rate, errors, duration, saturation", [
        ("stat", 4, "Rate", "reqpm", "Model calls a minute.",
         [("sum(rate(mcp_ai_requests_total{<model>}[$__rate_interval])) * 60", "calls")]),
        ("stat", 4, "Errors", "percentunit", "Model calls that failed, of all. Cancelled ones are not failures.",
         [(per("sum(rate(mcp_ai_requests_total{<model>," + FAILED + "}[$__rate_interval]))",
               "sum(rate(mcp_ai_requests_total{<model>}[$__rate_interval]))"), "failed")]),
        ("stat", 4, "Duration, p95", "s", "95 of 100 model calls are faster.",
         [("histogram_quantile(0.95, sum by (le) (rate(mcp_ai_request_duration_seconds_bucket{<model>}[$__rate_interval])))", "p95")]),
        ("stat", 4, "Saturation: cost an hour", "currencyUSD", "What an hour costs at the present pace.",
         [("sum(rate(mcp_ai_cost_usd_total{<model>}[$__rate_interval])) * 3600", "USD/h")]),
        ("stat", 4, "Calls under way", "short", "Requests that wait for their answer now.", [("sum(mcp_meter_calls_in_flight{<all>})", "calls")]),
        ("stat", 4, "Sessions", "short", "Relays that run now.", [("sum(mcp_meter_sessions_active{<all>})", "sessions")]),
        ("timeseries", 12, "Calls by model", "reqpm", "Model calls a minute.",
         [("sum by (provider, model) (rate(mcp_ai_requests_total{<model>}[$__rate_interval])) * 60", NAME)]),
        ("timeseries", 12, "Calls by outcome", "reqpm", "Model calls a minute, by how they ended.",
         [("sum by (status) (rate(mcp_ai_requests_total{<model>}[$__rate_interval])) * 60", "{{status}}")]),
        ("timeseries", 12, "Duration", "s", "How long model calls take.",
         quantiles("mcp_ai_request_duration_seconds_bucket{<model>}")),
        ("timeseries", 12, "First byte by server", "s", "From a request to the first byte of its answer, any method.",
         quantiles("mcp_meter_first_byte_seconds_bucket{<all>}", "server")[:2]),
    ]),
    ("Cost", [
        ("stat", 4, "Cost", "currencyUSD", "In the time shown.", [("sum(increase(mcp_ai_cost_usd_total{<model>}[$__range]))", "USD")]),
        ("stat", 4, "Cost a day, projected", "currencyUSD", "The last hour's spending over a day.",
         [("sum(rate(mcp_ai_cost_usd_total{<model>}[1h])) * 86400", "USD/d")]),
        ("piechart", 8, "Cost by provider", "currencyUSD", "In the time shown.", [(spent("provider"), "{{provider}}")]),
        ("piechart", 8, "Cost by what is known of it", "currencyUSD",
         "reported: by the provider. priced: from the price table. estimated: priced from estimated tokens.", [(spent("source"), "{{source}}")]),
        ("timeseries", 12, "Cost an hour by provider", "currencyUSD", "What an hour costs at the present pace.",
         [("sum by (provider) (rate(mcp_ai_cost_usd_total{<model>}[$__rate_interval])) * 3600", "{{provider}}")]),
        ("timeseries", 12, "Cost so far by provider", "currencyUSD", "Since the ledger began.",
         [("sum by (provider) (mcp_ai_cost_usd_total{<model>})", "{{provider}}")]),
        ("bargauge", 8, "Cost by model", "currencyUSD", "In the time shown.", [(f"sort_desc({COST})", NAME)]),
        ("bargauge", 8, "Cost by agent", "currencyUSD", "In the time shown, by who is billed.", [(f"sort_desc({spent('agent_id')})", "{{agent_id}}")]),
        ("bargauge", 8, "Cost by tool", "currencyUSD", "In the time shown; the ten most expensive tools.",
         [(f"topk(10, {spent('server, tool')})", "{{server}} {{tool}}")]),
    ]),
    ("Models side by side", [
        ("bargauge", 8, "Cost of 1 k tokens", "currencyUSD", "Of all types together, in the time shown.",
         [(f"sort_desc({per(COST + ' * 1000', TOKENS)})", NAME)]),
        ("bargauge", 8, "Cost of a call", "currencyUSD", "In the time shown.", [(f"sort_desc({per(COST, REQUESTS)})", NAME)]),
        ("bargauge", 8, "Cost of a minute of conversation", "currencyUSD", "A minute in which the model was at work.",
         [(f"sort_desc({per(COST + ' * 60', SECONDS)})", NAME)]),
        ("table", 24, "All figures", "short", "In the time shown. Output speed: output tokens for each second the model was at work.", [
            (REQUESTS, "Calls"), (COST, "Cost"), (per(COST + " * 1000", TOKENS), "1 k tokens"), (per(COST, REQUESTS), "Call"),
            (per(COST + " * 60", SECONDS), "Minute"), (P95, "p95"), (per(OUTPUT, SECONDS), "Output speed")]),
        ("timeseries", 12, "Success rate", "percentunit", "Model calls that succeeded, of all.",
         [(per('sum by (provider, model) (rate(mcp_ai_requests_total{<model>,status="success"}[$__rate_interval]))',
               "sum by (provider, model) (rate(mcp_ai_requests_total{<model>}[$__rate_interval]))"), NAME)]),
        ("timeseries", 12, "Who chose the model", "short", "Model calls by what named the model: the answer, an argument, the environment, the profile.",
         [("sum by (reason) (increase(mcp_ai_model_selection_total{<model>}[$__rate_interval]))", "{{reason}}")]),
    ]),
    ("Tokens", [
        ("timeseries", 12, "Tokens by type", "short", "Tokens a minute. The types do not overlap: together they are all tokens.",
         [("sum by (type) (rate(mcp_ai_tokens_total{<model>}[$__rate_interval])) * 60", "{{type}}")]),
        ("timeseries", 12, "Tokens by model", "short", "Tokens a minute.",
         [("sum by (provider, model) (rate(mcp_ai_tokens_total{<model>}[$__rate_interval])) * 60", NAME)]),
        ("timeseries", 12, "Tokens by agent", "short", "Tokens a minute, by who is billed.",
         [("sum by (agent_id) (rate(mcp_ai_tokens_total{<model>}[$__rate_interval])) * 60", "{{agent_id}}")]),
        ("timeseries", 12, "Tokens by tool", "short", "Tokens a minute; the ten biggest.",
         [("topk(10, sum by (server, tool) (rate(mcp_ai_tokens_total{<model>}[$__rate_interval])) * 60)", "{{server}} {{tool}}")]),
        ("timeseries", 8, "Tokens of a call", "short", "Tokens of all types in one model call.",
         quantiles("mcp_ai_tokens_per_request_bucket{<model>}")),
        ("stat", 8, "Estimated", "percentunit", "Tokens nobody reported, of all, in the time shown.",
         [(per('sum(increase(mcp_ai_tokens_total{<model>,source="estimated"}[$__range]))',
               "sum(increase(mcp_ai_tokens_total{<model>}[$__range]))"), "estimated")]),
        ("stat", 8, "Read from a cache", "percentunit", "Input tokens that came from the provider's cache, of all input tokens, in the time shown.",
         [(per('sum(increase(mcp_ai_tokens_total{<model>,type="cached_input"}[$__range]))',
               'sum(increase(mcp_ai_tokens_total{<model>,type=~"input|cached_input|cache_write"}[$__range]))'), "cached")]),
    ]),
    ("Escalations", [
        ("timeseries", 8, "Escalations", "short", "Escalations that ended, by kind and outcome.",
         [("sum by (event_type, outcome) (increase(mcp_meter_escalations_total{<all>}[$__rate_interval]))", "{{event_type}} {{outcome}}")]),
        ("bargauge", 8, "Cost of an escalation", "currencyUSD", "In the time shown, the client's side included where it is known.",
         [(per("sum by (event_type) (increase(mcp_meter_escalation_cost_usd_total{<all>}[$__range]))",
               "sum by (event_type) (increase(mcp_meter_escalations_total{<all>}[$__range]))"), "{{event_type}}")]),
        ("gauge", 8, "Quality", "percentunit", "Mean over the escalations whose quality is known, in the time shown.",
         [(per("sum by (event_type) (increase(mcp_meter_escalation_quality_sum{<all>}[$__range]))",
               "sum by (event_type) (increase(mcp_meter_escalation_quality_count{<all>}[$__range]))"), "{{event_type}}")]),
        ("timeseries", 24, "Quality for a dollar", "short", "Quality (0 to 1) of an escalation divided by what it cost: the median and the best tenth.", [
            ("histogram_quantile(0.5, sum by (event_type, le) (rate(mcp_meter_quality_per_dollar_bucket{<all>}[$__rate_interval])))", "{{event_type}} p50"),
            ("histogram_quantile(0.9, sum by (event_type, le) (rate(mcp_meter_quality_per_dollar_bucket{<all>}[$__rate_interval])))", "{{event_type}} p90")]),
    ]),
    ("Budgets, limits and routes", [
        ("bargauge", 8, "Budgets used", "percentunit", "Of the budgets that MCP_METER_BUDGET sets, in their present day, week or month.",
         [("mcp_meter_budget_used_ratio{<all>}", "{{budget}}")]),
        ("table", 8, "Budgets", "currencyUSD", "Spent, and what may be spent.",
         [("mcp_meter_budget_spent_usd{<all>}", "Spent"), ("mcp_meter_budget_limit_usd{<all>}", "Budget")]),
        ("stat", 4, "Blocked", "short", "Calls that were not sent, in the time shown.",
         [('sum(increase(mcp_meter_policy_decisions_total{<all>,action="blocked"}[$__range])) or vector(0)', "calls")]),
        ("stat", 4, "Saved by routes", "currencyUSD", "Less than the models asked for would have cost, in the time shown.",
         [("(sum(increase(mcp_meter_routing_saved_usd_total{<all>}[$__range])) or vector(0))"
           " - (sum(increase(mcp_meter_routing_extra_usd_total{<all>}[$__range])) or vector(0))", "USD")]),
        ("timeseries", 12, "What policies did", "reqpm", "Calls a minute that were blocked, routed, held back or warned of, and why.",
         [("sum by (action, reason) (rate(mcp_meter_policy_decisions_total{<all>}[$__rate_interval])) * 60", "{{action}} {{reason}}")]),
        ("timeseries", 12, "Held back", "s", "How long calls were held back, of those that were.",
         quantiles("mcp_meter_policy_wait_seconds_bucket{<all>}", "reason")[:2]),
        ("bargauge", 12, "Blocked by", "short", "Calls that were not sent, in the time shown, by rule.",
         [('sort_desc(sum by (reason, rule) (increase(mcp_meter_policy_decisions_total{<all>,action="blocked"}[$__range])))', "{{reason}} {{rule}}")]),
        ("bargauge", 12, "Saved by route", "currencyUSD", "In the time shown, as far as both prices are known.",
         [("sort_desc(sum by (rule, asked_model, routed_model) (increase(mcp_meter_routing_saved_usd_total{<all>}[$__range])))",
           "{{rule}}: {{asked_model}} to {{routed_model}}")]),
    ]),
    ("Servers", [
        ("timeseries", 8, "Requests by server and method", "reqpm", "Requests a minute, those without a model among them.",
         [("sum by (server, method) (rate(mcp_meter_calls_total{<all>}[$__rate_interval])) * 60", "{{server}} {{method}}")]),
        ("timeseries", 8, "Errors by kind", "reqpm", "Failed requests a minute.",
         [("sum by (error_type) (rate(mcp_meter_errors_total{<all>}[$__rate_interval])) * 60", "{{error_type}}")]),
        ("timeseries", 8, "Memories and resources", "reqpm", "Operations a minute on what a server keeps.",
         [("sum by (operation) (rate(mcp_meter_resource_operations_total{<all>}[$__rate_interval])) * 60", "{{operation}}")]),
        ("timeseries", 12, "How long sessions last", "s", "Of those that ended.", quantiles("mcp_meter_session_duration_seconds_bucket{<all>}")[:2]),
        ("timeseries", 12, "Sessions by client", "short", "Sessions that ended.",
         [("sum by (client) (increase(mcp_meter_sessions_total{<all>}[$__rate_interval]))", "{{client}}")]),
    ]),
    ("Limits and health", [
        ("bargauge", 8, "Rate limits used", "percentunit", "Of the limits that MCP_METER_RATE_LIMIT sets.",
         [("1 - mcp_ai_rate_limit_remaining{<model>} / mcp_ai_rate_limit_max{<model>}", NAME + " {{limit_type}}")]),
        ("timeseries", 8, "Refused by a rate limit", "reqpm", "Model calls a minute that the provider refused because there were too many.",
         [("sum by (provider, model) (rate(mcp_ai_rate_limit_hits_total{<model>}[$__rate_interval])) * 60", NAME)]),
        ("timeseries", 8, "Tokens without a price", "short", "Tokens a minute of models no price is known for: they cost something, and are in no sum.",
         [("sum by (provider, model) (rate(mcp_meter_unpriced_tokens_total{<model>}[$__rate_interval])) * 60", NAME)]),
        ("timeseries", 8, "Delivery backlog", "bytes", "Bytes of the ledger that a sink has not acknowledged.",
         [("sum by (sink) (mcp_meter_delivery_backlog_bytes{<all>})", "{{sink}}")]),
        ("stat", 8, "Dead letters", "short", "Records a sink refused for good.", [("sum by (sink) (mcp_meter_delivery_dead_letters{<all>})", "{{sink}}")]),
        ("timeseries", 8, "Lost and left out", "short",
         "Calls never answered, records a hung disk kept out of the ledger, lines that were no message.", [
            ("sum(increase(mcp_meter_lost_calls_total{<all>}[$__rate_interval]))", "lost calls"),
            ("sum(increase(mcp_meter_records_dropped_total{<all>}[$__rate_interval]))", "dropped records"),
            ("sum(increase(mcp_meter_scanner_resyncs_total{<all>}[$__rate_interval]))", "lines passed over")]),
        ("timeseries", 12, "Connections to serve", "short", "Open ones, and those cut off: no HTTP, too big, too slow or too many.", [
            ("sum(mcp_meter_http_open_connections{<all>})", "open"),
            ("sum(increase(mcp_meter_http_refused_total{<all>}[$__rate_interval]))", "cut off")]),
        ("table", 12, "Versions", "short", "The program, and the price table it has.",
         [("mcp_meter_build_info{<all>}", "program"), ("mcp_meter_price_table_info{<all>}", "prices")]),
    ]),
]  # fmt: skip

HEIGHTS = {"stat": 4, "table": 7}
INSTANT = ("stat", "bargauge", "gauge", "piechart", "table")
# Units of the columns of the table of models, by the letter of their query.
COLUMNS = {"B": "currencyUSD", "C": "currencyUSD", "D": "currencyUSD", "E": "currencyUSD", "F": "s"}


def target(number: int, kind: str, query: str, legend: str) -> dict:
    for name, selector in SELECTORS.items():
        query = query.replace(name, selector)
    made = {"datasource": SOURCE, "refId": chr(65 + number), "expr": query, "legendFormat": legend}
    if kind in INSTANT:
        made |= {"instant": True, "range": False}
    if kind == "table":
        made |= {"format": "table"}
    return made


def table(queries: list[tuple[str, str]]) -> dict:
    """One row for what the queries have in common, one column for each of them."""
    letters = [chr(65 + number) for number in range(len(queries))]
    names = {f"Value #{letter}": legend for letter, (_, legend) in zip(letters, queries)}
    return {
        "transformations": [
            {"id": "merge", "options": {}},
            {"id": "organize", "options": {"excludeByName": {"Time": True, "__name__": True}, "renameByName": names}},
        ],
        "overrides": [
            {"matcher": {"id": "byName", "options": names[f"Value #{letter}"]}, "properties": [{"id": "unit", "value": unit}]}
            for letter, unit in COLUMNS.items()
            if len(queries) > 2
        ],
    }


def panel(number: int, place: dict, kind: str, title: str, unit: str, description: str, queries: list[tuple[str, str]]) -> dict:
    defaults: dict = {"unit": unit, "thresholds": {"mode": "absolute", "steps": [{"color": "green", "value": None}]}}
    if unit in ("percentunit",):
        defaults |= {"min": 0, "max": 1}
    if unit == "currencyUSD":
        # Most calls cost less than a cent.
        defaults |= {"decimals": 4}
    if title in ("Errors", "Rate limits used"):
        defaults["thresholds"]["steps"] += [{"color": "orange", "value": 0.05}, {"color": "red", "value": 0.1}]
        if title == "Rate limits used":
            defaults["thresholds"]["steps"] = [{"color": "green", "value": None}, {"color": "orange", "value": 0.7}, {"color": "red", "value": 0.9}]
    if kind == "timeseries":
        defaults |= {"custom": {"drawStyle": "line", "lineInterpolation": "linear", "fillOpacity": 10, "showPoints": "never", "spanNulls": False}}
    reduce = {"calcs": ["lastNotNull"], "fields": "", "values": False}
    options = {
        "stat": {"reduceOptions": reduce, "colorMode": "value", "graphMode": "none", "textMode": "auto"},
        "gauge": {"reduceOptions": reduce, "showThresholdMarkers": True},
        "bargauge": {"reduceOptions": reduce, "orientation": "horizontal", "displayMode": "basic"},
        "piechart": {"reduceOptions": reduce, "pieType": "donut", "legend": {"displayMode": "table", "placement": "right", "values": ["value", "percent"]}},
        "timeseries": {"legend": {"displayMode": "list", "placement": "bottom"}, "tooltip": {"mode": "multi", "sort": "desc"}},
        "table": {"showHeader": True},
    }[kind]
    made = {
        "id": number, "type": kind, "title": title, "description": description, "gridPos": place, "datasource": SOURCE,
        "fieldConfig": {"defaults": defaults, "overrides": []}, "options": options,
        "targets": [target(place, kind, query, legend) for place, (query, legend) in enumerate(queries)],
    }  # fmt: skip
    if kind == "table":
        extra = table(queries)
        made["transformations"] = extra["transformations"]
        made["fieldConfig"]["overrides"] = extra["overrides"]
    return made


def variable(name: str, label: str, query: str) -> dict:
    return {
        "name": name, "label": label, "type": "query", "datasource": SOURCE, "definition": query,
        "query": {"query": query, "refId": name}, "refresh": 2, "sort": 1, "multi": True, "includeAll": True, "allValue": ".*",
        "current": {"selected": True, "text": ["All"], "value": ["$__all"]}, "hide": 0, "regex": "", "skipUrlSync": False, "options": [],
    }  # fmt: skip


def dashboard() -> dict:
    panels = []
    number = top = 0
    for title, members in ROWS:
        number += 1
        panels.append({"id": number, "type": "row", "title": title, "collapsed": False, "gridPos": {"h": 1, "w": 24, "x": 0, "y": top}, "panels": []})
        top += 1
        left = height = 0
        for kind, width, *rest in members:
            if left + width > 24:
                left, top, height = 0, top + height, 0
            number += 1
            tall = HEIGHTS.get(kind, 8)
            panels.append(panel(number, {"h": tall, "w": width, "x": left, "y": top}, kind, *rest))
            left += width
            height = max(height, tall)
        top += height
    return {
        "uid": "mcp-meter", "title": "MCP model calls: usage and cost", "tags": ["mcp", "mcp-meter", "cost"],
        "description": "What MCP servers ask of models, what it costs and what it is worth. Filled by `mcp-meter serve`.",
        "schemaVersion": 38, "version": 1, "editable": False, "graphTooltip": 1, "refresh": "30s", "timezone": "",
        "time": {"from": "now-6h", "to": "now"}, "timepicker": {}, "fiscalYearStartMonth": 0, "liveNow": False, "weekStart": "",
        "links": [], "annotations": {"list": []},
        "templating": {"list": [
            {"name": "datasource", "label": "Data source", "type": "datasource", "query": "prometheus", "current": {}, "hide": 0,
             "includeAll": False, "multi": False, "options": [], "refresh": 1, "regex": "", "skipUrlSync": False},
            variable("job", "Job", "label_values(mcp_meter_build_info, job)"),
            variable("instance", "Instance", 'label_values(mcp_meter_build_info{job=~"$job"}, instance)'),
            variable("provider", "Provider", f"label_values(mcp_ai_requests_total{{{ALL}}}, provider)"),
            variable("model", "Model", f"label_values(mcp_ai_requests_total{{{PROVIDER}}}, model)"),
        ]},
        "panels": panels,
    }  # fmt: skip


def main() -> int:
    text = json.dumps(dashboard(), indent=2) + "\n"
    if "--check" in sys.argv[1:]:
        return 0 if FILE.read_text() == text else 1
    FILE.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
