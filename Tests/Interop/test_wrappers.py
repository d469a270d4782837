"""wrappers/: they find mcp-meter, say which provider and model it is, and run the server come what may."""

import json
import os
import pathlib
import shutil
import subprocess
from dataclasses import dataclass

import pytest
from support.relay import ROOT, Bench, binary

WRAPPERS = ROOT / "wrappers"
GENERIC = "mcp-meter-wrap"


@dataclass(frozen=True)
class Wrapped:
    """What a wrapper assumes, what it starts by default, and what that cannot ask its models without."""

    provider: str
    model: str
    command: tuple[str, ...]
    needs: str | None = None

    @property
    def launcher(self) -> str:
        return self.command[0]


DEFAULTS = {
    "gemini-mcp": Wrapped("google", "gemini-2.5-pro", ("npx", "-y", "gemini-mcp-tool"), "gemini"),
    "grok-mcp": Wrapped("xai", "grok-4.20-multi-agent", ("npx", "-y", "@pkwadsy/grok-mcp"), "XAI_API_KEY"),
    "openai-mcp": Wrapped("openai", "gpt-4o", ("npx", "-y", "@mzxrai/mcp-openai"), "OPENAI_API_KEY"),
    "ollama-mcp": Wrapped("ollama", "llama3.2", ("npx", "-y", "ollama-mcp")),
    "perplexity-mcp": Wrapped("perplexity", "sonar-pro", ("npx", "-y", "@perplexity-ai/mcp-server"), "PERPLEXITY_API_KEY"),
    "deep-code-reasoning-mcp": Wrapped(
        "google", "gemini-2.5-pro-preview-06-05", ("node", "deep-code-reasoning-mcp/dist/index.js"), "GEMINI_API_KEY"
    ),
}
SCRIPTS = (*DEFAULTS, GENERIC)
# What the scripts themselves call; where only these are, no server can be started.
TOOLS = ("dirname", "env", "printenv", "realpath", "sed", "sh")

# Stands in for npx and node: writes down how it was called, and answers one call with a plain text.
LAUNCHER = """#!/bin/sh
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


@dataclass
class Place:
    """The wrappers somewhere without a source tree around them, no mcp-meter anywhere, and launchers that only note it."""

    directory: pathlib.Path

    @property
    def wrappers(self) -> pathlib.Path:
        return self.directory / "installed" / "wrappers"

    @property
    def bin(self) -> pathlib.Path:
        return self.directory / "bin"

    def arguments(self, launcher: str) -> list[str]:
        return pathlib.Path(f"{self.bin / launcher}.arguments").read_text().splitlines()

    def seen(self, launcher: str) -> str:
        return pathlib.Path(f"{self.bin / launcher}.environment").read_text()

    def needed(self) -> dict[str, str]:
        """All that any of the servers needs: the keys, and where deep-code-reasoning-mcp was built."""
        server = self.directory / "deep-code-reasoning-mcp"
        (server / "dist").mkdir(parents=True, exist_ok=True)
        (server / "dist" / "index.js").touch()
        executable(self.bin / "gemini", "#!/bin/sh\n")
        keys = {each.needs: "a-key" for each in DEFAULTS.values() if each.needs and each.needs.isupper()}
        return keys | {"DEEP_CODE_REASONING_DIR": str(server)}


@pytest.fixture
def place(tmp_path: pathlib.Path) -> Place:
    place = Place(tmp_path)
    shutil.copytree(WRAPPERS, place.wrappers)
    for launcher in ("npx", "node"):
        executable(place.bin / launcher, LAUNCHER)
    return place


def run(bench: Bench, script: pathlib.Path, *arguments: str, path: list[pathlib.Path], **extra: str) -> subprocess.CompletedProcess:
    # The system's own npx and node come after the test's, so that none of them is started.
    search = os.pathsep.join([*map(str, path), "/usr/bin", "/bin"])
    environment = bench.environment(extra | {"PATH": search})
    line = json.dumps(CALL).encode() + b"\n"
    return subprocess.run([str(script), *arguments], input=line, capture_output=True, env=environment, timeout=20)


def run_alone(bench: Bench, place: Place, name: str, tools: tuple[str, ...], **extra: str) -> subprocess.CompletedProcess:
    """With nothing on PATH but these."""
    search = place.directory / "tools"
    search.mkdir()
    for tool in tools:
        (search / tool).symlink_to(place.bin / tool if (place.bin / tool).exists() else shutil.which(tool) or "")
    environment = bench.environment(extra | {"PATH": str(search)})
    return subprocess.run(
        [str(place.wrappers / name)], stdin=subprocess.DEVNULL, capture_output=True, text=True, env=environment, timeout=20
    )


def beside(place: Place) -> pathlib.Path:
    """mcp-meter as it lies beside the wrappers."""
    return executable(place.wrappers / "mcp-meter", f'#!/bin/sh\nexec "{binary()}" "$@"\n')


@pytest.mark.parametrize("name", DEFAULTS)
def test_the_well_known_server(metered: Bench, place: Place, name: str):
    wrapped = DEFAULTS[name]
    beside(place)
    done = run(metered, place.wrappers / name, path=[place.bin], **place.needed())
    assert done.returncode == 0 and done.stderr == b"", done.stderr
    assert b"Paris, the capital." in done.stdout
    arguments = place.arguments(wrapped.launcher)
    assert [word.removeprefix(f"{place.directory}/") for word in arguments] == list(wrapped.command[1:])
    assert "MCP_METER" not in place.seen(wrapped.launcher)
    call = metered.ledger().call("tools/call")
    assert (call["provider"], call["model"]) == (wrapped.provider, wrapped.model)
    # A server mcp-meter has a profile of says it itself; the wrapper is for those it has none of.
    assert call["model_source"] in ("config", "profile")
    # A model without a price would be an odd one to assume.
    assert call["cost"]["source"] == "priced"


@pytest.mark.parametrize("name", DEFAULTS)
def test_what_the_wrapper_assumes_gives_way(metered: Bench, place: Place, name: str):
    """Of a server nobody knows: the wrapper's names, or the user's where there are any."""
    beside(place)
    server = executable(place.bin / "a-server", LAUNCHER)
    wrapped = DEFAULTS[name]
    users = {"MCP_METER_PROVIDER": "openrouter", "MCP_METER_MODEL": "meta-llama/llama-3-70b"}
    assert run(metered, place.wrappers / name, str(server), path=[place.bin]).returncode == 0
    assert run(metered, place.wrappers / name, str(server), path=[place.bin], **users).returncode == 0
    found = [(call["provider"], call["model"], call["model_source"]) for call in metered.ledger().matching("tools/call")]
    assert sorted(found) == sorted(
        [(wrapped.provider, wrapped.model, "config"), ("openrouter", "meta-llama/llama-3-70b", "config")]
    )


@pytest.mark.parametrize("name", DEFAULTS)
def test_a_server_of_ones_own(metered: Bench, place: Place, name: str):
    beside(place)
    server = executable(place.bin / "a server", LAUNCHER)
    done = run(metered, place.wrappers / name, str(server), "--flag", "two words", path=[place.bin])
    # It may have its key under another name: nothing is said of the default server's.
    assert done.returncode == 0 and done.stderr == b"", done.stderr
    assert place.arguments("a server") == ["--flag", "two words"]
    assert not pathlib.Path(f"{place.bin / DEFAULTS[name].launcher}.arguments").exists()


def test_where_mcp_meter_is_looked_for(unmetered: Bench, place: Place, tmp_path: pathlib.Path):
    places = [place.wrappers / "mcp-meter", tmp_path / "path" / "mcp-meter", place.wrappers / "../.build/release/mcp-meter"]
    for found in places:
        executable(found, f"#!/bin/sh\necho {found}\n")
    for found in places:
        done = run(unmetered, place.wrappers / GENERIC, "cat", path=[tmp_path / "path"])
        assert done.stdout.decode().strip() == str(found)
        found.unlink()


def test_called_through_symbolic_links(unmetered: Bench, place: Place, tmp_path: pathlib.Path):
    executable(place.wrappers / "mcp-meter", "#!/bin/sh\necho found\n")
    (tmp_path / "links").mkdir()
    (tmp_path / "links" / "one").symlink_to(place.wrappers / "ollama-mcp")
    (tmp_path / "links" / "two").symlink_to("one")
    done = run(unmetered, tmp_path / "links" / "two", path=[place.bin])
    assert done.stdout == b"found\n", done.stderr


@pytest.mark.parametrize("name", SCRIPTS)
def test_without_mcp_meter_the_server_runs_unmetered(metered: Bench, place: Place, name: str):
    launcher = DEFAULTS[name].launcher if name in DEFAULTS else "npx"
    arguments = [str(place.bin / "npx")] if name == GENERIC else []
    done = run(metered, place.wrappers / name, *arguments, path=[place.bin], EVALOPS_TOKEN="secret", **place.needed())
    assert done.returncode == 0
    assert b"Paris, the capital." in done.stdout
    lines = done.stderr.decode().splitlines()
    assert len(lines) == 1 and "unmetered" in lines[0], lines
    seen = place.seen(launcher)
    assert "MCP_METER" not in seen and "EVALOPS" not in seen


@pytest.mark.parametrize("name", DEFAULTS)
def test_without_its_launcher_it_says_what_to_do(unmetered: Bench, place: Place, name: str):
    wrapped = DEFAULTS[name]
    done = run_alone(unmetered, place, name, TOOLS, **place.needed())
    assert done.returncode == 127
    (line,) = done.stderr.splitlines()
    for word in (f"no {wrapped.launcher} on PATH", wrapped.command[-1], "Node.js", "another server's command"):
        assert word in line, line


@pytest.mark.parametrize("name", [name for name, wrapped in DEFAULTS.items() if wrapped.needs])
def test_without_its_key_it_says_so_and_starts(metered: Bench, place: Place, name: str):
    """The server may have its key from a file; without one it says itself that a call failed."""
    wrapped = DEFAULTS[name]
    beside(place)
    variables = {key: value for key, value in place.needed().items() if key != wrapped.needs}
    (place.bin / "gemini").unlink()
    done = run_alone(metered, place, name, (*TOOLS, "cat", "npx", "node"), **variables)
    assert done.returncode == 0, done.stderr
    (line,) = done.stderr.splitlines()
    assert wrapped.needs in line and wrapped.command[-1] in line, line
    assert len(metered.ledger().of("session")) == 2


def test_deep_code_reasoning_must_have_been_built(unmetered: Bench, place: Place):
    script = place.wrappers / "deep-code-reasoning-mcp"
    for variables, said in (
        ({}, "no $DEEP_CODE_REASONING_DIR/dist/index.js"),
        ({"DEEP_CODE_REASONING_DIR": "/nowhere"}, "no /nowhere/dist/index.js"),
    ):
        done = run(unmetered, script, path=[place.bin], **variables)
        (line,) = done.stderr.decode().splitlines()
        assert done.returncode == 127 and said in line and "build" in line, line


@pytest.mark.parametrize("arguments", [[], ["--provider"], ["--nonsense", "cat"], ["--provider", "x", "--"]])
def test_wrong_usage_is_explained(unmetered: Bench, arguments: list[str]):
    done = run(unmetered, WRAPPERS / GENERIC, *arguments, path=[])
    assert done.returncode == 64
    assert b"usage: mcp-meter-wrap" in done.stderr


def test_the_directory_holds_these_and_nothing_else():
    assert sorted(path.name for path in WRAPPERS.iterdir()) == sorted(SCRIPTS)


@pytest.mark.parametrize("name", SCRIPTS)
def test_they_are_plain_posix_shell(name: str):
    assert (WRAPPERS / name).read_text().startswith("#!/bin/sh\n")
    assert os.access(WRAPPERS / name, os.X_OK)
    subprocess.run(["dash", "-n", str(WRAPPERS / name)], check=True)
    subprocess.run(["shellcheck", "--severity=style", str(WRAPPERS / name)], check=True)
