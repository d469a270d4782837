"""`mcp-meter serve` with a million records, under load, under attack and under kill -9. Figures are printed; what is
asserted are the limits it promises, generously: a busy machine is slow."""

import http.client
import os
import pathlib
import random
import signal
import socket
import statistics
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from support import many, processes
from support.relay import binary, clean_environment
from support.serving import Serve, resident, samples, total

MILLION = 1_000_000
HEAD = b"Host: 127.0.0.1\r\n"


def cpu_seconds(pid: int) -> float:
    """What a process has used of processors, by itself and in the kernel."""
    words = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


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
