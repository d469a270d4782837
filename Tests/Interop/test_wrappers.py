"""wrappers/: they find mcp-meter, say which provider and model it is, and run the server come what may."""

import json
import os
import pathlib
import shutil
import subprocess

import pytest
from support.relay import ROOT, Bench, binary

WRAPPERS = ROOT / "wrappers"
SCRIPTS = ("gemini-mcp", "grok-mcp", "mcp-meter-wrap")
DEFAULTS = {"gemini-mcp": ("google", "gemini-2.5-pro", "gemini-mcp-tool"), "grok-mcp": ("xai", "grok-4", "grok-mcp")}

# Stands in for npx: writes down how it was called, and answers one call with a plain text.
NPX = """#!/bin/sh
printf '%s\\n' "$@" >"$0.arguments"
env >"$0.environment"
while read -r line; do
    printf '%s\\n' '{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"Paris, the capital."}]}}'
done
"""
CALL = {"jsonrpc": "2.0", "id": 1, "method": "tools/call"}
CALL["params"] = {"name": "ask", "arguments": {"prompt": "What is the capital of France?"}}


def executable(path: pathlib.Path, text: str) -> pathlib.Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


@pytest.fixture
def npx(tmp_path: pathlib.Path) -> pathlib.Path:
    return executable(tmp_path / "bin" / "npx", NPX)


@pytest.fixture
def installed(tmp_path: pathlib.Path) -> pathlib.Path:
    """The wrappers somewhere without a source tree around them, and no mcp-meter anywhere."""
    directory = tmp_path / "installed" / "wrappers"
    shutil.copytree(WRAPPERS, directory)
    return directory


def run(bench: Bench, script: pathlib.Path, *arguments: str, path: list[pathlib.Path], **extra: str) -> subprocess.CompletedProcess:
    search = os.pathsep.join([*map(str, path), "/usr/bin", "/bin"])
    environment = bench.environment(extra | {"PATH": search})
    line = json.dumps(CALL).encode() + b"\n"
    return subprocess.run([str(script), *arguments], input=line, capture_output=True, env=environment, timeout=20)


def beside(directory: pathlib.Path) -> pathlib.Path:
    """mcp-meter as it lies beside the wrappers."""
    return executable(directory / "mcp-meter", f'#!/bin/sh\nexec "{binary()}" "$@"\n')


@pytest.mark.parametrize("name", DEFAULTS)
def test_the_well_known_server(metered: Bench, npx: pathlib.Path, installed: pathlib.Path, name: str):
    provider, model, package = DEFAULTS[name]
    beside(installed)
    done = run(metered, installed / name, path=[npx.parent])
    assert done.returncode == 0 and done.stderr == b"", done.stderr
    assert b"Paris, the capital." in done.stdout
    assert pathlib.Path(f"{npx}.arguments").read_text().split() == ["-y", package]
    assert "MCP_METER" not in pathlib.Path(f"{npx}.environment").read_text()
    call = metered.ledger().call("tools/call")
    assert (call["provider"], call["model"]) == (provider, model)
    # A server mcp-meter has a profile of says it itself; the wrapper is for those it has none of.
    assert call["model_source"] in ("config", "profile")


@pytest.mark.parametrize("name", DEFAULTS)
def test_what_the_wrapper_assumes_gives_way(metered: Bench, npx: pathlib.Path, installed: pathlib.Path, name: str):
    """Of a server nobody knows: the wrapper's names, or the user's where there are any."""
    beside(installed)
    server = executable(npx.parent / "a-server", NPX)
    provider, model, _ = DEFAULTS[name]
    users = {"MCP_METER_PROVIDER": "openrouter", "MCP_METER_MODEL": "meta-llama/llama-3-70b"}
    assert run(metered, installed / name, str(server), path=[npx.parent]).returncode == 0
    assert run(metered, installed / name, str(server), path=[npx.parent], **users).returncode == 0
    found = [(call["provider"], call["model"], call["model_source"]) for call in metered.ledger().matching("tools/call")]
    assert sorted(found) == sorted(
        [(provider, model, "config"), ("openrouter", "meta-llama/llama-3-70b", "config")]
    )


@pytest.mark.parametrize("name", DEFAULTS)
def test_a_server_of_ones_own(metered: Bench, npx: pathlib.Path, installed: pathlib.Path, name: str):
    beside(installed)
    server = executable(npx.parent / "a server", NPX)
    done = run(metered, installed / name, str(server), "--flag", "two words", path=[npx.parent])
    assert done.returncode == 0, done.stderr
    assert pathlib.Path(f"{server}.arguments").read_text() == "--flag\ntwo words\n"
    assert not pathlib.Path(f"{npx}.arguments").exists()


def test_where_mcp_meter_is_looked_for(unmetered: Bench, installed: pathlib.Path, tmp_path: pathlib.Path):
    places = [installed / "mcp-meter", tmp_path / "path" / "mcp-meter", installed / "../.build/release/mcp-meter"]
    for place in places:
        executable(place, f"#!/bin/sh\necho {place}\n")
    for place in places:
        done = run(unmetered, installed / "mcp-meter-wrap", "cat", path=[tmp_path / "path"])
        assert done.stdout.decode().strip() == str(place)
        place.unlink()


def test_called_through_symbolic_links(unmetered: Bench, npx: pathlib.Path, installed: pathlib.Path, tmp_path: pathlib.Path):
    executable(installed / "mcp-meter", "#!/bin/sh\necho found\n")
    (tmp_path / "links").mkdir()
    (tmp_path / "links" / "one").symlink_to(installed / "gemini-mcp")
    (tmp_path / "links" / "two").symlink_to("one")
    done = run(unmetered, tmp_path / "links" / "two", path=[npx.parent])
    assert done.stdout == b"found\n", done.stderr


@pytest.mark.parametrize("name", SCRIPTS)
def test_without_mcp_meter_the_server_runs_unmetered(metered: Bench, npx: pathlib.Path, installed: pathlib.Path, name: str):
    arguments = [str(npx)] if name == "mcp-meter-wrap" else []
    done = run(metered, installed / name, *arguments, path=[npx.parent], EVALOPS_TOKEN="secret")
    assert done.returncode == 0
    assert b"Paris, the capital." in done.stdout
    lines = done.stderr.decode().splitlines()
    assert len(lines) == 1 and "unmetered" in lines[0], lines
    seen = pathlib.Path(f"{npx}.environment").read_text()
    assert "MCP_METER" not in seen and "EVALOPS" not in seen


@pytest.mark.parametrize("name", DEFAULTS)
def test_without_npx_it_says_what_to_do(unmetered: Bench, installed: pathlib.Path, tmp_path: pathlib.Path, name: str):
    tools = tmp_path / "tools"
    tools.mkdir()
    for tool in ("dirname", "readlink", "env", "sed", "sh"):
        (tools / tool).symlink_to(shutil.which(tool))
    environment = unmetered.environment({"PATH": str(tools)})
    done = subprocess.run([str(installed / name)], capture_output=True, env=environment, timeout=20)
    assert done.returncode == 127
    assert "npx" in done.stderr.decode() and DEFAULTS[name][2] in done.stderr.decode()
    assert len(done.stderr.decode().splitlines()) == 1


@pytest.mark.parametrize("arguments", [[], ["--provider"], ["--nonsense", "cat"], ["--provider", "x", "--"]])
def test_wrong_usage_is_explained(unmetered: Bench, arguments: list[str]):
    done = run(unmetered, WRAPPERS / "mcp-meter-wrap", *arguments, path=[])
    assert done.returncode == 64
    assert b"usage: mcp-meter-wrap" in done.stderr


@pytest.mark.parametrize("name", SCRIPTS)
def test_they_are_plain_posix_shell(name: str):
    assert (WRAPPERS / name).read_text().startswith("#!/bin/sh\n")
    assert os.access(WRAPPERS / name, os.X_OK)
    subprocess.run(["dash", "-n", str(WRAPPERS / name)], check=True)


def test_the_example_configuration_uses_what_is_there():
    servers = json.loads((ROOT / "examples" / ".mcp.json").read_text())["mcpServers"]
    for server in servers.values():
        command = server["command"]
        assert command == "mcp-meter" or (WRAPPERS / command.rpartition("/wrappers/")[2]).is_file()
        assert server["env"]["MCP_METER"] == "on"
