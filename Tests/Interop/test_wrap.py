"""`mcp-meter wrap` and `unwrap`: a client that reads what was written starts the server through the
relay, and afterwards every byte is what it was."""

import json
import os
import pathlib
import random
import re
import subprocess
import tempfile
import tomllib
from collections.abc import Callable
from dataclasses import dataclass

import anyio
import pytest
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client
from support import ledger, processes
from support.relay import binary, clean_environment, python


class Desk:
    """A home directory and a project of a user's, and mcp-meter in the project."""

    def __init__(self, directory: pathlib.Path):
        self.home = directory / "home"
        self.project = directory / "work" / "project"
        self.state = directory / "state"
        self.bin = directory / "bin"
        for path in (self.home, self.project, self.bin):
            path.mkdir(parents=True)
        self.mark = processes.new_mark()

    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in clean_environment().items() if not name.startswith(("XDG_", "CODEX_"))}
        return kept | {"HOME": str(self.home), processes.MARK: self.mark}

    def run(self, *words: object, status: int = 0, **environment: str) -> subprocess.CompletedProcess:
        done = subprocess.run(
            [binary(), *map(str, words)],
            env=self.environment() | environment,
            cwd=self.project,
            capture_output=True,
            text=True,
            timeout=30,
        )
        assert done.returncode == status, (done.returncode, done.stdout, done.stderr)
        return done

    def bytes(self) -> dict[str, bytes]:
        """Every file below the home and the project."""
        roots = (self.home, self.project.parent)
        return {str(path): path.read_bytes() for root in roots for path in root.rglob("*") if path.is_file()}


@pytest.fixture
def desk(tmp_path: pathlib.Path):
    desk = Desk(tmp_path)
    yield desk
    processes.kill_marked(desk.mark)


# What a client reads.


def strip_json(text: str) -> str:
    """JSON with comments and trailing commas as strict JSON."""
    text = text.removeprefix("\ufeff")
    string = r'"(?:[^"\\]|\\.)*"'
    text = re.sub(rf"({string})|//[^\n]*|/\*[\s\S]*?\*/", lambda match: match[1] or " ", text)
    return re.sub(rf"({string})|,(?=\s*[\]}}])", lambda match: match[1] or " ", text)


def read_json(data: bytes) -> dict:
    return json.loads(strip_json(data.decode()))


def read_toml(data: bytes) -> dict:
    return tomllib.loads(data.decode().removeprefix("\ufeff"))


@dataclass
class ClientFile:
    name: str
    path: Callable[[Desk], pathlib.Path]
    text: str
    entry: Callable[[dict, Desk], dict]
    read: Callable[[bytes], dict] = read_json
    graphical: bool = False


JSON = """{
  "mcpServers": {
    "sdk": {
      "command": COMMAND,
      "args": [
        ARGUMENTS
      ],
      "env": { "SECRET_OF_MINE": "hunter2" }
    },
    "far": { "type": "http", "url": "https://example.org/mcp", "headers": { "Authorization": "Bearer hunter2" } }
  }
}
"""
VS_CODE = """{
\t// Servers of this workspace.
\t"inputs": [],
\t"servers": {
\t\t/* the one */ "sdk": {
\t\t\t"type": "stdio",
\t\t\t"command": COMMAND, // hunter2
\t\t\t"args": [ARGUMENTS,],
\t\t},
\t},
}""".replace("\n", "\r\n")
CLAUDE_USER = """{"numStartups": 3, "mcpServers": {}, "projects": {"PROJECT": {"history": ["x"],
 "mcpServers": {"sdk": {"type":"stdio","command":COMMAND,"args":[ARGUMENTS],"env":{}}}}}}"""
CODEX = """model = "gpt-5-codex" # mine

[mcp_servers.sdk]
command = COMMAND
args = [
  ARGUMENTS, # the script
]
startup_timeout_sec = 20

[mcp_servers.sdk.env]
SECRET_OF_MINE = 'hunter2'

[projects."/x"]
trust_level = "trusted\""""
CODEX_INLINE = """[mcp_servers]
sdk = { command = COMMAND, args = [ARGUMENTS] }
"""

CLIENTS = [
    ClientFile("claude-code", lambda desk: desk.project / ".mcp.json", JSON, lambda tree, _: tree["mcpServers"]["sdk"]),
    ClientFile(
        "claude-code",
        lambda desk: desk.project.parent / ".mcp.json",
        "\ufeff" + JSON,
        lambda tree, _: tree["mcpServers"]["sdk"],
    ),
    ClientFile(
        "claude-code",
        lambda desk: desk.home / ".claude.json",
        CLAUDE_USER,
        lambda tree, desk: tree["projects"][str(desk.project)]["mcpServers"]["sdk"],
    ),
    ClientFile(
        "claude-desktop",
        lambda desk: desk.home / ".config" / "Claude" / "claude_desktop_config.json",
        JSON,
        lambda tree, _: tree["mcpServers"]["sdk"],
        graphical=True,
    ),
    ClientFile(
        "cursor",
        lambda desk: desk.home / ".cursor" / "mcp.json",
        JSON,
        lambda tree, _: tree["mcpServers"]["sdk"],
        graphical=True,
    ),
    ClientFile(
        "vscode",
        lambda desk: desk.project / ".vscode" / "mcp.json",
        VS_CODE,
        lambda tree, _: tree["servers"]["sdk"],
        graphical=True,
    ),
    ClientFile(
        "windsurf",
        lambda desk: desk.home / ".codeium" / "windsurf" / "mcp_config.json",
        JSON,
        lambda tree, _: tree["mcpServers"]["sdk"],
        graphical=True,
    ),
    ClientFile(
        "gemini-cli",
        lambda desk: desk.project / ".gemini" / "settings.json",
        JSON,
        lambda tree, _: tree["mcpServers"]["sdk"],
    ),
    ClientFile(
        "codex",
        lambda desk: desk.home / ".codex" / "config.toml",
        CODEX,
        lambda tree, _: tree["mcp_servers"]["sdk"],
        read=read_toml,
    ),
    ClientFile(
        "codex",
        lambda desk: desk.project / ".codex" / "config.toml",
        CODEX_INLINE,
        lambda tree, _: tree["mcp_servers"]["sdk"],
        read=read_toml,
    ),
]


def lay_out(desk: Desk, client: ClientFile) -> pathlib.Path:
    command, *arguments = map(json.dumps, python("sdk_server.py"))
    separator = ",\n    " if "\n        ARGUMENTS" in client.text else ", "
    text = client.text.replace("COMMAND", command).replace("ARGUMENTS", separator.join(arguments))
    path = client.path(desk)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.replace("PROJECT", str(desk.project)).encode())
    return path


def call_through(desk: Desk, entry: dict, path: str) -> None:
    """Starts the server as the entry says, and asks it something."""

    async def session() -> None:
        environment = desk.environment() | {"PATH": path} | entry.get("env", {})
        parameters = StdioServerParameters(command=entry["command"], args=entry.get("args", []), env=environment)
        async with Client(stdio_client(parameters), mode="legacy") as client:
            answer = await client.call_tool("add", {"a": 40, "b": 2})
            assert answer.structured_content == {"result": 42}

    anyio.run(session)


@pytest.mark.parametrize("client", CLIENTS, ids=lambda client: client.name)
def test_a_wrapped_server_is_metered_and_unwrapping_leaves_no_trace(desk: Desk, client: ClientFile):
    path = lay_out(desk, client)
    before = desk.bytes()
    original = client.entry(client.read(path.read_bytes()), desk)
    # This very program is what the shell finds; a graphical client does not look there.
    (desk.bin / "mcp-meter").symlink_to(binary())
    shell = f"{desk.bin}:{os.environ['PATH']}"

    listed = desk.run("wrap", PATH=shell).stdout
    assert str(path) in listed and "can be wrapped" in listed and "hunter2" not in listed
    variables = ["--env", "MCP_METER=on", "--env", f"MCP_METER_STATE_DIR={desk.state}"]
    shown = desk.run("wrap", "--all", "--dry-run", *variables, PATH=shell)
    assert "hunter2" not in shown.stdout + shown.stderr and "\n+" in shown.stdout
    assert desk.bytes() == before

    done = desk.run("wrap", "--all", *variables, PATH=shell)
    assert " wrapped\n" in done.stdout and not done.stderr
    wrapped = path.read_bytes()
    entry = client.entry(client.read(wrapped), desk)
    assert entry["command"] == (str(desk.bin / "mcp-meter") if client.graphical else "mcp-meter")
    assert entry["args"] == [original["command"], *original["args"]]
    assert entry["env"].items() >= original.get("env", {}).items()
    rest = {"command", "args", "env"}
    assert {k: v for k, v in entry.items() if k not in rest} == {k: v for k, v in original.items() if k not in rest}

    again = desk.run("wrap", "--all", *variables, PATH=shell)
    assert "is wrapped already" in again.stdout and path.read_bytes() == wrapped

    call_through(desk, entry, os.environ["PATH"] if client.graphical else shell)
    call = ledger.read(desk.state).call("tools/call", tool="add", outcome="ok")
    assert call["server"] == "sdk-server"

    desk.run("unwrap", "sdk", PATH=shell)
    assert desk.bytes() == before


def test_a_name_is_wrapped_wherever_it_is_or_where_it_is_wanted(desk: Desk):
    paths = {client.name: lay_out(desk, client) for client in CLIENTS}
    desk.run("wrap", "sdk", "--client", "cursor")
    assert b"mcp-meter" in paths["cursor"].read_bytes()
    assert b"mcp-meter" not in paths["windsurf"].read_bytes()
    desk.run("wrap", "sdk", "--config", paths["windsurf"])
    assert b"mcp-meter" in paths["windsurf"].read_bytes()
    assert b"mcp-meter" not in paths["vscode"].read_bytes()
    done = desk.run("wrap", "sdk")
    assert done.stdout.count(" wrapped\n") == len(CLIENTS) - 2
    assert all(b"mcp-meter" in path.read_bytes() for path in paths.values())
    assert "--env MCP_METER=on" in done.stderr


def test_what_goes_wrong_is_said_and_told_by_the_status(desk: Desk):
    good = lay_out(desk, CLIENTS[0])
    before = good.read_bytes()
    assert "Did you mean `sdk`?" in desk.run("wrap", "sdl", status=64).stderr
    assert "nothing is started" in desk.run("wrap", "far", status=64).stdout
    assert "no such file" in desk.run("wrap", "--all", "--config", "gone.json", status=66).stderr
    assert good.read_bytes() == before
    bad = desk.home / ".cursor" / "mcp.json"
    bad.parent.mkdir()
    bad.write_text('{"mcpServers": {\n  "a": {"command": "x"},\n  "a": {"command": "y"}\n}}')
    # Others go on.
    done = desk.run("wrap", "--all", "--command", "/opt/mcp-meter", status=78)
    assert f'{bad}:3:3: the key "a" is there twice' in done.stderr
    assert read_json(good.read_bytes())["mcpServers"]["sdk"]["command"] == "/opt/mcp-meter"
    bad.unlink()
    desk.run("unwrap", "--all")
    assert good.read_bytes() == before


def test_a_file_that_cannot_be_written_stays_as_it_is():
    with tempfile.TemporaryDirectory() as name:
        os.chmod(name, 0o755)
        desk = Desk(pathlib.Path(name))
        path = lay_out(desk, CLIENTS[0])
        before = path.read_bytes()
        path.parent.chmod(0o555)
        # What may not be written means nothing to root.
        user = {"user": 65534} if os.geteuid() == 0 else {}
        words = [binary(), "wrap", "sdk"]
        options = {"env": desk.environment(), "cwd": desk.project, "capture_output": True, "text": True}
        done = subprocess.run(words, **options, **user, timeout=30)
        assert done.returncode == 73, (done.returncode, done.stderr)
        assert "Permission denied" in done.stderr and "writable" in done.stderr
        assert path.read_bytes() == before and list(path.parent.iterdir()) == [path]
        path.parent.chmod(0o755)


# Documents nobody would write, read by somebody else's readers.


def random_toml(random: random.Random) -> str:
    """Servers in every form TOML has for a table."""
    end = random.choice(["\n", "\r\n"])
    words = ["npx", "-x", "report", "a b", "C:\\x", "é", "#", "]", '"']

    def string(text: str) -> str:
        return random.choice([json.dumps(text, ensure_ascii=False), f"'{text}'", f"'''{text}'''"])

    def array(short: bool) -> str:
        values = [string(random.choice(words)) for _ in range(random.randrange(4))]
        if short or random.random() < 0.5:
            return "[" + ", ".join(values) + "]"
        return "[" + end + "".join(f"  {value}, # c{end}" for value in values) + "]"

    def variables() -> list[tuple[str, str]]:
        return [(name, "'v'") for name in ("K", "MCP_METER", "OTEL_SERVICE_NAME") if random.random() < 0.4]

    lines: list[str] = ["model = 'x' # c"]
    under_one = random.random() < 0.4
    if under_one:
        lines.append("[mcp_servers] # all")
    for index in range(random.randrange(1, 5)):
        name = random.choice([f"s{index}", f'"s {index}"'])
        fields = [("command", string(random.choice(words)))]
        if random.random() < 0.6:
            fields.append(("args", array(short=under_one)))
        form = random.choice(["inline", "dotted", "none", "section"])
        if form == "inline":
            fields.append(("env", "{ " + ", ".join(f"{n} = {v}" for n, v in variables()) + " }"))
        if form == "dotted" and not under_one:
            fields += [(f"env.{n}", v) for n, v in variables()]
        random.shuffle(fields)
        if under_one and random.random() < 0.5:
            lines.append(f"{name} = {{ " + ", ".join(f"{key} = {value}" for key, value in fields) + " }")
        elif under_one:
            lines += [f"{name}.{key} = {value}" for key, value in fields]
        else:
            lines.append(f"[mcp_servers.{name}]")
            lines += [f"{random.choice(['', '  '])}{key} = {value}" for key, value in fields]
            if form == "section":
                lines.append(f"[ mcp_servers . {name} . env ]")
                lines += [f"{n} = {v}" for n, v in variables()]
    lines += ["[other]", "x = '''y'''"]
    return end.join(lines) + random.choice(["", end])


@pytest.mark.parametrize("block", range(4))
def test_random_toml_is_the_same_document_but_for_what_was_meant(desk: Desk, block: int):
    for seed in range(block * 15, block * 15 + 15):
        text = random_toml(random.Random(seed))
        path = desk.home / f"{seed}.toml"
        path.write_bytes(text.encode())
        expected = read_toml(text.encode())
        desk.run("wrap", "--all", "--config", path, "--command", "/m/mcp-meter", "--env", "MCP_METER=on")
        for entry in expected["mcp_servers"].values():
            command = entry["command"]
            dashes = ["--"] if command.startswith("-") or command == "report" else []
            entry["args"] = [*dashes, command, *entry.get("args", [])]
            entry["command"] = "/m/mcp-meter"
            entry.setdefault("env", {}).setdefault("MCP_METER", "on")
        assert read_toml(path.read_bytes()) == expected, f"seed {seed}: {path.read_text()}"
        edited = path.read_bytes().replace(b"model = 'x'", b"model = 'another' # mine")
        path.write_bytes(edited)
        desk.run("unwrap", "--all", "--config", path)
        assert path.read_bytes() == text.encode().replace(b"model = 'x'", b"model = 'another' # mine"), f"seed {seed}"
