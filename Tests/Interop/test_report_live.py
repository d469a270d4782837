"""`mcp-meter report --live`: at a terminal, while calls come, until somebody ends it."""

import datetime
import json
import os
import pathlib
import random
import re
import resource
import signal
import subprocess
import termios
import time

import pytest
from support import spending
from support.terminal import Terminal

ROOT = pathlib.Path(__file__).resolve().parents[2]
METER = ROOT / ".build" / "release" / "mcp-meter"
CLEARED = "\x1b[J"  # what is below the picture: its last bytes


class Ledger:
    """One that grows while somebody looks."""

    def __init__(self, state: pathlib.Path):
        self.state = state
        self.random = random.Random(7)
        now = datetime.datetime.now(datetime.timezone.utc)
        self.path = state / "ledger" / now.strftime("%Y-%m-%d") / "100000000000-2000000001-0000000a.jsonl"
        self.path.parent.mkdir(parents=True)

    def add(self, model: str, dollars: float) -> None:
        now = datetime.datetime.now(datetime.timezone.utc)
        record = {
            "v": 1,
            "kind": "call",
            "id": spending.identity(self.random),
            "time": now.strftime("%Y-%m-%dT%H:%M:%S.%f") + "Z",
            "duration_ms": 1200.5,
            "session": "019aa5c0-9c40-7000-8000-000000000001",
            "direction": "client_to_server",
            "method": "tools/call",
            "tool": "ask",
            "request_id": 1,
            "server": "zen",
            "provider": "google",
            "model": model,
            "model_source": "response",
            "usage": {"source": "reported", "input_tokens": 100, "output_tokens": 10},
            "cost": {"source": "reported", "usd_nanos": int(dollars * 1e9)},
            "outcome": "ok",
            "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736",
            "span_id": "a3ce929d0e0e4732",
            "request_bytes": 12,
        }
        with self.path.open("ab") as file:
            file.write(json.dumps(record, separators=(",", ":")).encode() + b"\n")


@pytest.fixture
def ledger(tmp_path: pathlib.Path) -> Ledger:
    ledger = Ledger(tmp_path / "state")
    ledger.add("first-model", 1.25)
    return ledger


def live(ledger: Ledger, *words: str) -> Terminal:
    environment = {
        "PATH": os.environ["PATH"],
        "TERM": "xterm-256color",
        "TZ": "UTC",
        "MCP_METER_STATE_DIR": str(ledger.state),
    }
    return Terminal([str(METER), "report", "--live", *words], environment, columns=100)


def shown(picture: str) -> str:
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", picture)


def test_what_comes_is_shown(ledger: Ledger) -> None:
    with live(ledger) as terminal:
        first = shown(terminal.read_until(CLEARED))
        assert "first-model" in first and "$1.25" in first and "second-model" not in first
        ledger.add("second-model", 2.5)
        second = terminal.read_until(CLEARED)
        # Drawn over the picture before, not below it.
        assert second.startswith("\x1b[H") and "\x1b[2J" not in second
        assert "second-model" in shown(second) and "$3.75" in shown(second)
        # Another session's file, which was not there before.
        ledger.path = ledger.path.with_name("100001000000-2000000002-0000000b.jsonl")
        ledger.add("third-model", 4.0)
        third = shown(terminal.read_until(CLEARED))
        assert "third-model" in third and "$7.75" in third


def test_a_line_that_is_being_written_is_shown_when_it_is_whole(ledger: Ledger) -> None:
    ledger.add("slow-model", 2.5)
    whole = ledger.path.read_bytes()
    begun = whole[: whole.rindex(b'"model"') + 20]
    ledger.path.write_bytes(begun)
    with live(ledger) as terminal:
        assert "slow-model" not in shown(terminal.read_until(CLEARED))
        with ledger.path.open("ab") as file:
            file.write(whole[len(begun) :])
        assert "slow-model" in shown(terminal.read_until(CLEARED))


@pytest.mark.parametrize("how", ["ctrl-c", signal.SIGTERM, signal.SIGHUP])
def test_it_ends_as_it_is_told_to_and_leaves_the_terminal_as_it_was(ledger: Ledger, how: str | signal.Signals) -> None:
    with live(ledger) as terminal:
        before = termios.tcgetattr(terminal.descriptor)
        picture = terminal.read_until(CLEARED)
        assert termios.tcgetattr(terminal.descriptor) == before
        if isinstance(how, signal.Signals):
            os.kill(terminal.pid, how)
        else:
            terminal.write("\x03")
        status, rest = terminal.finish(5)
        # A shell that runs it in a loop has to see that it was interrupted.
        assert status == -(how if isinstance(how, signal.Signals) else signal.SIGINT)
    everything = picture + rest
    # Neither another screen nor a hidden cursor nor a colour is left behind.
    assert "\x1b[?" not in everything
    assert re.findall(r"\x1b\[([0-9;]*)m", everything)[-1:] in ([], ["0"], [""])


def test_it_ends_with_its_terminal(ledger: Ledger) -> None:
    terminal = live(ledger)
    try:
        terminal.read_until(CLEARED)
        os.close(terminal.descriptor)
        _, status = os.waitpid(terminal.pid, 0)
        terminal.pid = 0
        assert os.waitstatus_to_exitcode(status) == -signal.SIGHUP
    finally:
        if terminal.pid:
            os.kill(terminal.pid, signal.SIGKILL)
            os.waitpid(terminal.pid, 0)


def test_it_costs_next_to_nothing_while_calls_come(tmp_path: pathlib.Path) -> None:
    """Less than 2 % of a core by its own rule; twice that is allowed for a start that is not rested from."""
    ledger = Ledger(tmp_path / "state")
    for number in range(20_000):
        ledger.add(f"model-{number % 7}", 0.001)
    with live(ledger) as terminal:
        terminal.read_until(CLEARED)
        used, begun = processor_time(terminal.pid), time.monotonic()
        drawn = 0
        while time.monotonic() - begun < 6:
            ledger.add(f"new-model-{drawn}", 0.5)
            terminal.read_until(CLEARED)
            drawn += 1
        share = (processor_time(terminal.pid) - used) / (time.monotonic() - begun)
    print(f"{share:.2%} of a core for {drawn} pictures of 20,000 calls")
    assert drawn >= 3
    assert share < 0.05


def processor_time(pid: int) -> float:
    """Seconds of processor a living child has used, which getrusage tells of dead ones only."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_all_of_it_is_little(ledger: Ledger) -> None:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begun = time.monotonic()
    with live(ledger) as terminal:
        for number in range(4):
            terminal.read_until(CLEARED)
            ledger.add(f"model-{number}", 0.1)
        terminal.read_until(CLEARED)
        terminal.write("\x03")
        terminal.finish(5)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    share = (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) / (time.monotonic() - begun)
    print(f"{share:.2%} of a core, its start included")
    assert share < 0.05


def test_it_needs_a_terminal(ledger: Ledger) -> None:
    environment = {"PATH": os.environ["PATH"], "MCP_METER_STATE_DIR": str(ledger.state)}
    done = subprocess.run([METER, "report", "--live"], env=environment, capture_output=True, text=True, timeout=20)
    assert done.returncode == 64
    assert done.stdout == "" and "standard output is none" in done.stderr and len(done.stderr.splitlines()) == 1
