"""Ledgers of model calls made by hand, and their delivery: for receivers that count model calls."""

import json
import pathlib
import random
import subprocess
import uuid
from collections.abc import Iterable, Mapping

from . import ledger
from .relay import ROOT, binary, clean_environment

SAMPLE = ROOT / "examples" / "ledger" / "sample.jsonl"
TOOLS = ("escalate_analysis", "codereview", "embed_text", "generateContentStream", "chat", None)


def sample() -> list[dict]:
    return [json.loads(line) for line in SAMPLE.read_text().splitlines()]


def write(state: pathlib.Path, records: Iterable[dict]) -> list[dict]:
    """Appends a segment of a writer that is gone, and returns its records."""
    records = list(records)
    ledger.hold_to_schema(records)
    day = state / "ledger" / "2026-11-21"
    day.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = day / f"{100000 + len(list(day.iterdir())):06}000000-999999-{random.getrandbits(32):08x}.jsonl"
    path.write_text("".join(json.dumps(record, separators=(",", ":")) + "\n" for record in records))
    return records


def calls(count: int, seed: int) -> list[dict]:
    """Calls that differ in everything a receiver of model calls looks at."""
    dice = random.Random(seed)
    return [_call(dice, number) for number in range(count)]


def _call(dice: random.Random, number: int) -> dict:
    call = {
        "v": 1, "kind": dice.choice(["call", "call", "usage"]), "id": str(uuid.UUID(int=dice.getrandbits(128), version=4)),
        "time": f"2026-11-21T10:{number // 60 % 60:02}:{number % 60:02}.000001Z", "duration_ms": dice.randrange(10**6) / 1000,
        "session": "019aa5c0-9c40-7000-8000-000000000001", "direction": "client_to_server", "method": "tools/call",
        "request_id": number, "server": "some-server", "client": dice.choice(["claude-code", "cursor"]),
        "outcome": dice.choice(["ok", "ok", "ok", "error", "cancelled", "lost"]),
        "trace_id": f"{dice.getrandbits(128) | 1:032x}", "span_id": f"{dice.getrandbits(64) | 1:016x}",
        "request_bytes": dice.randrange(10**5),
    }  # fmt: skip
    if call["kind"] == "usage":
        call |= {"direction": "client", "method": "chat"}
    tool = dice.choice(TOOLS)
    if tool:
        call["tool"] = tool
    if call["outcome"] == "error":
        call["error_type"] = dice.choice(["rate_limit", "timeout", "other"])
        call["error_code"] = dice.choice([-32601, -32603])
    if dice.random() < 0.8:
        call |= {"provider": dice.choice(["google", "anthropic", "xai"]), "model": dice.choice(["m1", "m2"]), "model_source": "response"}
        source = dice.choice(["reported", "session_log", "estimated"])
        call["usage"] = {"source": source, "input_tokens": dice.randrange(50_000), "output_tokens": dice.randrange(5000)}
        call["cost"] = dice.choice([{"source": "priced", "usd_nanos": dice.randrange(10**9)}, {"source": "unpriced"}])
    return call


def model_calls(records: Iterable[dict]) -> list[dict]:
    """Those a receiver of model calls is to be told of."""
    wanted = ("model", "usage", "provider")
    return [
        record
        for record in records
        if record["kind"] in ("call", "usage") and record["outcome"] != "blocked" and any(name in record for name in wanted)
    ]


def run(state: pathlib.Path, variables: Mapping[str, str], *arguments: str, seconds: float = 60) -> subprocess.CompletedProcess:
    environment = clean_environment() | {"MCP_METER": "on", "MCP_METER_STATE_DIR": str(state), "HOME": str(state)}
    return subprocess.run(
        [binary(), *arguments], env=environment | dict(variables), capture_output=True, text=True, timeout=seconds, stdin=subprocess.DEVNULL
    )


def deliver(state: pathlib.Path, variables: Mapping[str, str], patience: int = 30) -> subprocess.CompletedProcess:
    """What is there now; the exit status tells whether all of it arrived."""
    return run(state, variables, "deliver", "--once", "--patience", str(patience), seconds=patience + 60)


def status(state: pathlib.Path, variables: Mapping[str, str]) -> list[dict]:
    return json.loads(run(state, variables, "deliver", "--status", "--json").stdout)
