"""Starting mcp-meter the way a client does: a command line, an environment, three pipes."""

import os
import pathlib
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from . import ledger, processes

ROOT = pathlib.Path(__file__).resolve().parents[3]
SERVERS = ROOT / "Tests" / "Interop" / "servers"
MODES = ("off", "on")

Environment = Mapping[str, str | None]


def binary() -> str:
    """What is under test: `MCP_METER_BIN`, else the release build of this tree."""
    return os.environ.get("MCP_METER_BIN") or str(ROOT / ".build" / "release" / "mcp-meter")


def clean_environment() -> dict[str, str]:
    """Ours without anything that would switch mcp-meter on or name a provider."""
    prefixes = ("CLAUDE_", "MCP_METER", "EVALOPS_", "OTEL_", "MOSAIC_", "HARPER_")
    suffixes = ("_API_KEY", "_MODEL")
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(prefixes) and not name.endswith(suffixes) and name != "OLLAMA_HOST"
    }


def python(script: str, *arguments: object) -> list[str]:
    """A command line for one of the servers in Tests/Interop/servers."""
    return [sys.executable, str(SERVERS / script), *map(str, arguments)]


class Bench:
    """Starts relays in one mode over one state directory, and knows every process they started."""

    def __init__(self, mode: str, directory: pathlib.Path, variables: Environment | None = None):
        self.mode = mode
        self.variables = dict(variables or {})
        self.directory = directory
        self.state = directory / "state"
        self.mark = processes.new_mark()

    @property
    def on(self) -> bool:
        return self.mode == "on"

    def environment(self, extra: Environment | None = None) -> dict[str, str]:
        """Ours, the mode's and `extra`, where None unsets a variable."""
        environment = clean_environment() | {processes.MARK: self.mark}
        if self.on:
            environment |= {"MCP_METER": "on", "MCP_METER_STATE_DIR": str(self.state)}
        environment |= self.variables | dict(extra or {})
        return {name: value for name, value in environment.items() if value is not None}

    def start(self, command: Sequence[str], env: Environment | None = None, **options: object) -> "Session":
        """Runs `mcp-meter -- COMMAND` in a process group of its own, as the SDKs do."""
        options = {
            "stdin": subprocess.PIPE,
            "stdout": subprocess.PIPE,
            "stderr": subprocess.PIPE,
            "start_new_session": True,
            "bufsize": 0,
        } | options
        return Session(
            subprocess.Popen([binary(), "--", *command], env=self.environment(env), **options)  # type: ignore[call-overload]
        )

    @contextmanager
    def session(self, command: Sequence[str], env: Environment | None = None, **options: object) -> Iterator["Session"]:
        session = self.start(command, env, **options)
        try:
            yield session
        finally:
            session.dispose()

    def ledger(self, validated: bool = True) -> ledger.Ledger:
        return ledger.read(self.state, validated)

    def close(self) -> None:
        processes.kill_marked(self.mark)


class Session:
    """A running relay, its pipes in our hands."""

    def __init__(self, process: subprocess.Popen):
        self.process = process
        self.pid = process.pid
        self.buffer = b""

    def write(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            view = view[os.write(self.process.stdin.fileno(), view) :]

    def read_exactly(self, count: int, seconds: float = 20) -> bytes:
        """The next `count` bytes of the relay's output; fewer only at its end."""
        while len(self.buffer) < count:
            if not self._fill(seconds):
                break
        data, self.buffer = self.buffer[:count], self.buffer[count:]
        return data

    def read_line(self, seconds: float = 20) -> bytes:
        """The next line with its newline; without one only at the end of the output."""
        while b"\n" not in self.buffer:
            if not self._fill(seconds):
                data, self.buffer = self.buffer, b""
                return data
        line, _, self.buffer = self.buffer.partition(b"\n")
        return line + b"\n"

    def read_rest(self, seconds: float = 20) -> bytes:
        while self._fill(seconds):
            pass
        data, self.buffer = self.buffer, b""
        return data

    def _fill(self, seconds: float) -> bool:
        descriptor = self.process.stdout.fileno()
        ready, _, _ = select.select([descriptor], [], [], seconds)
        assert ready, f"nothing on stdout for {seconds} s after {self.buffer[-200:]!r}"
        chunk = os.read(descriptor, 1 << 20)
        self.buffer += chunk
        return bool(chunk)

    def close_stdin(self) -> None:
        if not self.process.stdin.closed:
            self.process.stdin.close()

    def signal(self, number: int) -> None:
        os.kill(self.pid, number)

    def wait(self, seconds: float = 10) -> int:
        """The relay's return code as subprocess has it: -N when it died of signal N."""
        return self.process.wait(seconds)

    def finish(self, seconds: float = 10) -> int:
        """Ends the session as a client does: no more input, then the exit status."""
        self.close_stdin()
        return self.wait(seconds)

    def stderr(self) -> bytes:
        return self.process.stderr.read()

    def dispose(self) -> None:
        self.close_stdin()
        if self.process.poll() is None:
            self.signal(signal.SIGKILL)
            self.process.wait()
        for stream in (self.process.stdout, self.process.stderr):
            if stream is not None:
                stream.close()


def elapsed(start: float) -> float:
    return time.monotonic() - start
