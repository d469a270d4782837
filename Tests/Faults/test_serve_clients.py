"""`mcp-meter serve` among clients that are up to no good: limits hold, and others are served meanwhile."""

import json
import os
import pathlib
import random
import time
from collections.abc import Callable

import pytest
from support import many, processes
from support.serving import Client, Serve, resident, said

HEAD = b"Host: 127.0.0.1\r\n"


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


@pytest.mark.parametrize("kind", ["sized", "chunked"])
def test_a_hundred_big_bodies_at_once(serve: Serve, kind: str):
    """What all connections together hold is bounded: some are read, the others are to come again."""
    headers = {"sized": b"Content-Length: 1000000\r\n\r\n", "chunked": b"Transfer-Encoding: chunked\r\n\r\n80000\r\n" + b" " * 0x80000 + b"\r\n"}
    clients = [Client(serve) for _ in range(100)]
    for client in clients:
        client.send(b"POST /usage HTTP/1.1\r\n" + HEAD + headers[kind] + b" " * 400_000)
    assert serve.ask("GET", "/healthz")[0] == 200
    now, most = resident(serve)
    answers = [client.finish() for client in clients]
    for client in clients:
        client.close()
    refused = sum(answer.startswith(b"HTTP/1.1 503 ") for answer in answers)
    print(f"\n100 big {kind} bodies: {refused} refused; resident {now:.1f} MiB, at most {most:.1f}; afterwards {resident(serve)[0]:.1f}")
    assert 30 <= refused < 100 and most < 64
    # Nothing is held of those that are gone.
    body = b" " * 1_048_576
    for _ in range(20):
        assert serve.ask("POST", "/usage", body)[0] == 400


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
    assert serve.ask("GET", "/healthz")[0] == 200 and resident(serve)[1] < 64


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
