"""A Dockerfile without Docker: read into its stages, whose steps can then be run in a directory."""

import fnmatch
import pathlib
import re
from dataclasses import dataclass, field

KNOWN = {"ADD", "ARG", "CMD", "COPY", "ENTRYPOINT", "ENV", "RUN", "USER", "VOLUME", "WORKDIR"}


@dataclass
class Stage:
    base: str
    name: str | None
    # The word and what follows it, lines joined.
    steps: list[tuple[str, str]] = field(default_factory=list)

    def of(self, word: str) -> list[str]:
        return [text for each, text in self.steps if each == word]


def read(path: pathlib.Path) -> list[Stage]:
    stages: list[Stage] = []
    lines = [line for line in path.read_text().splitlines() if line.strip() and not line.lstrip().startswith("#")]
    for line in re.sub(r"\\\n\s*", "", "\n".join(lines)).splitlines():
        word, _, text = line.partition(" ")
        if word == "FROM":
            base, name = re.fullmatch(r"(\S+)(?: AS (\w+))?", text).groups()
            stages.append(Stage(base, name))
        else:
            assert word in KNOWN, f"no instruction of a Dockerfile: {line}"
            stages[-1].steps.append((word, text))
    return stages


def copies(stage: Stage) -> list[tuple[str | None, list[str], str]]:
    """For each COPY the stage it is from, what is copied, and where to."""
    found = []
    for text in stage.of("COPY"):
        source, words = re.fullmatch(r"(?:--from=(\S+) )?(.+)", text).groups()
        *sources, target = words.split()
        found.append((source, sources, target))
    return found


def sent(ignore: pathlib.Path, path: str) -> bool:
    """Whether a file at the top of the build's context is part of it."""
    result = True
    for line in ignore.read_text().splitlines():
        pattern = line.strip()
        if pattern and not pattern.startswith("#") and fnmatch.fnmatch(path, pattern.removeprefix("!")):
            result = pattern.startswith("!")
    return result
