"""examples/ and wrappers/: every file is used by a test, and every client's configuration meters a call."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tomllib
from fnmatch import fnmatch

import pytest
from support import documents, ledger, stage
from support.relay import ROOT
from support.stage import Stage

CLIENT = ROOT / "Tests" / "Interop" / "support" / "client.py"

# Which test uses which file: the test's file, and a word of it. Of several rows the first that fits.
USED_BY = {
    "examples/clients/*/*": ("Tests/Interop/test_examples.py", "test_the_configuration_of_each_client"),
    "examples/.mcp.json": ("Tests/Interop/test_examples.py", "test_the_configuration_with_each_wrapper"),
    "examples/prices.json": ("Tests/EndToEndTests/ExampleTests.swift", "prices.json"),
    "examples/profiles.json": ("Tests/EndToEndTests/ExampleTests.swift", "profiles.json"),
    "examples/routes.json": ("Tests/EndToEndTests/RouteTests.swift", "routes.json"),
    "examples/clickhouse/*.sql": ("Tests/Interop/test_report.py", "examples/clickhouse"),
    "examples/duckdb/*.sql": ("Tests/Interop/test_report.py", "examples/duckdb/schema.sql"),
    "examples/docker/compose.yml": ("Tests/Interop/test_services.py", "test_the_composition_mounts_what_there_is"),
    "examples/evalops/schema.json": ("Tests/Interop/support/evalops.py", "schema.json"),
    "examples/grafana/dashboards/mcp-meter.json": ("Tests/Interop/test_grafana.py", "test_it_is_what_the_generator_writes"),
    "examples/grafana/provisioning/*": ("Tests/Interop/test_grafana.py", "test_the_provisioning_files_name_what_there_is"),
    "examples/launchd/com.mcp-meter.serve.plist": ("Tests/Interop/test_services.py", "test_the_launch_agent"),
    "examples/ledger/s*": ("Tests/Interop/test_ledger_examples.py", "test_the_sample_is_a_ledger"),
    "examples/mosaic/schema.json": ("Tests/Interop/test_mosaic.py", "schema.json"),
    "examples/otel-collector/config.yaml": ("Tests/Interop/test_otlp.py", "test_the_example_collector_takes_what_is_sent_by_default"),
    "examples/packaging/*.md": ("Tests/Interop/test_documents.py", "test_links_lead_somewhere"),
    "examples/packaging/Dockerfile*": ("Tests/Interop/test_packaging.py", "test_the_image"),
    "examples/packaging/mcp-meter.rb": ("Tests/Interop/test_packaging.py", "formula"),
    "examples/packaging/*.sh": (".ci/run", "examples/packaging/*.sh"),
    "examples/ledger/policy.jsonl": ("Tests/RecordsTests/PolicyLedger.swift", "policy.jsonl"),
    "examples/prometheus/*.yml": ("Tests/Interop/test_prometheus.py", "test_promtool_takes_the_examples"),
    "examples/prometheus/METRICS.md": ("Tests/Interop/test_prometheus.py", "test_the_documentation_says_what_metrics_shows"),
    "examples/systemd/mcp-meter.service": ("Tests/Interop/test_services.py", "test_the_unit_is_one_systemd_takes"),
    "examples/systemd/mcp-meter-report.*": ("Tests/Interop/test_examples.py", "test_the_weekly_mail_is_a_unit_systemd_takes"),
    "examples/*.md": ("Tests/Interop/test_documents.py", "test_links_lead_somewhere"),
    "wrappers/*": ("Tests/Interop/test_wrappers.py", "test_the_well_known_server"),
}  # fmt: skip


def shown() -> list[str]:
    return [name for name in stage.files() if name.startswith(("examples/", "wrappers/"))]


@pytest.mark.parametrize("name", shown())
def test_every_file_is_used_by_a_test(name: str):
    found = [test for pattern, test in USED_BY.items() if fnmatch(name, pattern)]
    assert found, f"no test uses {name}: write one, and a row in USED_BY"
    file, word = found[0]
    assert word in (ROOT / file).read_text(), f"{file} has no {word!r}, which is to use {name}"


def test_no_row_is_out_of_date():
    for pattern in USED_BY:
        assert any(fnmatch(name, pattern) for name in shown()), f"there is no {pattern}"


def test_the_weekly_mail_is_a_unit_systemd_takes(tmp_path: pathlib.Path):
    units = sorted((ROOT / "examples" / "systemd").glob("mcp-meter-report.*"))
    for unit in units:
        shutil.copy(unit, tmp_path)
    environment = dict(os.environ) | {"XDG_RUNTIME_DIR": str(tmp_path), "HOME": str(tmp_path)}
    (tmp_path / ".local" / "bin").mkdir(parents=True)
    # Where the unit says the program is.
    shutil.copy("/bin/true", tmp_path / ".local" / "bin" / "mcp-meter")
    words = ["systemd-analyze", "--user", "verify", *(str(tmp_path / unit.name) for unit in units)]
    done = subprocess.run(words, capture_output=True, text=True, env=environment, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


# Clients.

KEYS = ("GEMINI_API_KEY", "XAI_API_KEY", "OPENAI_API_KEY", "PERPLEXITY_API_KEY", "MISTRAL_API_KEY")
# What a person has in the environment that the client was started in.
SHELL = {key: f"a-{key.lower()}" for key in KEYS}


def braced(text: str) -> str:
    """`${NAME}`: Claude Code."""
    return re.sub(r"\$\{(\w+)\}", lambda found: SHELL[found[1]], text)


def prefixed(text: str) -> str:
    """`${env:NAME}`: Cursor, Windsurf, VS Code. `${input:id}` is asked for."""
    text = re.sub(r"\$\{input:[\w-]+\}", "a-gemini_api_key", text)
    return re.sub(r"\$\{env:(\w+)\}", lambda found: SHELL[found[1]], text)


def bare(text: str) -> str:
    """`$NAME`: the Gemini CLI."""
    return re.sub(r"\$(\w+)", lambda found: SHELL[found[1]], text)


def verbatim(text: str) -> str:
    """Claude Desktop and Codex fill in nothing."""
    return text


FILLS_IN = {
    "claude-code/.mcp.json": braced,
    "claude-desktop/claude_desktop_config.json": verbatim,
    "codex/config.toml": verbatim,
    "cursor/mcp.json": prefixed,
    "gemini-cli/settings.json": bare,
    "vscode/mcp.json": prefixed,
    "windsurf/mcp_config.json": prefixed,
}


def servers(text: str, is_toml: bool = False) -> dict[str, dict]:
    """The servers of a configuration, by the three names their table has."""
    document = tomllib.loads(text) if is_toml else json.loads(text)
    for wanted in re.findall(r"\$\{input:([\w-]+)\}", text):
        assert wanted in [each["id"] for each in document["inputs"]], wanted
    (table,) = {"mcpServers", "servers", "mcp_servers"} & document.keys()
    return document[table]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    place = Stage(tmp_path_factory.mktemp("examples"))
    built = place.directory / "deep-code-reasoning-mcp" / "dist" / "index.js"
    built.parent.mkdir(parents=True)
    built.touch()
    return place


def meter_a_call(place: Stage, server: dict, tool: str, fill_in=verbatim) -> tuple[dict, dict[str, str]]:
    """Starts it as a client does, with as little environment, and asks it once: the record, with what was started, and
    the variables of the configuration."""
    home = place.home()
    shutil.rmtree(home / ".local" / "state")
    here = [("/usr/local/bin/", f"{place.bin}/"), ("/path/to/mcp-meter/", f"{place.tree}/"), ("/path/to/", f"{place.directory}/")]

    def placed(text: str) -> str:
        for there, ours in here:
            text = text.replace(there, ours)
        return text

    ours = place.environment(home)
    few = {name: ours[name] for name in ("HOME", "PATH", "STANDINS", "METER", "PYTHON")}
    own = {name: fill_in(placed(value)) for name, value in server.get("env", {}).items()}
    own |= {name: SHELL[name] for name in server.get("env_vars", [])}
    if "PATH" in own:
        own["PATH"] = f"{place.bin}:{own['PATH']}"
    started = {"command": placed(server["command"]), "args": [placed(word) for word in server.get("args", [])], "env": few | own}
    command = [sys.executable, str(CLIENT), json.dumps(started), tool]
    done = place.world.run(command, cwd=home, env=few)
    assert done.status == 0, done
    assert not done.errors, done.errors
    answers = [json.loads(line) for line in done.output.splitlines()]
    assert [answer["id"] for answer in answers] == [1, 2] and answers[1]["result"]["content"], answers
    call = ledger.read(home / ".local" / "state" / "mcp-meter").call("tools/call")
    log = (home / "standins.log").read_text()
    return call | {"started": log}, own


def asked(name: str) -> tuple[str, str, str]:
    """A tool of the sample server that answers as the server of this name would, and what is to be known of its call.

    It speaks as Gemini and Grok do; a server of anybody else is stood in for by a tool that reports nothing, so that
    the configuration's own assumption is what is known.
    """
    if "grok" in name:
        return "ask_grok", "grok-4-fast", "reported"
    assumed = {"openai": "gpt-4o", "ollama": "llama3.2", "perplexity": "sonar-pro", "anything-else": "mistral-large-latest"}
    return ("start_conversation", assumed[name], "estimated") if name in assumed else ("ask_gemini", "gemini-2.5-pro", "reported")


def hold_to(call: dict, tool: str, model: str, source: str) -> None:
    assert (call["tool"], call["model"], call["usage"]["source"]) == (tool, model, source), call
    assert call["cost"]["source"] in ("reported", "priced") and call["client"] == "a-client", call


@pytest.mark.parametrize("name", FILLS_IN)
def test_the_configuration_of_each_client(name: str, place: Stage):
    path = ROOT / "examples" / "clients" / name
    for server_name, server in servers(path.read_text(), path.suffix == ".toml").items():
        known = asked(server_name)
        call, environment = meter_a_call(place, server, known[0], FILLS_IN[name])
        hold_to(call, *known)
        assert re.fullmatch(r"npx -y \S+\n", call["started"]), call["started"]
        assert environment["MCP_METER"] == "on"
        assert not any("$" in value for value in environment.values()), environment
        assert any(key in environment for key in KEYS)


def test_every_client_has_a_row():
    listed = [name.removeprefix("examples/clients/") for name in shown() if name.startswith("examples/clients/")]
    assert sorted(name for name in listed if not name.endswith(".md")) == sorted(FILLS_IN)
    page = (ROOT / "examples" / "clients" / "README.md").read_text()
    assert all(f"({name})" in page for name in FILLS_IN)


@pytest.mark.parametrize("name", servers((ROOT / "examples" / ".mcp.json").read_text()))
def test_the_configuration_with_each_wrapper(name: str, place: Stage):
    server = servers((ROOT / "examples" / ".mcp.json").read_text())[name]
    known = asked(name)
    call, _ = meter_a_call(place, server, known[0], braced)
    hold_to(call, *known)
    assert call["started"].startswith(("npx ", "node ", "uvx ")), call["started"]


def test_the_configuration_uses_every_wrapper():
    used = {server["command"].rpartition("/")[2] for server in servers((ROOT / "examples" / ".mcp.json").read_text()).values()}
    assert used == {path.name for path in (ROOT / "wrappers").iterdir()}


CONFIGURATIONS = [
    block for document in documents.documents() for block in documents.blocks(document)
    if block.language == "json" and '"mcpServers"' in block.text
]  # fmt: skip


@pytest.mark.parametrize("block", CONFIGURATIONS, ids=lambda block: block.name)
def test_the_configuration_that_a_document_shows(block: documents.Block, place: Stage):
    for name, server in servers(block.text).items():
        known = asked(name)
        call, _ = meter_a_call(place, server, known[0], braced)
        hold_to(call, *known)
