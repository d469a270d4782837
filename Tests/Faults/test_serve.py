"""`mcp-meter serve` with a million records, under load, under attack and under kill -9. Figures are printed; what is
asserted are the limits it promises, generously: a busy machine is slow."""

import http.client
import json
import os
import pathlib
import random
import signal
import socket
import statistics
import subprocess
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from support import many, processes
from support.relay import binary, clean_environment
from support.serving import Serve, samples, total

MILLION = 1_000_000
HEAD = b"Host: 127.0.0.1\r\n"


def cpu_seconds(pid: int) -> float:
    """What a process has used of processors, by itself and in the kernel."""
    words = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


def resident(serve: Serve) -> tuple[float, float]:
    """MiB: now, and the most there ever was."""
    return processes.status_kib(serve.pid, "VmRSS") / 1024, processes.status_kib(serve.pid, "VmHWM") / 1024


def counted(serve: Serve, count: int, seconds: float = 60) -> dict[str, float]:
    """The figures, as soon as so many model calls are in them."""

    def look() -> dict[str, float] | None:
        if not serve.is_ready():
            return None
        found = samples(serve.metrics())
        return found if total(found, "mcp_ai_requests_total") >= count else None

    found = processes.wait_until(look, seconds, f"{count} calls counted")
    assert total(found, "mcp_ai_requests_total") == count  # type: ignore[arg-type]
    return found  # type: ignore[return-value]


def of_ledger(found: dict[str, float]) -> dict[str, float]:
    """What follows from the ledger alone, and not from who asked this process what."""
    return {key: value for key, value in found.items() if not key.startswith("mcp_meter_http_")}


# A million records.


def test_a_million_records(tmp_path: pathlib.Path):
    state = tmp_path / "state"
    many.write(state, MILLION)
    with Serve(state) as serve:
        # It answers before it is done, but with no figure lower than it may have given before, and takes
        # nothing that may be there already.
        assert serve.ask("GET", "/healthz")[0] == 200 and serve.ask("GET", "/readyz")[0] == 503
        assert serve.ask("GET", "/metrics")[0] == 503
        with pytest.raises(ConnectionError, match="send it again"):
            serve.post(many.posted(1))
        serve.wait_ready(120)
        wall, cpu = time.monotonic() - serve.started, cpu_seconds(serve.pid)
        first = counted(serve, MILLION)
        assert round(total(first, "mcp_ai_cost_usd_total") * 1e9) == many.cost(MILLION)
        times = []
        for _ in range(30):
            start = time.monotonic()
            text = serve.metrics()
            times.append(time.monotonic() - start)
        now, most = resident(serve)
        ended = serve.end()
    print(
        f"\n{MILLION} records, no checkpoint: ready after {wall:.2f} s ({cpu:.2f} s of a processor); /metrics {len(text)} bytes, median "
        f"{statistics.median(times) * 1000:.1f} ms; resident {now:.1f} MiB, at most {most:.1f}; end {ended:.2f} s"
    )
    assert cpu <= 10 and statistics.median(times) <= 0.05 and now <= 64 and ended < 3
    with Serve(state) as serve:
        serve.wait_ready(60)
        wall, cpu = time.monotonic() - serve.started, cpu_seconds(serve.pid)
        again = counted(serve, MILLION)
        now, most = resident(serve)
        with ThreadPoolExecutor(50) as pool:
            texts = list(pool.map(lambda _: serve.metrics(), range(200)))
        after, most_of_all = resident(serve)
    print(
        f"from a checkpoint of {(state / 'serve.checkpoint').stat().st_size / 1e6:.1f} MB: ready after {wall:.2f} s ({cpu:.2f} s); resident "
        f"{now:.1f} MiB, at most {most:.1f}; after 200 scrapes at once {after:.1f}, at most {most_of_all:.1f}"
    )
    assert cpu <= 2 and now <= 64 and most_of_all <= 128
    assert of_ledger(again) == of_ledger(first)
    assert len({total(samples(text), "mcp_ai_requests_total") for text in texts}) == 1


# Load.


def test_two_hundred_scrapes_and_ten_thousand_posts_at_once(tmp_path: pathlib.Path):
    state = tmp_path / "state"
    records = many.posted(10_000)
    stored: list[int] = []
    with Serve(state) as serve:

        def post(number: int) -> None:
            stored.append(serve.post(records[number])["stored"])

        serve.wait_ready()
        start = time.monotonic()
        with ThreadPoolExecutor(40) as posting, ThreadPoolExecutor(200) as scraping:
            posts = [posting.submit(post, number) for number in range(len(records))]
            scrapes = [scraping.submit(lambda: samples(serve.metrics())) for _ in range(200)]
            for done in posts + scrapes:
                done.result()
        seconds = time.monotonic() - start
        found = counted(serve, len(records))
        now, most = resident(serve)
        # Sent again, in one request, nothing is new.
        again = serve.post(records[:5000])
        assert (again["stored"], again["known"]) == (0, 5000)
        counted(serve, len(records))
    print(f"\n200 scrapes and {len(records)} posts in {seconds:.2f} s; resident {now:.1f} MiB, at most {most:.1f}")
    assert stored == [1] * len(records) and most <= 64
    ids = many.ids(state, "usage")
    assert set(ids.values()) == {1} and set(ids) == {record["id"] for record in records}
    assert total(found, "mcp_ai_tokens_total", 'type="input"') == 10 * len(records)


def test_kill_9_in_the_middle_loses_and_doubles_nothing(tmp_path: pathlib.Path):
    """Clients send again what was not answered, to whichever process serves then."""
    state = tmp_path / "state"
    many.write(state, 50_000)
    records = many.posted(4000)
    dice = random.Random(20261121)
    current: list[Serve] = []
    kills = 0
    troubles: list[BaseException] = []

    def post(part: list[dict]) -> None:
        for start in range(0, len(part), 5):
            deadline = time.monotonic() + 60
            while True:
                try:
                    current[-1].post(part[start : start + 5])
                    break
                except (OSError, ValueError, IndexError, http.client.HTTPException) as trouble:
                    if time.monotonic() > deadline:
                        troubles.append(trouble)
                        return
                    time.sleep(0.005)

    current.append(Serve(state))
    threads = [threading.Thread(target=post, args=(records[number::8],)) for number in range(8)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads) and kills < 12:
        time.sleep(dice.random() * 0.25)
        if kills % 3 == 2:
            current[-1].end()
        else:
            current[-1].process.kill()
        current[-1].close()
        kills += 1
        current.append(Serve(state))
    for thread in threads:
        thread.join()
    try:
        assert not troubles, troubles
        found = counted(current[-1], 54_000)
        before = of_ledger(found)
    finally:
        current[-1].process.kill()
        current[-1].close()
    ids = many.ids(state, "usage")
    assert set(ids.values()) == {1} and set(ids) == {record["id"] for record in records}
    print(f"\n{len(records)} posts over {kills} ends: each id once in the ledger and in the sums")
    assert kills >= 3
    # With the checkpoint there is, and from the ledger alone: the same sums.
    for without in (False, True):
        if without:
            (state / "serve.checkpoint").unlink(missing_ok=True)
        with Serve(state) as serve:
            serve.wait_ready()
            again = counted(serve, 54_000)
        assert of_ledger(again) == before


def test_a_damaged_checkpoint_is_as_good_as_none(tmp_path: pathlib.Path):
    state = tmp_path / "state"
    many.write(state, 3000)
    with Serve(state) as serve:
        counted(serve, 3000)
        serve.end()
    whole = (state / "serve.checkpoint").read_bytes()
    for damaged in (b"", whole[: len(whole) // 2], whole[:100] + b"\xff" + whole[101:], b"\0" * len(whole), whole + b"x"):
        (state / "serve.checkpoint").write_bytes(damaged)
        with Serve(state) as serve:
            found = counted(serve, 3000)
            assert round(total(found, "mcp_ai_cost_usd_total") * 1e9) == many.cost(3000)


# One at a time, and its end.


def test_the_second_one_says_who_serves(tmp_path: pathlib.Path):
    with Serve(tmp_path / "state") as serve:
        environment = clean_environment() | {"MCP_METER_STATE_DIR": str(tmp_path / "state"), "HOME": str(tmp_path)}
        done = subprocess.run(
            [binary(), "serve", "--listen", "127.0.0.1:0"], env=environment, capture_output=True, text=True, timeout=20
        )
        assert done.returncode == 69 and f"process {serve.pid} already serves {tmp_path / 'state'}" in done.stderr, done
        serve.process.kill()
        serve.process.wait()
        with Serve(tmp_path / "state") as next_one:
            assert next_one.ask("GET", "/healthz")[0] == 200


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_at_once(tmp_path: pathlib.Path, number: int):
    with Serve(tmp_path / "state") as serve:
        held = [socket.create_connection(("127.0.0.1", serve.port)) for _ in range(20)]
        for connection in held[:10]:
            connection.sendall(b"GET /metrics HTTP/1.1\r\n")
        for connection in held[10:]:
            connection.sendall(b"GET /healthz HTTP/1.1\r\n" + HEAD + b"\r\n")
        start = time.monotonic()
        serve.process.send_signal(number)
        assert serve.process.wait(10) == 0
        seconds = time.monotonic() - start
        for connection in held:
            connection.close()
    print(f"\nended in {seconds:.3f} s with 20 connections open")
    assert seconds < 1


# Clients that are up to no good.


class Client:
    """One raw connection."""

    def __init__(self, serve: Serve, seconds: float = 30):
        self.socket = socket.create_connection(("127.0.0.1", serve.port), timeout=seconds)

    def send(self, data: bytes) -> bool:
        try:
            self.socket.sendall(data)
            return True
        except OSError:
            return False

    def rest(self) -> bytes:
        """All that comes until the other side closes."""
        data = b""
        try:
            while chunk := self.socket.recv(65536):
                data += chunk
        except ConnectionResetError:
            pass
        return data

    def finish(self) -> bytes:
        """Says that nothing more comes, and gives all that comes back."""
        try:
            self.socket.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # The other side was faster.
        return self.rest()

    def close(self) -> None:
        self.socket.close()


def said(serve: Serve, data: bytes) -> bytes:
    client = Client(serve)
    client.send(data)
    try:
        return client.finish()
    finally:
        client.close()


@pytest.fixture(scope="module")
def serve(tmp_path_factory: pytest.TempPathFactory):
    with Serve(tmp_path_factory.mktemp("serve") / "state") as serving:
        serving.wait_ready()
        yield serving


@pytest.mark.timeout(120)
@pytest.mark.parametrize("kind", ["head", "body"])
def test_slowloris(serve: Serve, kind: str):
    """Two hundred clients that send a byte now and then are cut off, and others are served meanwhile."""
    opening = {
        "head": b"GET /metrics HTTP/1.1\r\n" + HEAD,
        "body": b"POST /usage HTTP/1.1\r\n" + HEAD + b"Content-Length: 1000\r\n\r\n",
    }[kind]
    clients = [Client(serve, 0.001) for _ in range(200)]
    for client in clients:
        client.send(opening)
    start = time.monotonic()
    slowest, open_ones = 0.0, list(clients)
    answers: list[bytes] = []
    while open_ones:
        assert time.monotonic() - start < 60, f"{len(open_ones)} still open"
        for client in list(open_ones):
            client.send(b"X")
            try:
                data = client.socket.recv(4096)
            except TimeoutError:
                continue
            except OSError:
                data = b""
            answers.append(data)
            open_ones.remove(client)
            client.close()
        asked = time.monotonic()
        assert serve.ask("GET", "/healthz")[0] == 200
        slowest = max(slowest, time.monotonic() - asked)
    seconds = time.monotonic() - start
    print(f"\n200 slow {kind}s: all cut off after {seconds:.1f} s; others were answered within {slowest * 1000:.0f} ms")
    assert 9 < seconds < 40 and slowest < 2
    assert sum(data.startswith(b"HTTP/1.1 408 ") for data in answers) >= 190
    assert resident(serve)[1] < 64


@pytest.mark.timeout(60)
def test_more_connections_than_there_may_be(serve: Serve):
    clients = [Client(serve) for _ in range(256)]
    processes.wait_until(lambda: len(os.listdir(f"/proc/{serve.pid}/task")) >= 256, 10, "a thread for each")
    # Who comes then is told so at once.
    refused = [said(serve, b"GET /healthz HTTP/1.1\r\n" + HEAD + b"\r\n") for _ in range(50)]
    assert all(data.startswith(b"HTTP/1.1 503 ") and b"Retry-After: 1" in data for data in refused if data)
    assert sum(bool(data) for data in refused) >= 25
    for client in clients:
        client.close()
    processes.wait_until(lambda: ask_quietly(serve) == 200, 10, "served again")
    assert resident(serve)[1] < 64


def ask_quietly(serve: Serve) -> int:
    try:
        return serve.ask("GET", "/healthz")[0]
    except OSError:
        return 0


def test_pipelined_requests_are_answered_in_order(serve: Serve):
    paths = [b"/healthz", b"/nothing", b"/readyz", b"/health"] * 250
    data = b"".join(b"GET %s HTTP/1.1\r\n%s\r\n" % (path, HEAD) for path in paths)
    answer = said(serve, data)
    statuses = [int(part[:3]) for part in answer.split(b"HTTP/1.1 ")[1:]]
    assert statuses == [200, 404, 200, 200] * 250


def test_chunks_of_any_size_are_one_body(serve: Serve):
    record = many.posted(1, first=1 << 40)[0]
    body = json.dumps(record).encode()
    for size in (1, 2, 7, len(body)):
        chunks = b"".join(b"%x;x=y\r\n%s\r\n" % (len(body[at : at + size]), body[at : at + size]) for at in range(0, len(body), size))
        answer = said(serve, b"POST /usage HTTP/1.1\r\n" + HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + chunks + b"0\r\nTrailer: x\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 200 "), answer
        assert json.loads(answer.split(b"\r\n\r\n", 1)[1])["stored"] == (1 if size == 1 else 0)


def endless(what: bytes) -> Callable[[Client], None]:
    def send(client: Client) -> None:
        for _ in range(400):
            if not client.send(what * (65536 // len(what))):
                return

    return send


def test_what_is_too_big_is_refused_and_not_kept(serve: Serve):
    cases = [
        (b"GET /" + b"x" * 20_000, endless(b"y"), 431),
        (b"GET / HTTP/1.1\r\n", endless(b"X: y\r\n"), 431),
        (b"POST /usage HTTP/1.1\r\n" + HEAD + b"Content-Length: 1048577\r\n\r\n", endless(b"x"), 413),
        (b"POST /usage HTTP/1.1\r\n" + HEAD + b"Transfer-Encoding: chunked\r\n\r\n", endless(b"400\r\n" + b"x" * 1024 + b"\r\n"), 413),
        (b"POST /usage HTTP/1.1\r\n" + HEAD + b"Transfer-Encoding: chunked\r\n\r\nffffffff\r\n", endless(b"x"), 413),
        (b"POST /usage HTTP/1.1\r\n" + HEAD + b"Transfer-Encoding: chunked\r\n\r\n1;" + b"x" * 3000, endless(b"x"), 400),
        (b"\0" * 100, endless(b"\0"), 431),
    ]
    for opening, send, status in cases:
        client = Client(serve)
        client.send(opening)
        send(client)
        answer = client.rest()
        client.close()
        # Whoever goes on sending may be cut off before he reads the answer.
        assert answer.startswith(b"HTTP/1.1 %d " % status) or answer == b"", (opening[:60], answer[:200])
    # A body just as big as it may be is read.
    answer = said(serve, b"POST /usage HTTP/1.1\r\n" + HEAD + b"Content-Length: 1048576\r\n\r\n" + b" " * 1048576)
    assert answer.startswith(b"HTTP/1.1 400 ") and b"the body is" in answer
    print(f"\nresident after it: {resident(serve)[0]:.1f} MiB, at most {resident(serve)[1]:.1f}")
    assert resident(serve)[1] < 64


def test_a_hundred_big_bodies_at_once(serve: Serve):
    """What all connections together may hold is bounded by what one may."""
    head = b"POST /usage HTTP/1.1\r\n" + HEAD + b"Content-Length: 1048576\r\n\r\n"
    clients = [Client(serve) for _ in range(100)]
    for client in clients:
        client.send(head + b" " * 1_000_000)
    processes.wait_until(lambda: ask_quietly(serve) == 200, 10, "others are served")
    now, most = resident(serve)
    for client in clients:
        client.send(b" " * 48_576)
    assert all(client.finish().startswith(b"HTTP/1.1 400 ") for client in clients)
    for client in clients:
        client.close()
    print(f"\n100 bodies of 1 MB: resident {now:.1f} MiB, at most {most:.1f}; afterwards {resident(serve)[0]:.1f}")
    assert most < 350


def test_garbage(serve: Serve):
    dice = random.Random(7)
    valid = b"POST /usage HTTP/1.1\r\n" + HEAD + b"Content-Length: 2\r\n\r\n{}GET /metrics HTTP/1.1\r\n" + HEAD + b"\r\n"
    for number in range(400):
        if number % 2:
            data = bytes(dice.getrandbits(8) for _ in range(dice.randrange(1, 3000)))
        else:
            wrong = bytearray(valid)
            for _ in range(dice.randrange(1, 6)):
                wrong[dice.randrange(len(wrong))] = dice.getrandbits(8)
            data = bytes(wrong)
        answer = said(serve, data)
        assert answer == b"" or answer.startswith(b"HTTP/1.1 "), answer[:100]
        assert b"HTTP/1.1 500" not in answer
    assert serve.ask("GET", "/healthz")[0] == 200 and resident(serve)[1] < 350


@pytest.mark.parametrize(
    ("lines", "status"),
    [
        (b"Host: evil.example", 421),
        (b"Host: 127.0.0.1.evil.example", 421),
        (b"Host: evil.example:9091", 421),
        (b"Host: [::1]:9091", 200),
        (b"Host: localhost:1", 200),
        (b"Host: 10.1.2.3:9091", 200),
        (b"Host: 127.0.0.1\r\nOrigin: https://evil.example", 403),
        (b"Host: 127.0.0.1\r\nOrigin: http://127.0.0.1:9091", 200),
    ],
    ids=lambda value: value.decode() if isinstance(value, bytes) else "",
)
def test_pages_of_other_sites_get_nothing(serve: Serve, lines: bytes, status: int):
    assert said(serve, b"GET /metrics HTTP/1.1\r\n" + lines + b"\r\n\r\n").startswith(b"HTTP/1.1 %d " % status)


def test_the_token_is_asked_for(tmp_path: pathlib.Path):
    with Serve(tmp_path / "state", {"MCP_METER_TOKEN": "s3cret-token"}) as serve:
        serve.wait_ready()
        record = many.posted(1)[0]
        body = json.dumps(record).encode()
        for header in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "Bearer s3cret-toke"}, {"Authorization": "s3cret-token"}):
            status, headers, data = serve.ask("POST", "/usage", body, **header)
            assert status == 401 and headers["www-authenticate"] == "Bearer" and b"s3cret" not in data
        assert serve.post(record, Authorization="Bearer s3cret-token")["stored"] == 1
        # On this machine anybody may look.
        assert serve.ask("GET", "/metrics")[0] == 200
        serve.end()
        assert "s3cret" not in "".join(serve.said)
