"""The recipes of Sources/README.md, applied as they stand to a copy of this tree, give what they say.

Those for prices and profiles are commands, which test_documents.py runs. Those that change Swift are applied here, all
together, built, and their commands run with what came of it.
"""

import json
import pathlib
import re
import subprocess

import pytest
from support import documents, stage
from support.relay import ROOT
from support.stage import Stage

PAGE = ROOT / "Sources" / "README.md"
BLOCKS = documents.blocks(PAGE)


def swift(*words: str, tree: pathlib.Path, seconds: float) -> str:
    done = subprocess.run(["swift", *words], cwd=tree, capture_output=True, text=True, timeout=seconds)
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-8000:]
    return done.stdout


@pytest.fixture(scope="module")
def changed(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    """A program built of the tree with every recipe in it."""
    directory = tmp_path_factory.mktemp("recipes")
    tree = stage.copy_tree(directory / "tree")
    for block in BLOCKS:
        if block.language == "diff":
            words = ["patch", "--strip=1", "--fuzz=0", "--no-backup-if-mismatch", "--batch"]
            done = subprocess.run(words, input=block.text, cwd=tree, capture_output=True, text=True, timeout=20)
            assert done.returncode == 0, f"{block.name}: {done.stdout}{done.stderr}"
        elif block.language == "swift":
            path = tree / block.note
            assert block.note and not path.exists(), f"{block.name}: is {block.note!r} a new file?"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.text)
    swift("build", "--product", "mcp-meter", "-debug-info-format", "none", "--disable-index-store", tree=tree, seconds=1100)
    (directory / "stage").mkdir()
    return Stage(directory / "stage", tree, tree / ".build" / "debug" / "mcp-meter")


@pytest.mark.timeout(1200)
def test_they_are_written_as_the_house_wants_it(changed: Stage):
    files = re.findall(r"^\+\+\+ b/(\S+)", PAGE.read_text(), re.M) + [block.note for block in BLOCKS if block.language == "swift"]
    assert len(files) >= 6
    swift("format", "lint", "--strict", *files, tree=changed.tree, seconds=60)


@pytest.mark.timeout(1200)
@pytest.mark.parametrize("block", [block for block in BLOCKS if block.note == "changed"], ids=lambda block: block.name)
def test_the_commands_after(block: documents.Block, changed: Stage):
    done = changed.run(block.text)
    assert done.status == 0, done
    if block.output is not None:
        fault = documents.has_shape(block.output, done.output)
        assert not fault, fault
    if "inspect" in block.text:
        (call,) = [json.loads(line) for line in done.output.splitlines() if '"call"' in line]
        assert call["usage"] == {"source": "reported", "input_tokens": 12, "output_tokens": 34}
        assert call["model"] == "acme-1"
    else:
        assert "hooks.example.org:443/calls" in done.received, done


def test_the_files_that_the_page_names_are_there():
    """In the drawing, and in the text."""
    text = PAGE.read_text()
    named = set(re.findall(r"(?<![\w/])((?:[\w-]+/)+[\w+-]+\.(?:swift|c|py))", text))
    assert len(named) >= 20
    made = {block.note for block in BLOCKS if block.language == "swift"}
    for name in named - made:
        places = [ROOT / name, ROOT / "Sources" / name, ROOT / "Sources" / "mcp-meter" / name, ROOT / name.removeprefix("a/")]
        assert any(place.exists() for place in [*places, ROOT / name.removeprefix("b/")]), f"there is no {name}"
