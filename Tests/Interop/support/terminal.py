"""A program at a terminal of some width, and the shells that complete its words."""

import fcntl
import os
import pty
import select
import signal
import struct
import termios
import time
from collections.abc import Mapping, Sequence


class Terminal:
    """A process whose standard input, output and error are one terminal."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], columns: int = 80):
        pid, self.descriptor = pty.fork()
        if pid == 0:
            try:
                fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
                os.execvpe(command[0], list(command), dict(environment))
            finally:
                os._exit(127)
        self.pid = pid
        self.seen = b""

    def write(self, text: str) -> None:
        os.write(self.descriptor, text.encode())

    def read_until(self, wanted: str, seconds: float = 20) -> str:
        """What was shown up to and with `wanted`, which is taken from what was seen."""
        deadline = time.monotonic() + seconds
        while wanted.encode() not in self.seen:
            assert self._read(deadline), f"{wanted!r} was not shown, but {self.seen!r}"
        before, _, self.seen = self.seen.partition(wanted.encode())
        return (before + wanted.encode()).decode(errors="replace")

    def finish(self, seconds: float = 20) -> tuple[int, str]:
        """Its exit status and all it has still shown."""
        deadline = time.monotonic() + seconds
        while self._read(deadline):
            pass
        _, status = os.waitpid(self.pid, 0)
        self.pid = 0
        return os.waitstatus_to_exitcode(status), self.seen.decode(errors="replace").replace("\r\n", "\n")

    def _read(self, deadline: float) -> bool:
        left = deadline - time.monotonic()
        assert left > 0, f"timed out after {self.seen!r}"
        if not select.select([self.descriptor], [], [], left)[0]:
            return True
        try:
            chunk = os.read(self.descriptor, 65536)
        except OSError:  # EIO: nobody has the other end any more.
            return False
        self.seen += chunk
        return bool(chunk)

    def close(self) -> None:
        if self.pid:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
            self.pid = 0
        os.close(self.descriptor)

    def __enter__(self) -> "Terminal":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def at_terminal(command: Sequence[str], environment: Mapping[str, str], columns: int = 80) -> tuple[int, str]:
    """Runs a command that needs no typing to its end."""
    with Terminal(command, environment, columns) as terminal:
        return terminal.finish()
