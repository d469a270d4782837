#!/usr/bin/env python3
"""Writes the order in which a release build lays out its functions: those that a relay runs first.

    Tests/Tools/generate_order.py > Sources/CPlatform/link/order.txt

Needs valgrind, cc and a release build. The kernel maps a file's pages around those that are touched,
so a relay whose functions lie scattered has most of the program in memory, and faults for it. The
list may be out of date: functions that are gone are passed over, new ones lie behind.
"""

import contextlib
import http.server
import json
import os
import pathlib
import re
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator

ROOT = pathlib.Path(__file__).resolve().parents[2]
CALL = (
    '{"jsonrpc":"2.0","id":%d,"method":"tools/call","params":'
    '{"name":"echo","arguments":{"bytes":60,"prompt":"%s"}}}\n'
)


def profile(
    program: pathlib.Path, directory: pathlib.Path, words: list[str], calls: int, endpoints: dict[str, str] | None = None
) -> list[str]:
    """The program's functions that ran, in no order that matters. Those of the shipper are not among them."""
    out = directory / "profile.%p"
    children = "no" if endpoints else "yes"
    valgrind = ["valgrind", "-q", "--tool=callgrind", f"--trace-children={children}", "--demangle=no", f"--callgrind-out-file={out}"]
    environment = os.environ | {"MCP_METER": "on", "MCP_METER_STATE_DIR": str(directory / "state")} | (endpoints or {})
    with subprocess.Popen(
        [*valgrind, program, *words], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        for number in range(calls):
            process.stdin.write(CALL % (number, "p" * 100))
            process.stdin.flush()
            process.stdout.readline()
        process.communicate()
    functions: dict[str, None] = {}
    for file in sorted(directory.glob("profile.*")):
        functions |= dict.fromkeys(functions_of(file, program.name))
        file.unlink()
    return list(functions)


def functions_of(file: pathlib.Path, program: str) -> list[str]:
    """Callgrind's format: names are numbered at their first mention."""
    names: dict[str, str] = {}
    objects: dict[str, str] = {}
    found, current = [], ""
    for line in file.read_text().splitlines():
        match = re.match(r"(c?)(ob|fn)=\((\d+)\)(?: (.*))?", line)
        if not match:
            continue
        called, kind, number, name = match.groups()
        table = objects if kind == "ob" else names
        if name:
            table[number] = name
        if called:
            continue
        if kind == "ob":
            current = objects[number]
        elif current.endswith("/" + program) and not names[number].startswith("0x"):
            found.append(re.sub(r"'\d+$", "", names[number]))
    return found


class Taker(http.server.BaseHTTPRequestHandler):
    """Takes everything."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", "0")))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@contextlib.contextmanager
def receiver() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Taker) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def wait_for_shipper(state: pathlib.Path) -> None:
    """Until no destination is delivered to any more."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        found = [json.loads(path.read_text())["state"] for path in state.glob("delivery/*.status.json")]
        if len(found) == 4 and set(found) == {"stopped"}:
            return
        time.sleep(0.1)
    raise SystemExit("the shipper does not end")


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        directory = pathlib.Path(name)
        server = directory / "echo"
        subprocess.run(["cc", "-O2", "-o", server, ROOT / "Tests/Benchmarks/reference/echo.c"], check=True)
        program = directory / "mcp-meter"
        # valgrind stumbles over the debug information.
        built = os.environ.get("MCP_METER_BIN") or ROOT / ".build/release/mcp-meter"
        subprocess.run(["strip", "-g", "-o", program, built], check=True)
        order = dict.fromkeys(profile(program, directory, ["--", str(server)], 50))
        order |= dict.fromkeys(profile(program, directory, ["demo"], 0))
        with receiver() as url:
            endpoints = {"EVALOPS_BASE_URL": url, "OTEL_EXPORTER_OTLP_ENDPOINT": url}
            order |= dict.fromkeys(profile(program, directory, ["--", str(server)], 50, endpoints))
            wait_for_shipper(directory / "state")
        print("\n".join(order))


if __name__ == "__main__":
    main()
