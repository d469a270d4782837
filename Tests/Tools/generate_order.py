#!/usr/bin/env python3
"""Writes the order in which a release build lays out its functions: those that a relay runs first.

    Tests/Tools/generate_order.py > Sources/CPlatform/link/order.txt

Needs valgrind, cc and a release build. The kernel maps a file's pages around those that are touched,
so a relay whose functions lie scattered has most of the program in memory, and faults for it. The
list may be out of date: functions that are gone are passed over, new ones lie behind.
"""

import os
import pathlib
import re
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
CALL = (
    '{"jsonrpc":"2.0","id":%d,"method":"tools/call","params":'
    '{"name":"echo","arguments":{"bytes":60,"prompt":"%s"}}}\n'
)


def profile(program: pathlib.Path, directory: pathlib.Path, words: list[str], calls: int) -> list[str]:
    """The program's functions that ran, in no order that matters."""
    out = directory / "profile.%p"
    valgrind = ["valgrind", "-q", "--tool=callgrind", "--trace-children=yes", "--demangle=no", f"--callgrind-out-file={out}"]
    environment = os.environ | {"MCP_METER": "on", "MCP_METER_STATE_DIR": str(directory / "state")}
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
        print("\n".join(order))


if __name__ == "__main__":
    main()
