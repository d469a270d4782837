"""How fast `mcp-meter import` is: session logs in Claude Code's manner, read from a warm cache.

    python3 Tests/Benchmarks/session_logs.py [--gigabytes 1] [--files 1000]

Prints, for a first import, an unchanged second one and a dry run: seconds, GB/s, the processor's seconds and the
largest resident size.
"""

import argparse
import json
import os
import pathlib
import random
import resource
import subprocess
import tempfile
import time
import uuid

ROOT = pathlib.Path(__file__).resolve().parents[2]


def dump(value: dict) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False) + "\n"


class Writer:
    """Sessions of answers with one to three blocks, and tool results ten times as long."""

    def __init__(self):
        self.random = random.Random(1)
        self.source = "".join(path.read_text() for path in sorted((ROOT / "Sources" / "Wire").glob("*.swift")))
        self.messages = 0

    def text(self, length: int) -> str:
        pieces = []
        while length > 0:
            size = min(length, self.random.randint(200, 3000))
            start = self.random.randrange(len(self.source) - size)
            pieces.append(self.source[start : start + size])
            length -= size
        return "".join(pieces)

    def line(self, kind: str, session: str, message: dict, **extra) -> str:
        line = {"parentUuid": str(uuid.UUID(int=self.random.getrandbits(128))), "isSidechain": False}
        line |= {"userType": "external", "cwd": "/home/me/project", "sessionId": session, "version": "2.1.230"}
        line |= {"gitBranch": "main", "message": message, "type": kind} | extra
        line |= {"uuid": str(uuid.UUID(int=self.random.getrandbits(128)))}
        seconds = self.messages % 86400
        time = f"2026-08-01T{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.123Z"
        return dump(line | {"timestamp": time})

    def session(self, path: pathlib.Path, size: int) -> None:
        session = str(uuid.UUID(int=self.random.getrandbits(128)))
        with path.open("w") as file:
            while file.tell() < size:
                self.messages += 1
                for block in range(self.random.choice([1, 1, 2, 3])):
                    tool = f"toolu_{self.messages}_{block}"
                    content = {"type": "text", "text": self.text(self.random.choice([80, 300, 1500]))}
                    if block > 0:
                        change = self.text(self.random.choice([0, 100, 1500]))
                        content = {"type": "tool_use", "id": tool, "name": "Edit", "input": {"new_string": change}}
                    cache = {"ephemeral_5m_input_tokens": 700, "ephemeral_1h_input_tokens": 0}
                    usage = {"input_tokens": 3, "cache_creation_input_tokens": 700, "cache_creation": cache}
                    usage |= {"cache_read_input_tokens": 20000, "output_tokens": 9 + 70 * block}
                    message = {"model": "claude-opus-4-6", "id": f"msg_{self.messages}", "role": "assistant"}
                    message |= {"content": [content], "stop_reason": None, "usage": usage}
                    file.write(self.line("assistant", session, message, requestId=f"req_{self.messages}"))
                    if block > 0:
                        text = self.text(self.random.choice([200, 3000, 12000, 30000]))
                        result = {"tool_use_id": tool, "type": "tool_result", "content": text}
                        copy = {"type": "text", "file": {"content": text[: len(text) // 2]}}
                        user = {"role": "user", "content": [result]}
                        file.write(self.line("user", session, user, toolUseResult=copy))


def measure(name: str, arguments: list[str], environment: dict[str, str], size: int) -> None:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.monotonic()
    subprocess.run(arguments, env=environment, check=True, stdout=subprocess.DEVNULL)
    seconds = time.monotonic() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(
        f"{name:8} {seconds:7.3f} s  {size / seconds / 1e9:8.2f} GB/s  {processor:6.3f} s processor  "
        f"≤ {after.ru_maxrss / 1024:.0f} MiB"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gigabytes", type=float, default=1)
    parser.add_argument("--files", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    binary = os.environ.get("MCP_METER_BIN") or str(ROOT / ".build" / "release" / "mcp-meter")
    with tempfile.TemporaryDirectory() as name:
        home = pathlib.Path(name)
        folder = home / ".claude" / "projects" / "-home-me-project"
        folder.mkdir(parents=True)
        writer = Writer()
        for number in range(options.files):
            writer.session(folder / f"{number}.jsonl", int(options.gigabytes * 1e9 / options.files))
        size = sum(len(path.read_bytes()) for path in folder.iterdir())
        print(f"{size / 1e9:.2f} GB in {options.files} files, {writer.messages} messages")
        for round in range(options.rounds):
            environment = {"HOME": name, "MCP_METER_STATE_DIR": f"{name}/state{round}"}
            measure("dry run", [binary, "import", "--dry-run"], environment, size)
            measure("first", [binary, "import"], environment, size)
            measure("second", [binary, "import"], environment, size)


if __name__ == "__main__":
    main()
