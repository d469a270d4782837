"""Ledgers with everything a report has to add up, from a seed."""

import datetime
import json
import pathlib
import random

UTC = datetime.timezone.utc

# Around the ends of daylight saving time in Berlin and New York, and of months.
START = datetime.datetime(2026, 10, 20, tzinfo=UTC)
END = datetime.datetime(2026, 11, 5, tzinfo=UTC)

MODELS = [
    ("google", "gemini-2.5-pro"),
    ("xai", "grok-4.3"),
    ("openai", "gpt-5"),
    ("ollama", "größe:8b"),
    ("google", 'a "quoted" model'),
    (None, None),
]
TOOLS = ["escalate_analysis", "ask", "review", None]


def identity(rng: random.Random) -> str:
    digits = f"{rng.getrandbits(128):032x}"
    return f"{digits[:8]}-{digits[8:12]}-7{digits[13:16]}-8{digits[17:20]}-{digits[20:]}"


def moment(rng: random.Random) -> datetime.datetime:
    """Any, but often near a midnight or an hour that a clock shows twice."""
    if rng.random() < 0.2:
        day = rng.randrange(0, (END - START).days * 24)
        edge = START + datetime.timedelta(hours=day)
        return edge + datetime.timedelta(microseconds=rng.randrange(-3, 3))
    span = int((END - START).total_seconds() * 1_000_000)
    return START + datetime.timedelta(microseconds=rng.randrange(0, span))


def call(rng: random.Random) -> dict:
    provider, model = rng.choice(MODELS)
    kind = "usage" if rng.random() < 0.1 else "call"
    outcome = rng.choices(["ok", "error", "cancelled", "lost", "blocked"], [90, 5, 2, 2, 1])[0]
    record = {
        "v": 1,
        "kind": kind,
        "id": identity(rng),
        "time": moment(rng).strftime("%Y-%m-%dT%H:%M:%S.%f") + "Z",
        "duration_ms": rng.randrange(0, 60_000_000) / 1000,
        "session": "019aa5c0-9c40-7000-8000-000000000001",
        "direction": "client" if kind == "usage" else rng.choice(["client_to_server", "server_to_client"]),
        "method": "chat" if kind == "usage" else "tools/call",
    }
    tool = rng.choice(TOOLS)
    if tool:
        record["tool"] = tool
    record |= {"request_id": rng.randrange(1000), "server": rng.choice(["deep", "zen"]), "client": "claude-code"}
    if rng.random() < 0.5:
        record["agent_id"] = "reviewer"
    if kind == "usage":
        record["project"] = "/home/me/ä project"
    if model:
        record |= {"provider": provider, "model": model, "model_source": "response"}
        usage = {"source": rng.choices(["reported", "session_log", "estimated"], [80, 5, 15])[0]}
        for key, most in [
            ("input_tokens", 20_000),
            ("cached_input_tokens", 5_000),
            ("output_tokens", 5_000),
            ("reasoning_tokens", 2_000),
        ]:
            if rng.random() < 0.9:
                usage[key] = rng.randrange(most)
        if rng.random() < 0.95:
            record["usage"] = usage
        if rng.random() < 0.95:
            source = rng.choices(["priced", "reported", "unpriced"], [80, 10, 10])[0]
            record["cost"] = {"source": source}
            if source != "unpriced":
                record["cost"]["usd_nanos"] = rng.randrange(0, 900_000_000)
    record |= {"outcome": outcome}
    if rng.random() < 0.3:
        record["event_type"] = "escalation"
    if rng.random() < 0.2:
        record["escalation_reason"] = 'a "race",\nseen \\ twice'
    record |= {"trace_id": "4bf92f3577b34da6a3ce929d0e0e4736", "span_id": "a3ce929d0e0e4732", "request_bytes": 12}
    if kind == "call" and rng.random() < 0.05:
        record["part_of"] = identity(rng)
    if record["outcome"] == "blocked" or rng.random() < 0.1:
        record["policy"] = policy(rng, record)
    return record


def policy(rng: random.Random, record: dict) -> dict:
    """What a policy did to a call."""
    if record["outcome"] == "blocked":
        made = {"action": "blocked", "reason": rng.choice(["budget", "rate_limit", "evalops"])}
    else:
        made = {"action": rng.choice(["routed", "delayed", "warned", "passed"]), "reason": rng.choice(["route", "rate_limit", "too_long"])}
    if rng.random() < 0.8:
        made["rule"] = rng.choice(["10/day", "gemini-2.5-pro=5/day", "größe: small"])
    if made["action"] == "routed":
        made |= {"asked_model": "gemini-2.5-pro", "routed_model": "gemini-2.5-flash"}
        if rng.random() < 0.9:
            made["saved_usd_nanos"] = rng.randrange(-(10**6), 10**9)
    if made["action"] in ("routed", "delayed") and rng.random() < 0.7:
        made["waited_ms"] = rng.randrange(0, 70_000_000) / 1000
    return made


def begin(record: dict) -> dict:
    keys = ["v", "kind", "id", "time", "session", "direction", "method", "tool", "request_id", "server"]
    return {key: record[key] for key in keys if key in record} | {"kind": "begin"}


def trace(rng: random.Random) -> dict:
    record = call(rng)
    keys = ["v", "kind", "id", "time", "duration_ms", "session", "tool", "server", "client"]
    made = {key: record[key] for key in keys if key in record} | {"kind": "trace"}
    made["cost"] = {"source": "priced", "usd_nanos": rng.randrange(1, 10**9)}
    made |= {"outcome": "ok", "trace_id": record["trace_id"], "span_id": record["span_id"]}
    if rng.random() < 0.7:
        made["quality"] = rng.randrange(0, 101) / 100
    return made | {"model_calls": 1, "end": "answered", "turns": rng.randrange(1, 9), "client_turns": 1}


def plain(record: dict) -> str:
    return json.dumps(record, separators=(",", ":"), ensure_ascii=False)


def awkward(record: dict) -> str:
    """The same in a form nobody here writes."""
    return json.dumps(dict(reversed(record.items())), ensure_ascii=True)


def write(state: pathlib.Path, calls: int, seed: int) -> None:
    """A ledger of so many calls, with lost ones, repeated ones, traces, garbage and torn lines."""
    rng = random.Random(seed)
    lines: list[str] = []
    known: list[dict] = []
    for _ in range(calls):
        record = call(rng)
        if record["kind"] == "call" and rng.random() < 0.5:
            lines.append(plain(begin(record)))
        if rng.random() < 0.01 and "part_of" not in record:
            # Never ended: only its begin is there.
            if record["kind"] == "call":
                lines.append(plain(begin(record | {"id": identity(rng)})))
        if known and rng.random() < 0.02:
            # Told again, with more tokens by now.
            old = rng.choice(known)
            record = record | {"id": old["id"], "kind": old["kind"], "time": old["time"]}
        known.append(record)
        lines.append(awkward(record) if rng.random() < 0.05 else plain(record))
        if rng.random() < 0.1:
            lines.append(plain(trace(rng)))
        if rng.random() < 0.001:
            lines.append(rng.choice(['{"v":1,"kind":"call","id":"x', '{"v":2,"kind":"call","id":"y"}', "{}"]))
    # Segments of many sizes; a torn line at the end of each.
    place, number = 0, 0
    while place < len(lines):
        count = rng.randrange(1, max(2, len(lines) // 10))
        # A line is written on the day it tells of or, imported, later.
        day = END + datetime.timedelta(days=number // 4)
        folder = state / "ledger" / day.strftime("%Y-%m-%d")
        folder.mkdir(parents=True, exist_ok=True)
        name = f"{number % 4 + 10:02d}0000000000-{2_000_000_000 + number}-{number:08x}.jsonl"
        text = "\n".join(lines[place : place + count]) + "\n"
        (folder / name).write_text(text + ('{"v":1,"kind":"call"' if rng.random() < 0.3 else ""), encoding="utf-8")
        place += count
        number += 1
