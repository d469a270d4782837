"""A frame of 1 GB costs no more memory than a small one, and a side that does not read stops
nothing but its own direction."""

import json
import os
import pathlib
import threading
import time
import zlib

import pytest
from support import flood
from support.processes import status_kib, wait_until
from support.relay import Bench, Session, python

GIB = 1 << 30
RESIDENT_KIB_MAX = 8 * 1024


class Talker(threading.Thread):
    """The client's writing side: one big frame, counted."""

    def __init__(self, session: Session, size: int):
        super().__init__()
        self.session = session
        self.size = size
        self.written = 0

    def run(self) -> None:
        for piece in flood.frame("c2s", self.size):
            self.session.write(piece)
            self.written += len(piece)


def report(path: pathlib.Path) -> dict:
    wait_until(path.exists, 120, "the server's report")
    return json.loads(path.read_text())


def heard_by_client(session: Session, length: int) -> int:
    """Reads exactly `length` bytes of the relay's output; their CRC-32."""
    checksum = 0
    descriptor = session.process.stdout.fileno()
    while length:
        chunk = os.read(descriptor, min(length, 1 << 20))
        assert chunk, f"the output ended {length} bytes early"
        length -= len(chunk)
        checksum = zlib.crc32(chunk, checksum)
    return checksum


def assert_small(bench: Bench, session: Session) -> None:
    if bench.on:
        assert status_kib(session.pid, "VmHWM") <= RESIDENT_KIB_MAX


def test_1_gb_to_the_server(bench: Bench, tmp_path: pathlib.Path):
    path = tmp_path / "report"
    with bench.session(python("flood_server.py", 0, "-", path)) as session:
        talker = Talker(session, GIB)
        talker.start()
        talker.join()
        assert_small(bench, session)
        session.close_stdin()
        said = report(path)
        assert session.wait() == 0
    assert (said["heard"], said["checksum"]) == flood.measure("c2s", GIB)
    if bench.on:
        calls = bench.ledger().matching("tools/call", request_id="big")
        assert [call["outcome"] for call in calls] == ["lost"]
        assert calls[0]["request_bytes"] >= GIB


def test_1_gb_to_the_client(bench: Bench):
    request = {"jsonrpc": "2.0", "id": "big", "method": "tools/call"}
    request["params"] = {"name": "ask", "arguments": {"prompt": "Say it all. " * 1500}}
    with bench.session(python("held_flood_server.py", GIB)) as session:
        session.write(json.dumps(request).encode() + b"\n")
        length, checksum = flood.measure("s2c", GIB)
        assert heard_by_client(session, length) == checksum
        assert_small(bench, session)
        assert session.finish() == 0
    if bench.on:
        call = bench.ledger().call("tools/call", request_id="big", outcome="ok")
        assert call["response_bytes"] in (length, length - 1)
        assert call["model"] == "claude-sonnet-4-5-20250929"
        assert call["usage"]["source"] == "reported"
        assert {key: call["usage"][key] for key in flood.USAGE} == flood.USAGE


@pytest.mark.parametrize("first", ["client", "server"])
def test_neither_side_reads_then_one_does(metered: Bench, tmp_path: pathlib.Path, first: str):
    """1 GiB each way. While nobody reads both writers must be held back, in bounded memory; when
    one side starts to read, its whole gigabyte must come through although the other still does not."""
    control, path = tmp_path / "control", tmp_path / "report"
    os.mkfifo(control)
    command = python("flood_server.py", GIB, control, path)
    with metered.session(command) as session:
        talker = Talker(session, GIB)
        talker.start()
        start_server_reading = os.open(control, os.O_WRONLY)
        wait_until_stalled(talker)
        assert talker.written < 2 << 20
        assert status_kib(session.pid, "VmRSS") <= RESIDENT_KIB_MAX

        length, checksum = flood.measure("s2c", GIB)
        if first == "client":
            assert heard_by_client(session, length) == checksum
            assert talker.is_alive()
            os.write(start_server_reading, b"!")
            talker.join()
        else:
            os.write(start_server_reading, b"!")
            talker.join(120)
            assert not talker.is_alive(), "a client that does not read holds up its own requests"
            assert heard_by_client(session, length) == checksum
        os.close(start_server_reading)
        assert_small(metered, session)
        session.close_stdin()
        said = report(path)
        assert session.wait() == 0
    assert (said["heard"], said["checksum"]) == flood.measure("c2s", GIB)


def wait_until_stalled(talker: Talker) -> None:
    """Until the writer has got nothing written for a whole half second."""
    last, since = -1, time.monotonic()

    def stalled() -> bool:
        nonlocal last, since
        if talker.written != last:
            last, since = talker.written, time.monotonic()
        return talker.written > 0 and time.monotonic() - since > 0.5

    wait_until(stalled, 20, "the writer is held back")
