"""How a session ends, however it ends: the status is the server's, nothing it said is lost, and
nothing that was started stays behind."""

import os
import pathlib
import signal
import sys
import time

import pytest
from support.processes import assert_gone, children, marked, status_kib, wait_until
from support.relay import Bench, Session, elapsed, python

PING = b'{"jsonrpc":"2.0","id":1,"method":"ping"}\n'
PONG = b'{"jsonrpc": "2.0", "id": 1, "result": {}}\n'
# The end of input is followed by a grace of 2 s, a SIGTERM, 2 s more and a SIGKILL.
GRACE = 2.0
SLACK = 1.0
WITHIN = 2.0


def life(*traits: str) -> list[str]:
    return python("life_server.py", *traits)


def wrapped(*traits: str) -> list[str]:
    """As `npx` or a shell script starts a server: not the child itself, but its child."""
    return ["sh", "-c", '"$@"; true', "sh", *life(*traits)]


def ready(session: Session) -> None:
    session.write(PING)
    assert session.read_line() == PONG


@pytest.mark.parametrize("status", [0, 1, 7, 126, 127, 255])
def test_the_exit_status_is_the_servers(bench: Bench, status: int):
    """…while the client keeps the relay's input open."""
    with bench.session(life(f"exit={status}")) as session:
        ready(session)
        assert session.wait() == status
        if bench.on:
            ended = bench.ledger().sessions[-1]
            assert (ended["event"], ended["exit_status"]) == ("ended", status)


FATAL = [signal.SIGKILL, signal.SIGTERM, signal.SIGSEGV, signal.SIGABRT, signal.SIGHUP, signal.SIGPIPE, signal.SIGINT]


@pytest.mark.parametrize("number", FATAL, ids=lambda number: number.name)
def test_the_fatal_signal_is_the_servers(bench: Bench, number: signal.Signals):
    with bench.session(life(f"die={number}")) as session:
        ready(session)
        assert session.wait() == -number


def test_end_of_input_ends_the_session(bench: Bench):
    with bench.session(life()) as session:
        ready(session)
        start = time.monotonic()
        assert session.finish() == 0
        assert elapsed(start) < 1


ENDING = [signal.SIGTERM, signal.SIGINT, signal.SIGHUP]


@pytest.mark.parametrize("number", ENDING, ids=lambda number: number.name)
def test_a_signal_ends_a_cooperative_server(bench: Bench, number: signal.Signals):
    with bench.session(life()) as session:
        ready(session)
        start = time.monotonic()
        session.signal(number)
        assert session.wait(5) != 0
        assert elapsed(start) < WITHIN
        assert_gone(bench.mark, WITHIN)


@pytest.mark.parametrize("number", ENDING, ids=lambda number: number.name)
def test_a_signal_ends_a_wrapped_server_too(metered: Bench, number: signal.Signals):
    with metered.session(wrapped()) as session:
        ready(session)
        start = time.monotonic()
        session.signal(number)
        session.wait(5)
        assert elapsed(start) < WITHIN
        assert_gone(metered.mark, WITHIN)


def test_a_server_that_ignores_the_end_of_input_is_terminated(metered: Bench):
    with metered.session(life("ignore-eof")) as session:
        ready(session)
        start = time.monotonic()
        assert session.finish() == -signal.SIGTERM
        assert GRACE - 0.1 < elapsed(start) < GRACE + SLACK


def test_a_server_that_ignores_the_end_of_input_and_sigterm_is_killed(metered: Bench):
    with metered.session(life("ignore-eof", "ignore-term")) as session:
        ready(session)
        start = time.monotonic()
        assert session.finish() == -signal.SIGKILL
        assert 2 * GRACE - 0.1 < elapsed(start) < 2 * GRACE + SLACK


def test_a_grandchild_that_ignores_everything_is_killed(metered: Bench):
    with metered.session(wrapped("ignore-eof", "ignore-term")) as session:
        ready(session)
        start = time.monotonic()
        session.finish()
        assert elapsed(start) < 2 * GRACE + SLACK
        assert_gone(metered.mark, WITHIN)


STUBBORN = ("ignore-eof", "ignore-term")


@pytest.mark.parametrize("command", [life, wrapped], ids=["direct", "sh -c"])
@pytest.mark.parametrize("group", [False, True], ids=["alone", "killpg"])
@pytest.mark.parametrize("traits", [(), ("ignore-eof",), STUBBORN, (*STUBBORN, "grandchild")], ids=lambda traits: " ".join(traits) or "polite")
def test_a_killed_relay_leaves_nothing(metered: Bench, traits: tuple[str, ...], group: bool, command):
    with metered.session(command(*traits)) as session:
        ready(session)
        assert marked(metered.mark)
        if group:
            os.killpg(session.pid, signal.SIGKILL)
        else:
            session.signal(signal.SIGKILL)
        assert session.wait() == -signal.SIGKILL
        assert_gone(metered.mark, WITHIN)


def test_the_ladder_of_the_official_sdk(metered: Bench):
    """Input closed, 2 s, SIGTERM to the group, 2 s, SIGKILL to the group."""
    with metered.session(wrapped(*STUBBORN)) as session:
        ready(session)
        session.close_stdin()
        for number in (signal.SIGTERM, signal.SIGKILL):
            time.sleep(2)
            if session.process.poll() is None:
                os.killpg(session.pid, number)
        session.wait(2)
        assert_gone(metered.mark, WITHIN)


@pytest.mark.parametrize("signal_name", ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2"])
def test_signals_go_on_to_the_server(bench: Bench, tmp_path: pathlib.Path, signal_name: str):
    log = tmp_path / "log"
    with bench.session(life("hear", "--log", str(log))) as session:
        ready(session)
        session.signal(getattr(signal, signal_name))
        wait_until(lambda: signal_name in log.read_text().split(), 5, f"{signal_name} in the server")
        session.write(PING)
        assert session.read_line() == PONG
        assert session.finish() == 0


def state(pid: int) -> str:
    """R, S, T … from /proc/PID/stat, whose second field may hold anything."""
    return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def name(pid: int) -> str:
    return pathlib.Path(f"/proc/{pid}/comm").read_text().strip()


def test_stop_and_continue(metered: Bench):
    with metered.session(["cat"]) as session:
        session.write(b"before\n")
        assert session.read_line() == b"before\n"
        (server,) = [pid for pid in marked(metered.mark) if name(pid) == "cat"]
        session.signal(signal.SIGTSTP)
        wait_until(lambda: state(server) == state(session.pid) == "T", 5, "both stopped")
        session.signal(signal.SIGCONT)
        wait_until(lambda: "T" not in (state(server), state(session.pid)), 5, "both going on")
        session.write(b"after\n")
        assert session.read_line() == b"after\n"
        assert session.finish() == 0


def test_a_server_that_closes_its_output_may_clean_up(bench: Bench, tmp_path: pathlib.Path):
    log = tmp_path / "log"
    with bench.session(life("close-stdout", "--log", str(log))) as session:
        ready(session)
        assert session.wait() == 5
        assert "cleaned up" in log.read_text()


def test_a_slow_reader_gets_all_of_a_server_that_has_left(bench: Bench):
    script = "import os; data = b'x' * (8 << 20); view = memoryview(data)\nwhile view: view = view[os.write(1, view):]"
    with bench.session([sys.executable, "-c", script]) as session:
        received = 0
        for _ in range(16):
            received += len(session.read_exactly(64 * 1024))
            time.sleep(0.005)
        received += len(session.read_rest())
        assert received == 8 << 20
        assert session.wait() == 0


def test_last_words_of_a_server_that_dies(bench: Bench):
    script = "printf '%s' 'no newline, no mercy'; kill -KILL $$"
    with bench.session(["sh", "-c", script]) as session:
        assert session.read_rest() == b"no newline, no mercy"
        assert session.wait() == -signal.SIGKILL


def test_a_server_that_does_not_read_holds_its_client_back(bench: Bench):
    with bench.session(["sleep", "60"]) as session:
        descriptor = session.process.stdin.fileno()
        os.set_blocking(descriptor, False)
        accepted, last = 0, time.monotonic()
        # Until nothing more was taken for a whole second.
        while time.monotonic() - last < 1:
            try:
                accepted += os.write(descriptor, b"x" * 65_536)
                last = time.monotonic()
            except BlockingIOError:
                time.sleep(0.01)
        assert accepted < 1 << 20
        if bench.on:
            assert status_kib(session.pid, "VmHWM") <= 8 * 1024
        session.signal(signal.SIGTERM)
        assert session.wait() == -signal.SIGTERM


def test_half_a_line_is_passed_on_at_once(bench: Bench):
    with bench.session(["cat"]) as session:
        for half in (b'{"jsonrpc":"2.0",', b'"method":"m"}\n'):
            session.write(half)
            assert session.read_exactly(len(half), seconds=2) == half
        assert session.finish() == 0


def test_stderr_is_the_servers(bench: Bench):
    noise = bytes(range(256)) * 64
    script = "import sys; sys.stderr.buffer.write(bytes(range(256)) * 64)"
    with bench.session([sys.executable, "-c", script]) as session:
        assert session.wait() == 0
        assert session.stderr() == noise


def test_the_same_id_in_both_directions(metered: Bench):
    """Ids are each side's own: the server's request 1 is not the answer to the client's."""
    script = (
        "read request; printf '%s\\n' '{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"roots/list\"}';"
        "read answer; printf '%s\\n' '{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"content\":[]}}'; read end"
    )
    with metered.session(["sh", "-c", script]) as session:
        session.write(b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"t","arguments":{}}}\n')
        session.read_line()
        session.write(b'{"jsonrpc":"2.0","id":1,"result":{"roots":[]}}\n')
        session.read_line()
        session.finish()
    ledger = metered.ledger()
    outer = ledger.call("tools/call", direction="client_to_server", outcome="ok")
    inner = ledger.call("roots/list", direction="server_to_client", outcome="ok")
    assert outer["duration_ms"] >= inner["duration_ms"]
    assert outer["request_id"] == inner["request_id"] == 1


def test_off_the_relay_is_the_server(unmetered: Bench):
    """Nothing set: the same process, no child, no other thread."""
    with unmetered.session(["sleep", "60"]) as session:
        wait_until(lambda: name(session.pid) == "sleep", 5, "the server in the relay's place")
        assert not children(session.pid)
        assert len(os.listdir(f"/proc/{session.pid}/task")) == 1
        session.signal(signal.SIGTERM)
        assert session.wait() == -signal.SIGTERM
        assert session.stderr() == b""


NOT_THERE = [("no-such-command-anywhere", 127), ("./not-here", 127), ("/dev/null", 126), ("/", 126)]


@pytest.mark.parametrize(("command", "status"), NOT_THERE)
def test_a_command_that_cannot_be_started(bench: Bench, tmp_path: pathlib.Path, command: str, status: int):
    with bench.session([command], cwd=tmp_path) as session:
        assert session.wait() == status
        lines = session.stderr().decode().splitlines()
        assert len(lines) == 1
        assert lines[0].startswith("mcp-meter: ") and command in lines[0]
        assert session.read_rest() == b""
