"""Where documents' commands and examples' configurations are run: a copy of the tree, programs, homes with a ledger."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

from .relay import ROOT, binary, clean_environment
from .world import Done, World

DIRECTORY = ROOT / "Tests" / "Interop" / "standins"
# What documents and examples call and is not here, or must not run here. Each notes that it was called; see
# standins/record.
STANDINS = {
    "swift": "takes minutes; .ci/run runs each of the commands shown",
    "npx": "npm's registry is not here", "uvx": "nor are its servers", "node": "nor is what it would run",
    "gemini": "not here", "claude": "not here", "codex": "not here",
    "systemctl": "no service manager runs here", "launchctl": "macOS",
    "docker": "no containers here", "otelcol-contrib": "not packaged",
    "clickhouse-client": "the same SQL is run by test_report.py", "duckdb": "its library stands in for its command",
}  # fmt: skip
# Commands that stay until they are ended, where no `&` follows: `stay` ends them.
STAYS = re.compile(r"^((?:\w+=\S+ +)*)((?:mcp-meter (?:serve(?! +--help)|report --live)|prometheus )[^&\n]*)$", re.M)
# Hosts that documents name, all of which lead to receivers of the test's.
HOSTS = ["evalops.example.org", "hooks.example.org", "mail.example.org", "mosaic.example.org"]
# What a person's shell has done before they type.
PRELUDES = {"zsh": "autoload -Uz compinit && compinit -u -D\n"}
# Files that examples of commands read.
FILES = {
    "call.json": '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"ask-gemini","arguments":{"prompt":"Paris?"}}}\n',
    "routes.json": (ROOT / "examples" / "routes.json").read_text(),
    "captured.jsonl": '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"ask","arguments":{"prompt":"Paris?"}}}\n'
    '{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"Yes, the capital of France."}]}}\n',
}


def files() -> list[str]:
    """The project's files, new ones that are not committed yet among them."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return sorted({name for name in listed.stdout.split("\0") if name and (ROOT / name).exists()})


def copy_tree(target: pathlib.Path) -> pathlib.Path:
    for name in files():
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, target / name)
    return target


class Stage:
    """
    - directory: an empty one, its own.
    - tree: where a copy of the tree is already, and `meter`: what was built of it.
    """

    def __init__(self, directory: pathlib.Path, tree: pathlib.Path | None = None, meter: pathlib.Path | None = None):
        self.directory = directory
        self.meter = str(meter or binary())
        self.world = World(directory, HOSTS)
        self.tree = tree or copy_tree(directory / "mcp-meter")
        self.homes = 0
        self.bin = directory / "bin"
        self.bin.mkdir()
        (self.bin / "mcp-meter").symlink_to(self.meter)
        for name in STANDINS:
            (self.bin / name).symlink_to(DIRECTORY / "record")
        for name in ("stay", "duckdb_library.py"):
            (self.bin / name).symlink_to(DIRECTORY / name)
        self._furnish(directory / "home")

    def _furnish(self, home: pathlib.Path) -> None:
        """A home of somebody who has metered a session, and has a client."""
        (home / ".local" / "bin").mkdir(parents=True)
        state = home / ".local" / "state" / "mcp-meter"
        environment = clean_environment() | {"HOME": str(home)}
        subprocess.run([self.meter, "demo", "--state-dir", str(state)], env=environment, check=True, capture_output=True, timeout=60)
        for name, text in FILES.items():
            (home / name).write_text(text)
        (home / ".cursor").mkdir()
        servers = {"gemini": {"command": "npx", "args": ["-y", "gemini-mcp-tool"]}}
        (home / ".cursor" / "mcp.json").write_text(json.dumps({"mcpServers": servers}, indent=2) + "\n")

    def home(self) -> pathlib.Path:
        self.homes += 1
        return pathlib.Path(shutil.copytree(self.directory / "home", self.directory / f"home-{self.homes}"))

    def environment(self, home: pathlib.Path) -> dict[str, str]:
        search = [str(self.bin), str(home / ".local" / "bin"), "/usr/local/bin", "/usr/bin", "/bin", "/usr/sbin"]
        environment = clean_environment() | {
            "HOME": str(home), "PATH": os.pathsep.join(search), "TZ": "UTC", "COLUMNS": "100",
            "STANDINS": str(home / "standins.log"), "METER": self.meter, "PYTHON": sys.executable,
        }  # fmt: skip
        for name in ("XDG_STATE_HOME", "XDG_CONFIG_HOME", "VIRTUAL_ENV"):
            environment.pop(name, None)
        return environment

    def run(self, script: str, cwd: pathlib.Path | None = None, shell: str | None = None, **variables: str) -> Done:
        """A script as a person would type it, in a fresh home, which is also where it starts unless told."""
        words = [shell, "-c"] if shell else ["sh", "-eu", "-c"]
        script = PRELUDES.get(shell, "") + script
        home = self.home()
        script = STAYS.sub(r"\1stay \2", script)
        return self.world.run([*words, script], cwd=cwd or home, env=self.environment(home) | variables)
