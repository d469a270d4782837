"""Relays, servers, shippers and receivers killed at random while twenty thousand calls are made: every finished call
reaches every receiver, and nothing reaches one that is not in the ledger."""

import collections
import os
import pathlib
import random
import signal
import subprocess
import threading
import time
from collections.abc import Callable

import pytest
from support import delivery
from support.delivery import ReceiverProcess, shippers
from support.ledger import Ledger
from support.processes import children, describe, marked, runs_script, wait_until
from support.relay import Bench, Session, elapsed, python

SEED = 20261121
RELAYS = 6
CALLS = 20_000
KILLS = 200
# The longest a relay lives, and a client pauses between bursts of up to 80 calls; in seconds.
LIFE = 1.5
PAUSE = 0.7
# The relay alone; its process group, as `killpg` does it; its server.
VICTIMS = ("relay", "group", "server")


class Client(threading.Thread):
    """One client, which starts its server anew whenever something of it was killed."""

    def __init__(self, bench: Bench, environment: dict[str, str | None], number: int, calls: int):
        super().__init__()
        self.bench = bench
        self.environment = environment
        self.number = number
        self.calls = calls
        self.random = random.Random(SEED + number)
        self.sent = 0
        self.answered: list[str] = []
        self.kills: collections.Counter[str] = collections.Counter()
        self.trouble: BaseException | None = None

    def run(self) -> None:
        try:
            while self.sent < self.calls:
                session = self.bench.start(python("usage_server.py"), self.environment, stderr=subprocess.DEVNULL)
                try:
                    self.talk(session)
                finally:
                    session.dispose()
        except BaseException as trouble:
            self.trouble = trouble

    def talk(self, session: Session) -> None:
        killer = threading.Timer(self.random.random() * LIFE, self.kill, [session])
        killer.start()
        burst = 0
        line = b'{"jsonrpc":"2.0","id":"%s","method":"tools/call","params":{"name":"ask","arguments":{"prompt":"What is the capital?"}}}\n'
        try:
            while self.sent < self.calls:
                name = f"{self.number}-{self.sent}"
                self.sent += 1
                session.write(line % name.encode())
                if not session.read_line().endswith(b"\n"):
                    return
                self.answered.append(name)
                burst -= 1
                if burst < 0:
                    # At full speed all would be over before the first shipper is up.
                    burst = self.random.randrange(80)
                    time.sleep(self.random.random() * PAUSE)
        except BrokenPipeError:
            pass
        finally:
            killer.cancel()
            killer.join()

    def kill(self, session: Session) -> None:
        victim = self.random.choice(VICTIMS)
        try:
            if victim == "group":
                os.killpg(session.pid, signal.SIGKILL)
            elif victim == "relay":
                os.kill(session.pid, signal.SIGKILL)
            else:
                for pid in children(session.pid):
                    if runs_script(pid, "usage_server.py"):
                        os.kill(pid, signal.SIGKILL)
            self.kills[victim] += 1
        except ProcessLookupError:
            pass


class Reaper(threading.Thread):
    """Kills shippers and receivers until it is told to stop."""

    def __init__(self, bench: Bench, receivers: dict[str, ReceiverProcess]):
        super().__init__()
        self.bench = bench
        self.receivers = receivers
        self.random = random.Random(SEED)
        self.kills: collections.Counter[str] = collections.Counter()
        self.over = threading.Event()

    def run(self) -> None:
        while not self.over.wait(self.random.random() * 0.8):
            victim = self.random.choice(("shipper", "shipper", *self.receivers))
            if victim == "shipper":
                for pid in shippers(self.bench):
                    try:
                        os.kill(pid, signal.SIGKILL)
                        self.kills[victim] += 1
                    except ProcessLookupError:
                        pass
            else:
                self.receivers[victim].kill()
                self.kills[victim] += 1
                self.over.wait(self.random.random() * 0.2)
                self.receivers[victim].start()


@pytest.fixture
def receivers(tmp_path: pathlib.Path):
    """Not started yet."""
    made = {name: ReceiverProcess(tmp_path / f"{name}.journal") for name in ("evalops", "otlp")}
    yield made
    for receiver in made.values():
        receiver.kill()


def environment(receivers: dict[str, ReceiverProcess]) -> dict[str, str | None]:
    return {
        "EVALOPS_BASE_URL": receivers["evalops"].url,
        "EVALOPS_TOKEN": "token",
        "OTEL_EXPORTER_OTLP_ENDPOINT": receivers["otlp"].url,
        "GEMINI_MODEL": "gemini-2.5-pro",
    }


def storm(bench: Bench, values: dict[str, str | None], calls: int) -> list[Client]:
    """Runs the clients to their end, some thread of each killing."""
    clients = [Client(bench, values, number, calls // RELAYS) for number in range(RELAYS)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    for client in clients:
        if client.trouble:
            raise client.trouble
    return clients


def last_relay(bench: Bench, values: dict[str, str | None]) -> None:
    """One more session, which nobody kills: what is left over goes with it."""
    with bench.session(python("usage_server.py"), values, stderr=subprocess.DEVNULL) as session:
        session.write(b'{"jsonrpc":"2.0","id":"last-1","method":"tools/call","params":{"name":"ask","arguments":{"prompt":"And?"}}}\n')
        assert session.read_line().endswith(b"\n")
        assert session.finish() == 0
    wait_until(lambda: not marked(bench.mark), 120, f"everything shipped; left {describe(marked(bench.mark))}")


def compare(ledger: Ledger, receivers: dict[str, ReceiverProcess]) -> str:
    """Nothing missing and nothing invented, by id, and of what there is the figures of the ledger."""
    messages = {name: receiver.messages() for name, receiver in receivers.items()}
    spending = delivery.metered(ledger.records)
    spans = delivery.spans_of(ledger.records)
    used = delivery.usage(messages["evalops"])
    agreed("meter", used, spending)
    for identity, record in used.items():
        assert int(record["inputTokens"]) == spending[identity]["usage"]["input_tokens"]
    agreed("EvalOps spans", delivery.evalops_spans(messages["evalops"]), delivery.spans_of(delivery.analyses(ledger.records)))
    otlp = delivery.otlp_spans(messages["otlp"])
    agreed("OTLP spans", otlp, spans)
    assert all(span.parent == (spans[key] or "") for key, span in otlp.items())
    delivery.assert_totals(ledger.records, messages["otlp"])
    counts = {name: len(items) for name, items in messages.items()}
    return f"{len(spending)} metered, {len(spans)} spans in {counts} messages"


def agreed(what: str, there: dict, wanted: dict) -> None:
    missing, invented = wanted.keys() - there.keys(), there.keys() - wanted.keys()
    assert not missing and not invented, (
        f"{what}: {len(missing)} of {len(wanted)} missing, such as {sorted(missing)[:3]}; "
        f"{len(invented)} invented, such as {sorted(invented)[:3]}"
    )


def finished(ledger: Ledger, clients: list[Client]) -> str:
    """Every answered call is in the ledger, as a call or at least as its begin."""
    called = collections.Counter(call["request_id"] for call in ledger.calls)
    begun = {begin["request_id"] for begin in ledger.begins}
    answered = {name for client in clients for name in client.answered}
    missing = sorted(answered - called.keys() - begun)
    assert not missing, f"{len(missing)} of {len(answered)} answered are not in the ledger: {missing[:20]}"
    assert [name for name, count in called.items() if count > 1] == []
    return f"{len(answered)} answered, {len(called)} recorded, {len(begun - called.keys())} begun only"


@pytest.mark.timeout(400)
def test_kill_9_at_random_and_every_receiver_holds_every_finished_call(metered: Bench, receivers: dict[str, ReceiverProcess]):
    start = time.monotonic()
    for receiver in receivers.values():
        receiver.start()
    values = environment(receivers)
    reaper = Reaper(metered, receivers)
    reaper.start()
    try:
        clients = storm(metered, values, CALLS)
    finally:
        reaper.over.set()
        reaper.join()
    kills = sum((client.kills for client in clients), collections.Counter(reaper.kills))
    called = elapsed(start)
    last_relay(metered, values)
    ledger = metered.ledger(validated=False)
    print(f"{CALLS} calls in {called:.0f} s, {finished(ledger, clients)}; killed {dict(kills)}; shipped after {elapsed(start):.0f} s")
    print(compare(ledger, receivers))
    assert kills.total() >= KILLS and all(kills[name] >= 5 for name in (*VICTIMS, "shipper", *receivers)), kills


@pytest.mark.timeout(300)
def test_receivers_that_were_down_all_the_time_get_it_all_afterwards(metered: Bench, receivers: dict[str, ReceiverProcess]):
    values = environment(receivers)
    clients = storm(metered, values, CALLS // 4)
    for pid in shippers(metered):
        os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not marked(metered.mark), 5, "all processes gone")
    for receiver in receivers.values():
        assert receiver.messages() == []
        receiver.start()
    last_relay(metered, values)
    ledger = metered.ledger(validated=False)
    print(f"{finished(ledger, clients)}; {compare(ledger, receivers)}")
