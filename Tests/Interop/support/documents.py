"""The project's documents, and what is in them: fenced blocks, where they stand, what a reader is shown after them."""

import pathlib
import re
from dataclasses import dataclass

from .relay import ROOT
from .stage import files

# What a fence may say: commands, what they print, and what is read rather than run.
LANGUAGES = {"sh", "text", "json", "toml", "sql", "cron", "swift", "diff", "promql"}
FENCE = re.compile(r"^( *)```(.*)$")


@dataclass(frozen=True)
class Block:
    """A fenced block. `output` is the text block right after one of commands: what they print."""

    document: pathlib.Path
    line: int
    language: str
    # What stands after the language, such as the file that a block of Swift is.
    note: str
    text: str
    output: str | None = None

    @property
    def name(self) -> str:
        return f"{self.document.relative_to(ROOT)}:{self.line}"


def documents() -> list[pathlib.Path]:
    """Every Markdown file of the project."""
    return [ROOT / name for name in files() if name.endswith(".md")]


def blocks(document: pathlib.Path) -> list[Block]:
    found: list[Block] = []
    lines = document.read_text().splitlines()
    at = 0
    while at < len(lines):
        opening = FENCE.match(lines[at])
        at += 1
        if not opening:
            continue
        start = at
        while not (closing := FENCE.match(lines[at])) or closing[2]:
            at += 1
        text = "".join(line.removeprefix(opening[1]) + "\n" for line in lines[start:at])
        at += 1
        language, _, note = opening[2].strip().partition(" ")
        # An output stands right below its commands, an empty line between at most.
        before = [line for line in lines[:start - 1] if line.strip()]
        if language == "text" and found and found[-1].language == "sh" and before[-1].strip() == "```":
            last = found.pop()
            found.append(Block(last.document, last.line, last.language, last.note, last.text, text))
        else:
            found.append(Block(document, start, language, note, text))
    return found


def prose(document: pathlib.Path) -> list[tuple[int, str]]:
    """The numbered lines outside of blocks."""
    inside = False
    found = []
    for number, line in enumerate(document.read_text().splitlines(), 1):
        if FENCE.match(line):
            inside = not inside
        elif not inside:
            found.append((number, line))
    return found


# What is printed has the shape of what is shown if they agree once these are the same in both: numbers with their
# units and signs, ids, the horizontal place of things, and bars.
SAME = [
    (re.compile(r"\b[0-9a-f]{16,}\b|\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"), "ID"),
    (re.compile(r"~?\$?[-+]?\d[\d.,:TZ-]*\d?( ?(ns|µs|ms|s|min|h|d|k|M|KiB|MiB|GiB|%|B))?(?![\w])"), "0"),
    (re.compile(r"[█▉▊▋▌▍▎▏▁▂▃▄▅▆▇]+"), "|"),
    (re.compile(r"\s+"), " "),
]


def shape(line: str) -> str:
    for pattern, common in SAME:
        line = pattern.sub(common, line)
    return line.strip()


def has_shape(shown: str, printed: str) -> str | None:
    """What of `shown` is missing in `printed`, if anything: its lines must come in this order. A line `…` stands for
    any number of lines; without it they must follow each other. `…` in a line stands for anything."""
    rest = [shape(line) for line in printed.splitlines() if line.strip()]
    may_skip = False
    for line in (line for line in shown.splitlines() if line.strip()):
        if line.strip() == "…":
            may_skip = True
            continue
        pattern = re.compile(".*".join(re.escape(part.strip()) for part in shape(line).split("…")))
        places = [place for place, found in enumerate(rest) if pattern.fullmatch(found)]
        if not places or (places[0] > 0 and not may_skip):
            return f"{line!r} not in {rest[:12]}"
        rest = rest[places[0] + 1 :]
        may_skip = False
    return f"nothing is shown of {rest}" if rest and not may_skip else None
