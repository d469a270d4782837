"""The ledger's disk fails: the session does not notice, and stderr says so once."""

import os
import pathlib
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from support import ledger as ledgers
from support.processes import wait_until
from support.relay import Bench, Session, python

CALLS = 2000


def call(number: int) -> bytes:
    return b'{"jsonrpc":"2.0","id":%d,"method":"tools/call","params":{"name":"t","arguments":{"q":"x"}}}\n' % number


def talk(session: Session, numbers: range) -> None:
    for number in numbers:
        session.write(call(number))
        assert session.read_line() == b'{"jsonrpc":"2.0","id":%d,"result":{"content":[]}}\n' % number


def assert_one_line(stderr: bytes, *names: str) -> None:
    lines = stderr.decode().splitlines()
    assert len(lines) == 1, lines
    assert lines[0].startswith("mcp-meter: ")
    assert any(name in lines[0] for name in names), lines


@contextmanager
def mounted(directory: pathlib.Path, *options: str) -> Iterator[pathlib.Path]:
    directory.mkdir()
    subprocess.run(["mount", *options, str(directory)], check=True)
    try:
        yield directory
    finally:
        subprocess.run(["umount", "-l", str(directory)], check=True)


def test_a_full_disk(metered: Bench, tmp_path: pathlib.Path):
    with mounted(tmp_path / "small", "-t", "tmpfs", "-o", "size=64k,mode=700", "tmpfs") as disk:
        metered.state = disk
        with metered.session(python("call_server.py"), {"MCP_METER_STATE_DIR": str(disk)}) as session:
            talk(session, range(CALLS))
            assert session.finish() == 0
            assert_one_line(session.stderr(), str(disk), "No space left")
        ledger = metered.ledger()
        assert ledger.calls, "what fitted is there"
        assert len({call["id"] for call in ledger.calls}) == len(ledger.calls)


def test_a_disk_that_has_room_again(metered: Bench, tmp_path: pathlib.Path):
    """Once there is room, new calls are in the ledger again; no line is a torn one's victim."""
    with mounted(tmp_path / "small", "-t", "tmpfs", "-o", "size=128k,mode=700", "tmpfs") as disk:
        metered.state = disk
        ballast = disk / "ballast"
        with metered.session(python("call_server.py"), {"MCP_METER_STATE_DIR": str(disk)}) as session:
            talk(session, range(10))
            # The tenth is written a moment after its answer.
            wait_until(lambda: len(metered.ledger().calls) == 10, 2, "the ledger has ten calls")
            with ballast.open("wb", buffering=0) as file:
                with pytest.raises(OSError):
                    while True:
                        file.write(b"x" * 512)
            talk(session, range(10, 400))
            ballast.unlink()
            talk(session, range(400, 500))
            assert session.finish() == 0
            assert_one_line(session.stderr(), str(disk), "No space left")
        lines = [line for path in ledgers.files(disk) for line in path.read_bytes().split(b"\n")]
        seen = [call["request_id"] for call in metered.ledger().calls]
        assert lines and len(seen) == len(set(seen))
        assert set(range(10)) <= set(seen), "the calls before are there"
        assert 499 in seen, "the last call, with room again, is there"


@pytest.mark.parametrize("where", ["a file", "under a file", "a read-only mount", "no such device"])
def test_a_state_directory_that_cannot_be_written(metered: Bench, tmp_path: pathlib.Path, where: str):
    file = tmp_path / "file"
    file.write_text("")
    read_only = tmp_path / "read-only"
    places = {
        "a file": file,
        "under a file": file / "state",
        "a read-only mount": read_only / "state",
        "no such device": pathlib.Path("/proc/1/state"),
    }
    with mounted(read_only, "-t", "tmpfs", "-o", "ro", "tmpfs"):
        environment = {"MCP_METER_STATE_DIR": str(places[where])}
        with metered.session(python("call_server.py"), environment) as session:
            talk(session, range(50))
            assert session.finish() == 0
            assert_one_line(session.stderr(), "MCP_METER_STATE_DIR")


def test_no_home(unmetered: Bench):
    without_home = {"MCP_METER": "on", "HOME": None, "XDG_STATE_HOME": None}
    with unmetered.session(python("call_server.py"), without_home) as session:
        talk(session, range(20))
        assert session.finish() == 0
        assert_one_line(session.stderr(), "MCP_METER_STATE_DIR", "HOME")


@contextmanager
def freezable(directory: pathlib.Path, image: pathlib.Path) -> Iterator[pathlib.Path]:
    """A real file system of its own on a loop device, which `fsfreeze` can make hang."""
    with image.open("wb") as file:
        file.truncate(16 << 20)
    subprocess.run(["mkfs.ext4", "-q", "-F", str(image)], check=True)
    with mounted(directory, "-o", "loop", str(image)) as disk:
        yield disk


@contextmanager
def frozen(disk: pathlib.Path) -> Iterator[None]:
    subprocess.run(["fsfreeze", "-f", str(disk)], check=True)
    # Whatever happens to us, a hung disk must not outlive the test: nothing on it could be killed.
    thaw = threading.Timer(30, lambda: subprocess.run(["fsfreeze", "-u", str(disk)], check=False))
    thaw.start()
    try:
        yield
    finally:
        thaw.cancel()
        subprocess.run(["fsfreeze", "-u", str(disk)], check=False)


def test_a_disk_that_hangs(metered: Bench, tmp_path: pathlib.Path):
    with freezable(tmp_path / "disk", tmp_path / "image") as disk:
        state = disk / "state"
        metered.state = state
        with metered.session(python("call_server.py"), {"MCP_METER_STATE_DIR": str(state)}) as session:
            talk(session, range(10))
            with frozen(disk):
                talk(session, range(10, 5000))
            talk(session, range(5000, 5010))
            assert session.finish(20) == 0
        ledger = metered.ledger()
        answered = [call["request_id"] for call in ledger.calls]
        assert len(answered) == len(set(answered))
        assert set(range(10)) <= set(answered)


def test_files_of_a_ledger_that_somebody_removes(metered: Bench):
    with metered.session(python("call_server.py")) as session:
        talk(session, range(10))
        shutil.rmtree(metered.state)
        talk(session, range(10, 20))
        assert session.finish() == 0


def test_a_ledger_of_another_user(metered: Bench, tmp_path: pathlib.Path):
    """As when a server was once run with sudo."""
    os.chmod(tmp_path, 0o755)
    for parent in tmp_path.parents:
        if str(parent).startswith("/tmp/"):
            os.chmod(parent, 0o755)
    state = tmp_path / "theirs"
    state.mkdir(mode=0o700)
    command = ["sh", "-c", "cat"]
    with metered.session(command, {"MCP_METER_STATE_DIR": str(state)}, user=65534, group=65534, extra_groups=[]) as session:
        session.write(b"anything\n")
        assert session.read_line() == b"anything\n"
        assert session.finish() == 0
        assert_one_line(session.stderr(), "MCP_METER_STATE_DIR")
