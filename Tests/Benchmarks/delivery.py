"""What delivery costs: a session whose endpoint is in trouble, and a million records on their way out."""

import os
import pathlib
import signal
import statistics
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "Tests" / "Interop"))
MARK = "METER_BENCH_MARK"

CALL = (
    '{"v":1,"kind":"call","id":"019aa5c0-9c40-7000-8000-%012x","time":"2026-11-20T%02d:%02d:%02d.%06dZ","duration_ms":18342.1,"first_byte_ms":18341.9,'
    '"session":"019aa5c0-9c40-7000-8000-%012x","direction":"client_to_server","method":"tools/call","tool":"escalate_analysis","request_id":%d,'
    '"server":"deep-code-reasoning-mcp","client":"claude-code","agent_id":"deep-code-reasoner","surface":"deep-code-reasoning-mcp",'
    '"provider":"google","model":"gemini-2.5-pro","model_source":"response",'
    '"usage":{"source":"reported","input_tokens":%d,"cached_input_tokens":0,"cache_write_tokens":0,"output_tokens":640,"reasoning_tokens":0},'
    '"cost":{"source":"priced","usd_nanos":10012500},"outcome":"ok","event_type":"escalation",'
    '"escalation_reason":"invoice totals drift by one cent only under load","tool_use_id":"toolu_01A09q90qw90lq917835lq9",'
    '"trace_id":"4bf92f3577b34da6%016x","span_id":"%016x","request_bytes":812,"response_bytes":9120,"quality":0.85}\n'
)


def write_ledger(state: pathlib.Path, count: int, sessions: int = 16) -> int:
    """`count` calls as so many relays left them; how many bytes that is."""
    day = state / "ledger" / "2026-11-20"
    day.mkdir(parents=True, mode=0o700)
    total = 0
    for session in range(sessions):
        first, last = count * session // sessions, count * (session + 1) // sessions
        path = day / f"{session % 24:02d}0000000000-{4711 + session}-{session:08x}.jsonl"
        with open(path, "w", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
            for number in range(first, last):
                seconds = (number - first) // 100
                file.write(
                    CALL
                    % (
                        number, session % 24, seconds // 60 % 60, seconds % 60, number % 1_000_000, session, number - first,
                        1000 + number % 5000, number + 1, number + 1,
                    )  # fmt: skip
                )
            total += file.tell()
    return total


@contextmanager
def sink(program: str, *words: str) -> Iterator[tuple[int, Callable[[], list[int]]]]:
    """reference/sink.c: its port, and how to end it and hear its counts."""
    process = subprocess.Popen([program, *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield int(process.stdout.readline()), lambda: [int(word) for word in process.communicate(timeout=10)[0].split()]
    finally:
        process.kill()
        process.wait()


def marked(mark: str) -> list[int]:
    found = []
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            if f"{MARK}={mark}".encode() in pathlib.Path(f"/proc/{name}/environ").read_bytes().split(b"\0"):
                found.append(int(name))
        except OSError:
            continue
    return found


def troubles(bench, report: Callable[..., None]) -> None:
    """A session beside an endpoint that hangs, refuses, cannot be found or is not who it should be."""
    from support.receiver import Receiver, certificate, refused_port

    preload = bench.directory / "slow_names.so"
    source = ROOT / "Tests" / "Benchmarks" / "reference" / "slow_names.c"
    subprocess.run(["cc", "-O2", "-Wall", "-shared", "-fPIC", "-o", preload, source], check=True)
    mark = uuid.uuid4().hex
    wrong = certificate(bench.directory, "wrong", hosts=["wrong.example"])
    with sink(bench.compile("sink"), "hang") as (hung, _), Receiver(tls=wrong) as untrusted:
        states: dict[str, dict[str, str]] = {
            "on": {},
            "hung": {"EVALOPS_BASE_URL": f"http://127.0.0.1:{hung}"},
            "refused": {"EVALOPS_BASE_URL": f"http://127.0.0.1:{refused_port()}"},
            "slow name": {"EVALOPS_BASE_URL": "https://meter.example", "LD_PRELOAD": str(preload)},
            "wrong certificate": {"EVALOPS_BASE_URL": untrusted.url},
        }
        trips: dict[str, list[list[float]]] = {name: [] for name in states}
        exits: dict[str, list[list[float]]] = {name: [] for name in states}
        lines: dict[str, int] = dict.fromkeys(states, 0)
        for _ in range(bench.blocks):
            for name, values in states.items():
                state = bench.new_state()
                values = values | {MARK: mark, "EVALOPS_TOKEN": "token"}
                try:
                    trips[name].append(run(bench, state, values, lines, name, "calls", 2000 // bench.scale, 60))
                    exits[name].append(run(bench, state, values, lines, name, "exit", 20 // bench.scale))
                finally:
                    for pid in marked(mark):
                        os.kill(pid, signal.SIGKILL)
    sessions = bench.blocks * (1 + 20 // bench.scale)
    base = [statistics.median(column) for column in zip(*trips["on"])]
    ended = statistics.median(row[0] for row in exits["on"])
    for name in states:
        median, p99, resident = (statistics.median(column) for column in zip(*trips[name]))
        exit_time = statistics.median(row[0] for row in exits[name])
        first = name == "on"
        what = "no endpoint" if first else f"endpoint: {name}"
        report("200-byte call, median", what, f"{median / 1e3:,.1f} µs", *(("", "") if first else (f"{median / base[0]:.2f} × none", "≤ 1.05")))
        report("200-byte call, p99", what, f"{p99 / 1e3:,.1f} µs", "" if first else f"{p99 / base[1]:.2f} × none")
        report("resident, idle", what, f"{resident / 1024:,.1f} MiB", "" if first else f"{resident / base[2]:.2f} × none", "≤ 6 MB" if first else "")
        report("end of input to exit", what, f"{exit_time / 1e6:,.1f} ms", *(("", "") if first else (f"{(exit_time - ended) / 1e6:+.1f} ms", "≤ +100 ms")))
        report("lines on stderr a session", what, f"{lines[name] / sessions:.2f}", "", "≤ 1")


def run(bench, state: str, values: dict[str, str], lines: dict[str, int], name: str, *arguments: object) -> list[float]:
    """One run of the driver through a relay that delivers; counts what anybody says on stderr meanwhile."""
    environment = bench.clean | {"MCP_METER": "on", "MCP_METER_STATE_DIR": state} | values
    command = [bench.drive, *map(str, arguments), *bench.subjects["on"]]
    # A file and not a pipe: whoever outlives the session must not be waited for.
    said = pathlib.Path(state + ".stderr")
    with open(said, "ab") as stderr:
        done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, stderr=stderr, check=True, text=True, timeout=300)
    lines[name] += said.read_bytes().count(b"\n")
    said.unlink()
    return [float(word) for word in done.stdout.split()]


SINKS: dict[str, Callable[[str], dict[str, str]]] = {
    "evalops-meter": lambda url: {"EVALOPS_METER_BASE_URL": url},
    "evalops-traces": lambda url: {"EVALOPS_TRACES_BASE_URL": url},
    "otlp traces": lambda url: {"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": url + "/v1/traces"},
    "otlp metrics": lambda url: {"OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": url + "/v1/metrics"},
    "all four": lambda url: {"EVALOPS_BASE_URL": url, "OTEL_EXPORTER_OTLP_ENDPOINT": url},
}


def resident_peak(pid: int) -> int:
    """In KiB. What the kernel says at the end of a process holds what it was forked from."""
    try:
        for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1])
    except OSError:
        pass
    return 0


def shipping(bench, report: Callable[..., None]) -> None:
    """A ledger of a million calls, from the first byte read to the last answer."""
    count = 1_000_000 // bench.scale
    state = bench.directory / "million"
    size = write_ledger(state, count)
    program = bench.compile("sink")
    for name, values in SINKS.items():
        with sink(program) as (port, finish):
            environment = bench.clean | {"MCP_METER_STATE_DIR": str(state), "EVALOPS_TOKEN": "token"} | values(f"http://127.0.0.1:{port}")
            start = time.monotonic()
            process = subprocess.Popen([bench.subjects["on"][0], "deliver", "--once"], env=environment, stdin=subprocess.DEVNULL)
            peak = 0
            while (done := os.wait4(process.pid, os.WNOHANG))[0] == 0:
                peak = max(peak, resident_peak(process.pid))
                time.sleep(0.02)
            seconds = time.monotonic() - start
            process.returncode = os.waitstatus_to_exitcode(done[1])
            requests, sent, connections = finish()
        if process.returncode != 0:
            report(f"{count:,} records shipped", name, f"exit status {process.returncode}")
            continue
        cpu = done[2].ru_utime + done[2].ru_stime
        report(
            f"{count:,} records shipped", name, f"{count / seconds:,.0f} /s",
            f"{seconds:.1f} s, {cpu / seconds:.2f} cores, {size / seconds / 1e6:,.0f} MB/s read, {sent / 1e6:,.0f} MB in {requests:,} requests, {connections} connections",
            "≥ 50,000 /s",
        )  # fmt: skip
        report("shipper's resident peak", name, f"{peak / 1024:,.1f} MiB", "", "≤ 64 MB")
