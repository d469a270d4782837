"""Ledgers of a million records: lines as relays write them, made fast."""

import collections
import itertools
import pathlib
import uuid

PREFIX = "1111"


def calls(count: int, first: int = 0) -> bytes:
    """Lines of model calls, each with an id of its own, over a few models, tools, servers and a month of hours."""
    models = [("google", "gemini-2.5-pro"), ("google", "gemini-2.5-flash"), ("xai", "grok-4.3"), ("anthropic", "claude-opus-4-7")]
    lines = []
    for number, (provider, model) in zip(range(first, first + count), itertools.cycle(models)):
        day, hour, minute, second = 1 + number // 40_000 % 20, number // 1_700 % 24, number // 60 % 60, number % 60
        lines.append(
            '{"v":1,"kind":"call","id":"01980000-0000-7000-8000-%012x","time":"2026-11-%02dT%02d:%02d:%02d.123456Z","duration_ms":%d.5,'
            '"first_byte_ms":%d.25,"session":"019aa5c0-9c40-7000-8000-000000000001","direction":"client_to_server","method":"tools/call",'
            '"tool":"tool_%d","request_id":%d,"server":"server-%d","client":"claude-code","agent_id":"agent-%d","surface":"s","provider":"%s",'
            '"model":"%s","model_source":"response","usage":{"source":"reported","input_tokens":%d,"cached_input_tokens":100,"output_tokens":50,'
            '"reasoning_tokens":10},"cost":{"source":"priced","usd_nanos":%d},"outcome":"ok","event_type":"analysis","trace_id":"%032x",'
            '"span_id":"%016x","request_bytes":812,"response_bytes":9120}\n'
            % (number, day, hour, minute, second, number % 9000, number % 8000, number % 10, number, number % 5, number % 3, provider, model,
               1000 + number % 500, 1000 + number, number + 1, number + 1)
        )  # fmt: skip
    return "".join(lines).encode()


def write(state: pathlib.Path, count: int, segment: int = 100_000) -> None:
    """A ledger of `count` calls, in segments of writers that are gone."""
    day = state / "ledger" / "2026-11-20"
    day.mkdir(parents=True, mode=0o700)
    (state / "ledger").chmod(0o700)
    state.chmod(0o700)
    for number, first in enumerate(range(0, count, segment)):
        path = day / f"{100000 + number:06}000000-999999-{number:08x}.jsonl"
        path.write_bytes(calls(min(segment, count - first), first))
        path.chmod(0o600)


def cost(count: int) -> int:
    """What they cost together, in nano-dollars."""
    return sum(1000 + number for number in range(count))


def posted(count: int, first: int = 0) -> list[dict]:
    """Records for `POST /usage`, each with an id of its own."""
    return [
        {
            "id": str(uuid.UUID(int=(7 << 76) | (2 << 62) | number | (1 << 100), version=None)), "provider": "google", "model": "gemini-2.5-flash",
            "method": "chat", "duration_ms": 5, "usage": {"source": "reported", "input_tokens": 10, "output_tokens": 3},
        }
        for number in range(first, first + count)
    ]  # fmt: skip


def ids(state: pathlib.Path, kind: str) -> collections.Counter:
    """How often each id stands in the ledger, in lines of a kind."""
    found: collections.Counter[str] = collections.Counter()
    needle = f'"kind":"{kind}","id":"'.encode()
    for path in (state / "ledger").glob("*/*.jsonl"):
        for line in path.read_bytes().splitlines(keepends=True):
            if needle in line and line.endswith(b"\n"):
                found[line.split(needle, 1)[1].split(b'"', 1)[0].decode()] += 1
    return found
