#!/usr/bin/env python3
"""Measures mcp-meter beside a minimal C relay, in one run, in interleaved blocks, and prints both.

    Tests/Benchmarks/run.py [--quick] [--delivery | --policy]

Needs `cc` and a release build (`swift build -c release --static-swift-stdlib --disable-local-rpath`, or MCP_METER_BIN).
Nothing here passes or fails: times depend on the machine, and only ratios within one run mean
something. The targets in the last column are what the project holds itself to.
"""

import argparse
import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile

import delivery

ROOT = pathlib.Path(__file__).resolve().parents[2]
REFERENCE = ROOT / "Tests" / "Benchmarks" / "reference"
GB = 1 << 30

Command = tuple[list[str], dict[str, str]]


class Bench:
    def __init__(self, directory: pathlib.Path, quick: bool):
        self.directory = directory
        self.blocks = 3 if quick else 7
        self.scale = 4 if quick else 1
        self.drive = self.compile("drive")
        server = self.compile("echo")
        meter = os.environ.get("MCP_METER_BIN") or str(ROOT / ".build" / "release" / "mcp-meter")
        prefixes = ("MCP_METER", "EVALOPS_", "OTEL_", "MOSAIC_", "HARPER_")
        self.clean = {name: value for name, value in os.environ.items() if not name.startswith(prefixes)}
        self.state = 0
        self.subjects = {
            "direct": [server],
            "C exec": [self.compile("exec"), server],
            "C relay": [self.compile("relay"), server],
            "off": [meter, "--", server],
            "on": [meter, "--", server],
            "no budget": [meter, "--", server],
            "budget": [meter, "--", server],
            "routes": [meter, "--", server],
        }
        # Every call is one of a model, and the budget is never used up.
        model = {"MCP_METER": "on", "MCP_METER_PROVIDER": "google", "MCP_METER_MODEL": "gemini-2.5-pro"}
        routes = directory / "routes.json"
        routes.write_text('{"routes":[{"when":{"tool":"other","class":"code"},"model":"gemini-2.5-flash"}]}')
        self.variables = {
            "on": {"MCP_METER": "on"},
            "no budget": model,
            "budget": model | {"MCP_METER_BUDGET": "1000000/day", "MCP_METER_BUDGET_ACTION": "block"},
            "routes": model | {"MCP_METER_ROUTES": str(routes)},
        }

    def compile(self, name: str) -> str:
        program = self.directory / name
        subprocess.run(["cc", "-O2", "-Wall", "-o", program, REFERENCE / f"{name}.c"], check=True)
        return str(program)

    def new_state(self) -> str:
        self.state += 1
        return str(self.directory / f"state-{self.state}")

    def measure(
        self, subject: str, *arguments: object, state: str | None = None, one_core: bool = False
    ) -> list[float]:
        """One run of the driver; the numbers it printed."""
        environment = dict(self.clean)
        if subject in self.variables:
            environment |= self.variables[subject] | {"MCP_METER_STATE_DIR": state or self.new_state()}
        command = [self.drive, *map(str, arguments), *self.subjects[subject]]
        pin = pin_to_one_core if one_core else None
        done = subprocess.run(
            command, env=environment, stdout=subprocess.PIPE, check=True, text=True, timeout=300, preexec_fn=pin
        )
        return [float(word) for word in done.stdout.split()]

    def interleaved(self, subjects: list[str], *arguments: object, one_core: bool = False) -> dict[str, list[float]]:
        """Block by block, each subject once a block; the medians over the blocks."""
        runs: dict[str, list[list[float]]] = {subject: [] for subject in subjects}
        for block in range(self.blocks):
            # Whoever comes first in a block has the caches as the last one left them: take turns.
            for subject in subjects[block % len(subjects) :] + subjects[: block % len(subjects)]:
                runs[subject].append(self.measure(subject, *arguments, one_core=one_core))
        return {subject: [statistics.median(column) for column in zip(*rows)] for subject, rows in runs.items()}


def pin_to_one_core() -> None:
    """Has a driver and all it starts share a core, where the system can."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


ROWS: list[tuple[str, ...]] = []


def row(what: str, subject: str, figure: str, ratio: str = "", target: str = "") -> None:
    ROWS.append((what, subject, figure, ratio, target))


def rows(what: str, found: dict[str, float], unit: str, base: str, targets: dict[str, str]) -> None:
    for subject, value in found.items():
        ratio = "" if subject == base else f"{value / found[base]:.2f} × {base}"
        row(what, subject, f"{value:,.1f} {unit}", ratio, targets.get(subject, ""))


def relaying(bench: Bench) -> None:
    """The relay beside others, with no endpoint set."""
    through = ["direct", "C relay", "off", "on"]

    small = bench.interleaved(through, "calls", 4000 // bench.scale, 60)
    rows("200-byte call, median", {s: v[0] / 1e3 for s, v in small.items()}, "µs", "C relay", {"on": "≤ 0.95"})
    rows("200-byte call, p99", {s: v[1] / 1e3 for s, v in small.items()}, "µs", "C relay", {})
    large = bench.interleaved(through, "calls", 100 // bench.scale, 1 << 20)
    rows("1 MiB result, median", {s: v[0] / 1e3 for s, v in large.items()}, "µs", "C relay", {"on": "≤ 1.05"})
    stream = bench.interleaved(["direct", "C relay", "on"], "stream", GB)
    rows("1 GB result", {s: v[0] / 1e9 for s, v in stream.items()}, "GB/s", "C relay", {"on": "≥ 0.95"})

    begun = bench.interleaved(["direct", "C exec", "off"], "start", 100 // bench.scale)
    rows("start to first byte", {s: v[0] / 1e6 for s, v in begun.items()}, "ms", "C exec", {"off": "≤ 1.5"})
    begun = bench.interleaved(["C relay", "on"], "start", 100 // bench.scale)
    rows("start to first byte", {s: v[0] / 1e6 for s, v in begun.items()}, "ms", "C relay", {"on": "≤ 2"})
    ended = bench.interleaved(["direct", "C relay", "on"], "exit", 40 // bench.scale)
    rows("end of input to exit", {s: v[0] / 1e6 for s, v in ended.items()}, "ms", "C relay", {"on": "≤ 100 ms"})

    rows("resident, idle", {s: small[s][2] / 1024 for s in ("C relay", "on")}, "MiB", "C relay", {"on": "≤ 6 MB"})
    peak = {s: stream[s][1] / 1024 for s in ("C relay", "on")}
    rows("resident, peak of 1 GB", peak, "MiB", "C relay", {"on": "≤ 8 MB"})

    latency = []
    for _ in range(bench.blocks):
        state = bench.new_state()
        latency.append(bench.measure("on", "ledger", 2000 // bench.scale, state, state=state))
    for index, name, target in ((0, "median", ""), (1, "p99", "≤ 1 ms")):
        value = statistics.median(block[index] for block in latency)
        row(f"answer to its record, {name}", "on", f"{value / 1e6:.3f} ms", "", target)


def policies(bench: Bench) -> None:
    """What it costs that calls are judged before they are sent."""
    judged = ["no budget", "budget", "routes"]
    # Which cores the kernel puts two processes and their threads on makes more of a difference than what is measured:
    # two such numbers can be compared only where there is no choice.
    pinned = bench.interleaved(judged, "calls", 4000 // bench.scale, 60, one_core=True)
    targets = {"budget": "≤ 1.25", "routes": "≤ 1.25"}
    rows("200-byte call on one core, median", {s: v[0] / 1e3 for s, v in pinned.items()}, "µs", "no budget", targets)
    small = bench.interleaved(judged, "calls", 4000 // bench.scale, 60)
    rows("200-byte call, median", {s: v[0] / 1e3 for s, v in small.items()}, "µs", "no budget", {})
    rows("200-byte call, p99", {s: v[1] / 1e3 for s, v in small.items()}, "µs", "no budget", {})
    large = bench.interleaved(judged, "calls", 100 // bench.scale, 1 << 20)
    rows("1 MiB result, median", {s: v[0] / 1e3 for s, v in large.items()}, "µs", "no budget", {})
    rows("resident, idle", {s: small[s][2] / 1024 for s in judged}, "MiB", "no budget", {})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="fewer and shorter blocks")
    parser.add_argument("--delivery", action="store_true", help="only what delivery costs")
    parser.add_argument("--policy", action="store_true", help="only what budgets and routes cost")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="mcp-meter-bench-") as directory:
        bench = Bench(pathlib.Path(directory), options.quick)
        if not options.delivery and not options.policy:
            relaying(bench)
        if not options.delivery:
            policies(bench)
        if not options.policy:
            delivery.troubles(bench, row)
            delivery.shipping(bench, row)

    widths = [max(len(cells[column]) for cells in ROWS) for column in range(5)]
    for cells in [("what", "subject", "figure", "ratio", "target"), *ROWS]:
        aligned = [cells[0].ljust(widths[0]), cells[1].ljust(widths[1]), cells[2].rjust(widths[2])]
        print("  ".join([*aligned, cells[3].ljust(widths[3]), cells[4]]).rstrip())
    if not options.delivery and not options.policy:
        scanner()
        print(flush=True)
        subprocess.run([sys.executable, ROOT / "Tests" / "Benchmarks" / "serve.py"], check=True)


def scanner() -> None:
    """The scanner alone, where the package has its benchmark."""
    package = (ROOT / "Package.swift").read_text()
    found = re.search(r'name: "([^"]+)"[^)]*path: "Tests/Benchmarks/ScannerBench"', package)
    if not found:
        return
    print(flush=True)
    build = ["swift", "build", "-q", "-c", "release", "--static-swift-stdlib"]
    subprocess.run([*build, "--product", found[1]], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    subprocess.run([ROOT / ".build" / "release" / found[1]], cwd=ROOT, check=True)


if __name__ == "__main__":
    main()
