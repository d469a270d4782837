#!/usr/bin/env python3
"""Measures `mcp-meter serve` over a million records, and prints lines as run.py does, which runs it.

    Tests/Benchmarks/serve.py [RECORDS]

Needs a release build, or MCP_METER_BIN.
"""

import http.client
import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "Tests" / "Interop"))

from support import many, processes  # noqa: E402


class Serve:
    """A running `serve`, ready or not."""

    def __init__(self, state: pathlib.Path):
        meter = os.environ.get("MCP_METER_BIN") or str(ROOT / ".build" / "release" / "mcp-meter")
        self.start = time.monotonic()
        environment = {"PATH": os.environ["PATH"], "HOME": str(state), "MCP_METER_STATE_DIR": str(state)}
        self.process = subprocess.Popen([meter, "serve", "--listen", "127.0.0.1:0"], env=environment, stderr=subprocess.PIPE, text=True)
        for line in self.process.stderr:
            if found := re.search(r"serving http://127\.0\.0\.1:(\d+)/", line):
                self.port = int(found[1])
                return
        raise SystemExit("serve did not start")

    def ask(self, method: str, path: str, body: str | None = None) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request(method, path, body)
        answer = connection.getresponse()
        answer.read()
        connection.close()
        return answer.status

    def ready(self) -> float:
        """Seconds from its start until it has read the ledger."""
        processes.wait_until(lambda: self.ask("GET", "/readyz") == 200, 120, "ready")
        return time.monotonic() - self.start

    def memory(self) -> str:
        now, most = (processes.status_kib(self.process.pid, field) / 1024 for field in ("VmRSS", "VmHWM"))
        return f"{now:.1f} MiB, peak {most:.1f}"

    def end(self) -> float:
        start = time.monotonic()
        self.process.terminate()
        self.process.wait(30)
        self.process.stderr.close()
        return time.monotonic() - start


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory(prefix="mcp-meter-serve-") as directory:
        state = pathlib.Path(directory) / "state"
        many.write(state, count)
        serve = Serve(state)
        print(f"serve, {count:,} records, no checkpoint: ready after {serve.ready():.2f} s (≤ 10), resident {serve.memory()} (≤ 64)")
        times = []
        for _ in range(50):
            start = time.monotonic()
            serve.ask("GET", "/metrics")
            times.append(time.monotonic() - start)
        print(f"/metrics: median {statistics.median(times) * 1000:.1f} ms, slowest {max(times) * 1000:.1f} ms (≤ 50)")
        print(f"SIGTERM to its end, with a checkpoint of so many ids: {serve.end():.2f} s")
        serve = Serve(state)
        print(f"from the checkpoint: ready after {serve.ready():.2f} s (≤ 2), resident {serve.memory()}")
        body = '{"provider":"google","model":"gemini-2.5-pro","inputTokens":150,"outputTokens":500}'
        start = time.monotonic()
        with ThreadPoolExecutor(32) as pool:
            assert all(status == 200 for status in pool.map(lambda _: serve.ask("POST", "/usage", body), range(5000)))
        print(f"POST /usage, a connection each, 32 at once: {5000 / (time.monotonic() - start):,.0f} a second, resident {serve.memory()}")
        serve.end()


if __name__ == "__main__":
    main()
