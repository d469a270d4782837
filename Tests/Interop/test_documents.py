"""Every command that a document or a help text shows is run, as it stands there, and does what is said of it.

The commands are taken out of the documents themselves. Each block is run by `sh -eu` in a home directory of its own
with a ledger in it, in a small world of its own (support/world.py), in a copy of this tree, in the directory its
document is in. Programs that are not here are stood in for (STANDINS); nothing else is changed but that commands which
stay until they are ended (STAYS) are ended.
"""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass

import pytest
from support import documents
from support.documents import LANGUAGES, Block
from support.relay import ROOT, binary, clean_environment
from support.world import Done, World

STANDINS_DIRECTORY = ROOT / "Tests" / "Interop" / "standins"
# What documents call and is not here, or must not run here. Each notes that it was called; see standins/record.
STANDINS = {
    "swift": "takes minutes; .ci/run runs each of the commands shown",
    "npx": "npm's registry is not here", "uvx": "nor are its servers", "node": "nor is what it would run",
    "claude": "not here", "codex": "not here",
    "systemctl": "no service manager runs here", "launchctl": "macOS",
    "docker": "no containers here", "otelcol-contrib": "not packaged",
    "clickhouse-client": "the same SQL is run by test_report.py", "duckdb": "its library stands in for its command",
    "sudo": "nothing here needs it",
}  # fmt: skip
# Commands that stay until they are ended, where no `&` follows.
STAYS = re.compile(r"^((?:\w+=\S+ +)*)((?:mcp-meter (?:serve(?! +--help)|report --live)|prometheus )[^&\n]*)$", re.M)
# Hosts that documents name, all of which lead to receivers of the test's.
HOSTS = ["evalops.example.org", "mosaic.example.org", "harper.example.org", "mail.example.org"]
# Commands of help texts that need a file of the reader's.
FILES = {
    "captured.jsonl": '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"ask","arguments":{"prompt":"Paris?"}}}\n'
    '{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"Yes, the capital of France."}]}}\n',
}

BLOCKS = [block for document in documents.documents() for block in documents.blocks(document)]
COMMANDS = [block for block in BLOCKS if block.language == "sh"]


@dataclass
class Stage:
    """Where commands are run: a copy of the tree, programs, and homes with a ledger."""

    world: World
    directory: pathlib.Path
    homes: int = 0

    @property
    def tree(self) -> pathlib.Path:
        return self.directory / "mcp-meter"

    @property
    def called(self) -> list[str]:
        """What the stand-ins were called with, in every block so far."""
        log = self.directory / "standins.log"
        return log.read_text().splitlines() if log.exists() else []

    def home(self) -> pathlib.Path:
        self.homes += 1
        home = self.directory / f"home-{self.homes}"
        shutil.copytree(self.directory / "home", home)
        return home

    def run(self, script: str, cwd: pathlib.Path | None = None) -> Done:
        home = self.home()
        search = [str(self.directory / "bin"), str(home / ".local" / "bin"), "/usr/local/bin", "/usr/bin", "/bin", "/usr/sbin"]
        environment = clean_environment() | {
            "HOME": str(home), "PATH": os.pathsep.join(search), "TZ": "UTC", "COLUMNS": "100",
            "STANDINS": str(self.directory / "standins.log"), "METER": binary(), "PYTHON": sys.executable,
        }  # fmt: skip
        for name in ("XDG_STATE_HOME", "XDG_CONFIG_HOME", "VIRTUAL_ENV"):
            environment.pop(name, None)
        script = STAYS.sub(r"\1stay \2", script)
        return self.world.run(["sh", "-eu", "-c", script], cwd=cwd or home, env=environment)


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    directory = tmp_path_factory.mktemp("documents")
    stage = Stage(World(directory, HOSTS), directory)
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).exists():
            (stage.tree / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, stage.tree / name)
    programs = directory / "bin"
    programs.mkdir()
    (programs / "mcp-meter").symlink_to(binary())
    for name in STANDINS:
        (programs / name).symlink_to(STANDINS_DIRECTORY / "record")
    (programs / "stay").symlink_to(STANDINS_DIRECTORY / "stay")
    (programs / "duckdb_library.py").symlink_to(STANDINS_DIRECTORY / "duckdb_library.py")
    home = directory / "home"
    state = home / ".local" / "state" / "mcp-meter"
    home.mkdir()
    (home / ".local" / "bin").mkdir(parents=True)
    environment = clean_environment() | {"HOME": str(home)}
    subprocess.run([binary(), "demo", "--state-dir", str(state)], env=environment, check=True, capture_output=True, timeout=60)
    for name, text in FILES.items():
        (home / name).write_text(text)
    return stage


def succeeded(done: Done, name: str) -> Done:
    assert done.status == 0, f"{name} ended with {done.status}\n{done.output}\n{done.errors}"
    return done


@pytest.mark.parametrize("block", COMMANDS, ids=lambda block: block.name)
def test_the_commands_of(block: Block, stage: Stage):
    cwd = stage.tree / block.document.parent.relative_to(ROOT)
    done = succeeded(stage.run(block.text, cwd), block.name)
    if block.output is not None:
        fault = documents.has_shape(block.output, done.output)
        assert not fault, f"{block.name}: {fault}"


def help_examples() -> list[str]:
    """The example lines of every command's help."""

    def page(*topic: str) -> str:
        return subprocess.run([binary(), "help", *topic], capture_output=True, text=True, check=True, timeout=20).stdout

    commands = re.search(r"^Commands:\n((?:  .*\n)+)", page(), re.M)
    names = re.findall(r"^  (\S+)", commands[1], re.M)
    examples = []
    for name in names:
        found = re.search(r"^Examples?:\n((?:  .*\n?)+)", page(name), re.M)
        examples += [line.strip() for line in found[1].splitlines()] if found else []
    return examples


@pytest.mark.parametrize("example", help_examples())
def test_the_example_in_help(example: str, stage: Stage):
    succeeded(stage.run(example + "\n"), example)


@pytest.mark.parametrize("block", [block for block in BLOCKS if block.language == "cron"], ids=lambda block: block.name)
def test_the_line_for_cron(block: Block, stage: Stage):
    (line,) = block.text.splitlines()
    schedule = line.split()[:5]
    assert all(re.fullmatch(r"[\d*/,-]+", part) for part in schedule), schedule
    done = succeeded(stage.run(line.split(None, 5)[5]), block.name)
    assert [line for line in done.received if line.startswith("mail to ")], done


@pytest.mark.parametrize("block", [block for block in BLOCKS if block.language == "json"], ids=lambda block: block.name)
def test_the_json_of(block: Block):
    for line in [block.text] if block.text.startswith("{\n") or "\n " in block.text else block.text.splitlines():
        json.loads(line)


# How documents are written, so that nothing in them goes untested.


def test_there_are_documents_and_commands_in_them():
    assert len(COMMANDS) >= 20 and len(documents.documents()) >= 10


def test_every_block_says_what_it_is():
    for block in BLOCKS:
        assert block.language in LANGUAGES, f"{block.name}: ```{block.language} is not one of {sorted(LANGUAGES)}"
        assert block.language != "text", f"{block.name}: no commands stand before what they print"
        assert not block.note or block.language in ("swift", "diff"), f"{block.name}: ```{block.language} {block.note}"


def test_no_block_is_hidden_by_being_indented():
    for document in documents.documents():
        for number, line in documents.prose(document):
            assert not line.startswith("    "), f"{document.relative_to(ROOT)}:{number}: a fence says what it is: {line!r}"


def test_the_swift_commands_are_those_that_ci_runs(stage: Stage):
    ci = (ROOT / ".ci" / "run").read_text()
    for block in COMMANDS:
        for command in re.findall(r"^swift [^#\n]*", block.text, re.M):
            assert command.strip() in ci, f"{block.name}: .ci/run does not run `{command.strip()}`"


def test_each_stand_in_is_one_that_a_document_calls():
    shown = "\n".join([block.text for block in BLOCKS if block.language in ("sh", "cron")] + help_examples())
    for name in STANDINS:
        assert re.search(rf"(?<![\w/.-]){re.escape(name)} ", shown), f"nothing shows {name}: it needs no stand-in"


def test_the_readme_names_every_command_and_variable():
    readme = (ROOT / "README.md").read_text()
    text = subprocess.run([binary(), "help"], capture_output=True, text=True, check=True, timeout=20).stdout
    commands, variables = text.split("\nCommands:\n")[1].split("\nVariables:\n")
    for name in re.findall(r"^  (\S+)  ", commands, re.M):
        assert name in ("run", "help") or f"mcp-meter {name}" in readme, name
    for name in re.findall(r"^  ([A-Z_]+)", variables, re.M):
        assert name in readme, name


@pytest.mark.parametrize("document", documents.documents(), ids=lambda document: str(document.relative_to(ROOT)))
def test_links_lead_somewhere(document: pathlib.Path):
    for number, line in documents.prose(document):
        for target in re.findall(r"\]\(([^)\s]+)\)", line):
            if not target.startswith(("http://", "https://", "#")):
                path = document.parent / target.partition("#")[0]
                assert path.exists(), f"{document.relative_to(ROOT)}:{number}: {target}"
