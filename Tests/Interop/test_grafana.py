"""The dashboards as files: what Grafana's importer and its linter would find. What their queries give is seen in
test_prometheus.py."""

import json
import pathlib
import re
import subprocess
import sys

import pytest
import yaml
from support.prometheus import EXAMPLES
from support.relay import ROOT

GRAFANA = ROOT / "examples" / "grafana"
FILES = sorted((GRAFANA / "dashboards").glob("*.json"))
VISUAL = {"stat", "timeseries", "bargauge", "gauge", "piechart", "table"}
# Grafana's own ids of units, of those used here.
UNITS = {"short", "reqpm", "percentunit", "s", "bytes", "currencyUSD"}


def panels(dashboard: dict) -> list[dict]:
    return [panel for row in dashboard["panels"] for panel in [row, *row.get("panels", [])]]


@pytest.fixture(params=FILES, ids=lambda path: path.stem)
def dashboard(request: pytest.FixtureRequest) -> dict:
    return json.loads(request.param.read_text())


def test_it_is_what_the_generator_writes():
    program = ROOT / "Tests" / "Tools" / "generate_dashboards.py"
    done = subprocess.run([sys.executable, program, "--check"], timeout=60)
    assert done.returncode == 0, "run Tests/Tools/generate_dashboards.py"


def test_there_are_enough_panels():
    seen = [panel for path in FILES for panel in panels(json.loads(path.read_text())) if panel["type"] != "row"]
    assert len(seen) >= 24
    text = json.dumps(seen)
    for label in ("provider", "model", "agent_id", "tool", "event_type"):
        assert re.search(rf"by \([^)]*\b{label}\b", text), label


def test_it_is_a_dashboard_of_the_classic_model(dashboard: dict):
    assert dashboard["schemaVersion"] == 38 and isinstance(dashboard["version"], int)
    assert re.fullmatch(r"[a-zA-Z0-9_-]{1,40}", dashboard["uid"]) and dashboard["title"] and dashboard["description"]
    assert dashboard.get("id") is None and "__inputs" not in dashboard
    assert set(dashboard["time"]) == {"from", "to"} and dashboard["refresh"] == "30s"
    assert isinstance(dashboard["annotations"]["list"], list) and dashboard["tags"]


def test_every_panel_says_what_it_shows(dashboard: dict):
    ids = [panel["id"] for panel in panels(dashboard)]
    assert len(ids) == len(set(ids))
    titles = [panel["title"] for panel in panels(dashboard) if panel["type"] != "row"]
    assert len(titles) == len(set(titles))
    for panel in panels(dashboard):
        if panel["type"] == "row":
            continue
        assert panel["type"] in VISUAL, panel["title"]
        assert panel["description"].endswith("."), panel["title"]
        assert panel["fieldConfig"]["defaults"]["unit"] in UNITS, panel["title"]
        assert panel["datasource"] == {"type": "prometheus", "uid": "${datasource}"}


def test_every_target_has_a_query(dashboard: dict):
    for panel in panels(dashboard):
        targets = panel.get("targets", [])
        assert bool(targets) == (panel["type"] != "row"), panel["title"]
        letters = [target["refId"] for target in targets]
        assert len(letters) == len(set(letters)), panel["title"]
        for target in targets:
            assert target["expr"].strip() and target["legendFormat"] and target["datasource"]["uid"] == "${datasource}"


def test_panels_do_not_overlap(dashboard: dict):
    taken: dict[tuple[int, int], str] = {}
    for panel in panels(dashboard):
        place = panel["gridPos"]
        assert place["w"] > 0 and place["h"] > 0 and place["x"] >= 0 and place["x"] + place["w"] <= 24, panel["title"]
        for x in range(place["x"], place["x"] + place["w"]):
            for y in range(place["y"], place["y"] + place["h"]):
                assert (x, y) not in taken, f"{panel['title']} lies on {taken[x, y]}"
                taken[x, y] = panel["title"]


def test_the_variables_are_there_and_used(dashboard: dict):
    variables = {variable["name"]: variable for variable in dashboard["templating"]["list"]}
    assert variables["datasource"]["type"] == "datasource" and variables["datasource"]["query"] == "prometheus"
    used = set(re.findall(r"\$\{?(\w+)", json.dumps(dashboard))) - {"__rate_interval", "__range", "__all"}
    assert used == set(variables)
    for variable in variables.values():
        assert variable["label"]
        # A new model has to be in the list without a reload.
        assert variable["refresh"] == (1 if variable["type"] == "datasource" else 2), variable["name"]


def test_queries_follow_the_rules(dashboard: dict):
    families = set(re.findall(r"^## (\S+)", (EXAMPLES / "METRICS.md").read_text(), re.M))
    for panel in panels(dashboard):
        for target in panel.get("targets", []):
            expr = target["expr"]
            for window in re.findall(r"\[(.*?)\]", expr):
                # A fixed hour where the title says so; else what Grafana knows of the scrape interval.
                assert window in ("$__rate_interval", "$__range") or (window == "1h" and "projected" in panel["title"]), expr
            for name in re.findall(r"\bmcp_\w+", expr):
                assert re.sub(r"_(bucket|sum|count)$", "", name) in families or name in families, name
                assert f"{name}{{" in expr and 'job=~"$job",instance=~"$instance"' in expr, expr
            for counter in re.findall(r"(\w+)\((mcp_\w+_total)\b", expr):
                assert counter[0] in ("rate", "increase") or "so far" in panel["title"], expr
            assert not re.search(r"(?<!\()\b(rate|increase)\(", re.sub(r"(sum|topk)[^(]*(\(\w+(, \w+)*\) )?\(", "((", expr)), expr


def test_the_provisioning_files_name_what_there_is():
    (source,) = yaml.safe_load((GRAFANA / "provisioning" / "datasources" / "prometheus.yml").read_text())["datasources"]
    assert source["type"] == "prometheus" and source["url"].endswith(":9090") and source["jsonData"]["timeInterval"] == "15s"
    (provider,) = yaml.safe_load((GRAFANA / "provisioning" / "dashboards" / "mcp-meter.yml").read_text())["providers"]
    assert provider["type"] == "file" and pathlib.PurePath(provider["options"]["path"]).is_absolute()
