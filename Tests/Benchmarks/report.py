#!/usr/bin/env python3
"""Measures `mcp-meter report` over a million records, from a warm cache.

    Tests/Benchmarks/report.py [RECORDS]

Needs a release build, or MCP_METER_BIN.
"""

import os
import pathlib
import resource
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "Tests" / "Interop"))

from support import many  # noqa: E402
from support.relay import binary  # noqa: E402


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory(prefix="mcp-meter-report-") as directory:
        state = pathlib.Path(directory) / "state"
        many.write(state, count)
        environment = {"PATH": os.environ["PATH"], "HOME": directory, "MCP_METER_STATE_DIR": str(state)}
        for words in ([], ["--by", "day,provider,model,tool", "--format", "json"]):
            times = []
            for _ in range(5):
                start = time.monotonic()
                subprocess.run(
                    [binary(), "report", "--period", "all", *words], env=environment, stdout=subprocess.DEVNULL, check=True
                )
                times.append(time.monotonic() - start)
            peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
            figures = f"median {statistics.median(times):.2f} s, slowest {max(times):.2f} s, resident peak {peak:.1f} MiB (≤ 1 s)"
            print(f"report {' '.join(words)}, {count:,} records: {figures}")


if __name__ == "__main__":
    main()
