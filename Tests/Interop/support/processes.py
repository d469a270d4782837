"""Processes as the kernel sees them: who is alive, who blocks, how much memory was needed."""

import os
import signal
import time
import uuid
from collections.abc import Callable

MARK = "METER_TEST_MARK"


def new_mark() -> str:
    """A value no other process has in its environment: descendants inherit it and are found by it."""
    return uuid.uuid4().hex


def marked(mark: str) -> list[int]:
    """Live processes started, however indirectly, with this mark in their environment."""
    needle = f"{MARK}={mark}".encode()
    found = []
    for name in os.listdir("/proc"):
        if not name.isdigit() or int(name) == os.getpid():
            continue
        try:
            with open(f"/proc/{name}/environ", "rb") as file:
                if needle in file.read().split(b"\0"):
                    found.append(int(name))
        except OSError:
            continue
    return found


def describe(pids: list[int]) -> str:
    lines = []
    for pid in pids:
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                lines.append(f"{pid}: {file.read().replace(bytes(1), b' ').decode(errors='replace')}")
        except OSError:
            lines.append(f"{pid}: gone")
    return "; ".join(lines)


def wait_until(condition: Callable[[], object], seconds: float, what: str) -> object:
    """The first true value of `condition`, polled every millisecond; fails after `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(0.001)


def assert_gone(mark: str, seconds: float) -> float:
    """Waits until no marked process is left; how long that took, in seconds."""
    start = time.monotonic()
    deadline = start + seconds
    while left := marked(mark):
        assert time.monotonic() < deadline, f"still alive after {seconds} s: {describe(left)}"
        time.sleep(0.005)
    return time.monotonic() - start


def kill_marked(mark: str) -> None:
    for pid in marked(mark):
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass


def children(pid: int) -> list[int]:
    try:
        with open(f"/proc/{pid}/task/{pid}/children") as file:
            return [int(word) for word in file.read().split()]
    except OSError:
        return []


def runs_script(pid: int, name: str) -> bool:
    """Whether it is the interpreter of a script: not a relay or guardian, which have it among their arguments."""
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            return name.encode() in file.read().split(b"\0", 2)[1]
    except (OSError, IndexError):
        return False


def status_kib(pid: int, field: str) -> int:
    """A memory field of /proc/PID/status, in KiB: `VmHWM` is the most that was ever resident."""
    with open(f"/proc/{pid}/status") as file:
        for line in file:
            if line.startswith(field + ":"):
                return int(line.split()[1])
    raise KeyError(field)
