"""Every command that a document or a help text shows is run, as it stands there, and does what is said of it.

The commands are taken out of the documents themselves. Each block is run by `sh -eu` in a home directory of its own
with a ledger in it, in a small world of its own (support/world.py), in a copy of this tree, in the directory its
document is in. Programs that are not here are stood in for, and commands that stay until they are ended are ended
(support/stage.py); nothing else is changed.
"""

import json
import pathlib
import re
import subprocess

import pytest
from support import documents
from support.documents import LANGUAGES, Block
from support.relay import ROOT, binary
from support.stage import STANDINS, Stage
from support.world import Done

# What help texts about delivery take for granted.
ENDPOINT = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"}

# Where what is sent comes to, by the variable that says so in a document.
ARRIVES = {
    "EVALOPS_BASE_URL": "evalops.example.org:443/meter.v1.MeterService/RecordUsageBatch",
    "HARPER_ANALYTICS_URL": "127.0.0.1:9925/",
    "MOSAIC_TELEMETRY_SERVER_URL": "mosaic.example.org:443/v1/events/batch",
    "OTEL_EXPORTER_OTLP_ENDPOINT": "127.0.0.1:4318/v1/traces",
    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "127.0.0.1:6006/v1/traces",
}

BLOCKS = [block for document in documents.documents() for block in documents.blocks(document)]
# Those of a recipe's changed tree are run by test_recipes.py.
# What makes and installs packages takes minutes; test_packaging.py and .ci/run do it.
COMMANDS = [block for block in BLOCKS if block.language == "sh" and not block.note]
PACKAGING = ROOT / "examples" / "packaging"


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    return Stage(tmp_path_factory.mktemp("documents"))


def succeeded(done: Done, name: str) -> Done:
    assert done.status == 0, f"{name} ended with {done.status}\n{done.output}\n{done.errors}"
    return done


@pytest.mark.parametrize("block", COMMANDS, ids=lambda block: block.name)
def test_the_commands_of(block: Block, stage: Stage):
    cwd = stage.tree / block.document.parent.relative_to(ROOT)
    done = succeeded(stage.run(block.text, cwd), block.name)
    for variable, place in ARRIVES.items():
        if f"{variable}=" in block.text and "deliver --once" in block.text:
            assert place in done.received, f"{block.name}: nothing came to {place}, but to {set(done.received)}"
    if block.output is not None:
        fault = documents.has_shape(block.output, done.output)
        assert not fault, f"{block.name}: {fault}"


def help_text(*topic: str) -> str:
    return subprocess.run([binary(), "help", *topic], capture_output=True, text=True, check=True, timeout=20).stdout


def section(text: str, title: str) -> str:
    """The indented lines under a title, which is a regular expression."""
    found = re.search(rf"^(?:{title}):\n((?:  .*\n?)+)", text, re.M)
    return found[1] if found else ""


def command_names() -> list[str]:
    names = re.findall(r"^  ([a-z]+)  ", section(help_text(), "Commands|Subcommands"), re.M)
    assert len(names) >= 9, help_text()
    return names


def help_examples() -> list[str]:
    """The example lines of every command's help."""
    return [line.strip() for name in command_names() for line in section(help_text(name), "Examples?").splitlines()]


@pytest.mark.parametrize("example", help_examples())
def test_the_example_in_help(example: str, stage: Stage):
    # What is for one shell alone is run in that one.
    shell = re.search(r"\bcompletions (\w+)", example)
    succeeded(stage.run(example + "\n", shell=shell[1] if shell else None, **ENDPOINT), example)


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
        is_drawing = "▼" in block.text
        assert block.language != "text" or is_drawing, f"{block.name}: no commands stand before what they print"
        if block.note == "changed":
            assert block.document == ROOT / "Sources" / "README.md", f"{block.name}: only recipes change the tree"
        elif block.note == "packages":
            assert block.document == PACKAGING / "README.md", f"{block.name}: nothing else makes packages"
        else:
            assert not block.note or block.language == "swift", f"{block.name}: ```{block.language} {block.note}"


def test_no_block_is_hidden_by_being_indented():
    for document in documents.documents():
        for number, line in documents.prose(document):
            assert not line.startswith("    "), f"{document.relative_to(ROOT)}:{number}: a fence says what it is: {line!r}"


def test_the_swift_commands_are_those_that_ci_runs():
    ci = (ROOT / ".ci" / "run").read_text() + (PACKAGING / "common.sh").read_text()
    for block in COMMANDS:
        for command in re.findall(r"^swift [^#\n]*", block.text, re.M):
            assert command.strip() in ci, f"{block.name}: .ci/run does not run `{command.strip()}`"


def test_the_packaging_commands_are_those_that_tests_run():
    run = (ROOT / ".ci" / "run").read_text() + (ROOT / "Tests" / "Interop" / "test_packaging.py").read_text()
    for block in [block for block in BLOCKS if block.note == "packages"]:
        for script in re.findall(r"\w+\.sh", block.text):
            assert script in run, f"{block.name}: nothing runs {script}"


def test_each_stand_in_is_one_that_a_document_calls():
    shown = [block.text for block in BLOCKS if block.language in ("sh", "cron")] + help_examples()
    shown += [path.read_text() for path in [*(ROOT / "examples").rglob("*.json"), *(ROOT / "wrappers").iterdir()]]
    for name in STANDINS:
        assert re.search(rf"(?<![\w/.-]){re.escape(name)}[ \"]", "\n".join(shown)), f"nothing calls {name}: it needs no stand-in"


def test_the_readme_names_every_command_and_variable():
    readme = (ROOT / "README.md").read_text()
    for name in command_names():
        assert name in ("run", "help") or f"mcp-meter {name}" in readme, name
    everything = help_text() + (help_text("variables") if "help variables" in help_text() else "")
    variables = re.findall(r"^  (MCP_METER\w*)", everything, re.M)
    assert len(variables) >= 15
    for name in variables:
        assert name in readme, name


@pytest.mark.parametrize("document", documents.documents(), ids=lambda document: str(document.relative_to(ROOT)))
def test_links_lead_somewhere(document: pathlib.Path):
    for number, line in documents.prose(document):
        for target in re.findall(r"\]\(([^)\s]+)\)", line):
            if not target.startswith(("http://", "https://", "#")):
                path = document.parent / target.partition("#")[0]
                assert path.exists(), f"{document.relative_to(ROOT)}:{number}: {target}"


@pytest.mark.parametrize("document", documents.documents(), ids=lambda document: str(document.relative_to(ROOT)))
def test_files_and_options_that_are_named_are_there(document: pathlib.Path):
    """Of this tree, in the text: `Tests/Benchmarks/run.py --delivery`."""
    for number, line in documents.prose(document):
        for name, options in re.findall(r"`((?:Tests|Sources|examples|wrappers|\.ci)/[\w./-]+)((?: --[\w-]+)*)`", line):
            path = ROOT / name
            assert path.exists(), f"{document.relative_to(ROOT)}:{number}: {name}"
            for option in options.split():
                assert option in path.read_text(), f"{document.relative_to(ROOT)}:{number}: {name} has no {option}"


def test_every_figure_comes_with_what_measures_it():
    _, _, section = (ROOT / "README.md").read_text().partition("\n## Figures\n")
    rows = [line for line in section.partition("\n## ")[0].splitlines() if line.startswith("|")][2:]
    assert len(rows) >= 10
    for row in rows:
        command = re.fullmatch(r"`(Tests/Benchmarks/\w+\.py)( --[\w-]+)*`", row.split("|")[-2].strip())
        assert command and (ROOT / command[1]).is_file(), row
