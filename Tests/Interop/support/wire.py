"""A server that is only pipes: what it is sent comes out here, what it says is put in here."""

import os
import pathlib
import select
from collections.abc import Iterator
from contextlib import contextmanager

from .relay import Bench, Session


class Wire:
    """Both far ends of a relay: the client's pipes and the server's.

    - judged: the relay has policies, and so sends the client's lines on whole.
    """

    def __init__(self, session: Session, from_relay: int, to_relay: int, judged: bool = False):
        self.session = session
        self.from_relay = from_relay
        self.to_relay = to_relay
        self.judged = judged
        # What of the client's line under way has not been sent on.
        self.held = b""

    def send(self, direction: str, data: bytes) -> None:
        if direction == "c2s":
            self.session.write(data)
            return
        view = memoryview(data)
        while view:
            view = view[os.write(self.to_relay, view) :]

    def receive(self, direction: str, count: int, seconds: float = 10) -> bytes:
        if direction == "s2c":
            return self.session.read_exactly(count, seconds)
        data = bytearray()
        while len(data) < count:
            ready, _, _ = select.select([self.from_relay], [], [], seconds)
            assert ready, f"{len(data)} of {count} bytes reached the server, then nothing for {seconds} s"
            chunk = os.read(self.from_relay, count - len(data))
            if not chunk:
                break
            data += chunk
        return bytes(data)

    def due(self, direction: str, piece: bytes) -> bytes:
        """What is to come out now that a piece was put in."""
        if not self.judged or direction == "s2c":
            return piece
        self.held += piece
        if len(self.held) >= LINE_MAX:
            whole = len(self.held)
        else:
            whole = self.held.rfind(b"\n") + 1
        due, self.held = self.held[:whole], self.held[whole:]
        return due

    def end(self, direction: str) -> None:
        """End of input on that side's writing end."""
        if direction == "c2s":
            self.session.close_stdin()
        elif self.to_relay >= 0:
            os.close(self.to_relay)
            self.to_relay = -1

    def dispose(self) -> None:
        self.end("s2c")
        if self.from_relay >= 0:
            os.close(self.from_relay)
            self.from_relay = -1


# A longer line is not judged, and goes on as it comes.
LINE_MAX = 16 << 20

SERVER = 'cat <"$2" & exec cat >"$1"'


@contextmanager
def wire(bench: Bench, directory: pathlib.Path) -> Iterator[Wire]:
    """A relay whose server is two `cat`s over named pipes that this process holds."""
    from_relay, to_relay = directory / "from-relay", directory / "to-relay"
    for path in (from_relay, to_relay):
        if not path.exists():
            os.mkfifo(path)
    with bench.session(["sh", "-c", SERVER, "sh", str(from_relay), str(to_relay)]) as session:
        # Opening a named pipe waits for the other side to open it.
        judged = "MCP_METER_ROUTES" in bench.variables
        wire = Wire(session, os.open(from_relay, os.O_RDONLY), os.open(to_relay, os.O_WRONLY), judged)
        try:
            yield wire
        finally:
            wire.dispose()
