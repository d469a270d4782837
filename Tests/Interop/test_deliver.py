"""`mcp-meter deliver` with a real receiver: started by a session, by hand, killed, stopped."""

import json
import os
import pathlib
import signal
import subprocess
import time

import pytest
from support import processes, receiver, relay

PING = b'{"jsonrpc":"2.0","id":1,"method":"ping"}\n'
PONG = b'{"jsonrpc":"2.0","id":1,"result":{}}\n'
SERVER = ["sh", "-c", "while read line; do printf '%s\\n' '" + PONG.decode().strip() + "'; done"]
TOKEN = "tok-0123456789abcdef"


class Delivery:
    """Sessions and shippers over one state directory, and every process they started."""

    def __init__(self, directory: pathlib.Path):
        self.state = directory / "state"
        self.mark = processes.new_mark()

    def environment(self, url: str | None, **extra: str) -> dict[str, str]:
        environment = relay.clean_environment() | {processes.MARK: self.mark, "MCP_METER_STATE_DIR": str(self.state)}
        if url:
            environment |= {
                "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": url + "/v1/traces",
                "OTEL_EXPORTER_OTLP_PROTOCOL": "http/json",
                "OTEL_EXPORTER_OTLP_HEADERS": f"authorization=Bearer {TOKEN}",
                "OTEL_BSP_SCHEDULE_DELAY": "100",
            }
        return environment | extra

    def session(self, url: str | None, pings: int = 1) -> float:
        """A whole session; seconds from the end of its input to its end."""
        command = [relay.binary(), "--", *SERVER]
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=self.environment(url)
        ) as process:
            for number in range(pings):
                process.stdin.write(PING)
                process.stdin.flush()
                assert process.stdout.readline() == PONG
            start = time.monotonic()
            process.stdin.close()
            # The shipper must hold none of the three pipes.
            assert process.stderr.read() == b""
            assert process.wait() == 0
            return time.monotonic() - start

    def deliver(self, url: str | None, *options: str, **extra: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            [relay.binary(), "deliver", *options], env=self.environment(url, **extra), capture_output=True, text=True, timeout=60
        )

    def shippers(self) -> list[int]:
        found = []
        for pid in processes.marked(self.mark):
            try:
                words = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
            except FileNotFoundError:
                continue
            if b"deliver" in words:
                found.append(pid)
        return found

    def status(self, url: str) -> dict:
        (report,) = json.loads(self.deliver(url, "--status", "--json").stdout)
        return report


@pytest.fixture
def delivery(tmp_path: pathlib.Path):
    delivery = Delivery(tmp_path)
    yield delivery
    for pid in delivery.shippers():
        os.kill(pid, signal.SIGKILL)
    processes.wait_until(lambda: not processes.marked(delivery.mark), 5, "all processes gone")


def spans(took: receiver.Receiver) -> list[str]:
    """The span ids it was sent, repeated ones once."""
    found = {}
    for body in took.bodies():
        for resource in json.loads(body)["resourceSpans"]:
            for scope in resource["scopeSpans"]:
                for span in scope["spans"]:
                    found[span["spanId"]] = True
    return list(found)


def test_a_session_has_its_records_delivered_by_a_process_that_outlives_it(delivery: Delivery):
    with receiver.Receiver() as took:
        assert delivery.session(took.url, pings=3) < 0.3
        took.wait(lambda: len(spans(took)) == 3, 10, "three spans")
        (shipper,) = delivery.shippers()
        root = pathlib.Path(f"/proc/{shipper}")
        assert os.getsid(shipper) == shipper
        assert {os.readlink(root / "fd" / str(number)) for number in range(3)} == {"/dev/null"}
        assert os.readlink(root / "cwd") == "/"
        assert TOKEN.encode() not in (root / "cmdline").read_bytes()
        # It goes when nothing comes any more, and says so.
        processes.wait_until(lambda: not delivery.shippers(), 10, "the shipper gone")
        report = delivery.status(took.url)
        assert report["backlog_records"] == 0 and report["delivered"] >= 3 and report["state"] == "stopped"
        for path in (delivery.state / "delivery").iterdir():
            assert TOKEN not in path.read_text()
            assert path.stat().st_mode & 0o777 == 0o600


def test_a_receiver_that_hangs_delays_no_session(delivery: Delivery):
    with receiver.Receiver(script=[receiver.never()] * 50) as took:
        assert delivery.session(took.url) < 0.3
        took.wait(lambda: took.requests, 10, "a request")
        (shipper,) = delivery.shippers()
        start = time.monotonic()
        os.kill(shipper, signal.SIGTERM)
        processes.wait_until(lambda: not delivery.shippers(), 2, "the shipper gone")
        assert time.monotonic() - start < 0.6
        assert delivery.status(took.url)["backlog_records"] > 0


def test_what_a_killed_shipper_left_is_delivered_by_the_next(delivery: Delivery):
    for _ in range(4):
        delivery.session("http://127.0.0.1:1")
    for pid in delivery.shippers():
        os.kill(pid, signal.SIGKILL)
    processes.wait_until(lambda: not delivery.shippers(), 5, "shippers gone")
    with receiver.Receiver(script=receiver.mix(7)) as took:
        url = took.url
        for _ in range(6):
            with subprocess.Popen([relay.binary(), "deliver"], env=delivery.environment(url), stderr=subprocess.DEVNULL) as process:
                time.sleep(0.15)
                process.kill()
        # Everything there is goes to a new destination, once the receiver behaves.
        took.behave([])
        done = delivery.deliver(url, "--once")
        assert done.returncode == 0, done.stderr
        assert len(spans(took)) == 4


def test_exit_statuses_say_what_happened(delivery: Delivery):
    assert delivery.deliver(None).returncode == 78
    assert delivery.deliver(None, "--onec").returncode == 64
    assert delivery.deliver("http://127.0.0.1:1", "--once").returncode == 0  # nothing to send
    delivery.session("http://127.0.0.1:1")
    for pid in delivery.shippers():
        os.kill(pid, signal.SIGTERM)
    processes.wait_until(lambda: not delivery.shippers(), 5, "shippers gone")
    left = delivery.deliver("http://127.0.0.1:1", "--once", "--patience", "1")
    assert left.returncode == 75 and "records are left" in left.stderr
    assert TOKEN not in left.stderr + left.stdout
    quiet = delivery.deliver("http://127.0.0.1:1", "--until-idle", "--patience", "1")
    assert quiet.returncode == 75 and quiet.stderr == "" and quiet.stdout == ""


def test_dead_letters_can_be_sent_again(delivery: Delivery):
    with receiver.Receiver(script=[receiver.status(400, body=f"no {TOKEN}".encode())] * 50) as took:
        delivery.session(took.url)
        took.wait(lambda: took.requests, 10, "a request")
        processes.wait_until(lambda: delivery.status(took.url)["dead_letters"] == 1, 10, "a dead letter")
        assert TOKEN not in "".join(path.read_text() for path in (delivery.state / "delivery").iterdir())
        took.behave([])
        again = delivery.deliver(took.url, "--retry-dead")
        assert again.returncode == 0 and "1 delivered, 0 refused again" in again.stdout, again
        assert len(spans(took)) == 1 and delivery.status(took.url)["dead_letters"] == 0
