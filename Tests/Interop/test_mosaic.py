"""Mosaic's task completions: every event whole and by the schema, over HTTP and in a file.

How Mosaic's server takes events in is not public; the receiver here is of our own making and stands for what
examples/mosaic/README.md says we assume. What an event must hold is taken from the ledger, not from mcp-meter.
"""

import json
import pathlib
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import ROUND_HALF_EVEN, Decimal

import jsonschema
import pytest

from support import model_calls
from support.receiver import ANSWER, Receiver, mix, status
from support.relay import ROOT

INSTANCE = "a1b2c3d4-e5f6-4a7b-8c9d-0e1f2a3b4c5d"
KEY = "0123456789abcdefABCDEF" + "7" * 42
SCHEMA = json.loads((ROOT / "examples" / "mosaic" / "schema.json").read_text())
UNKNOWN = {
    "quality_gate_passed": None, "quality_gates_run": [], "quality_gates_failed": [], "context_compactions": None,
    "context_rotations": None, "context_utilization_final": None, "retry_count": None, "language": None, "repo_size_category": None,
}  # fmt: skip


class Mosaic(Receiver):
    """Takes `{"events": […]}` with the right key, and no event that breaks the schema."""

    def accept(self, path: str, headers: dict[str, str], body: bytes) -> ANSWER:
        if path != "/v1/events/batch":
            return 404, {}, b""
        if headers.get("authorization") != f"Bearer {KEY}":
            return 401, {"Content-Type": "application/json"}, json.dumps({"detail": f"bad key {headers.get('authorization')}"}).encode()
        batch = json.loads(body)
        assert list(batch) == ["events"] and 1 <= len(batch["events"]) <= 100
        for event in batch["events"]:
            hold_to_schema(event)
        return 202, {"Content-Type": "application/json"}, b'{"accepted": %d}' % len(batch["events"])

    @property
    def events(self) -> list[dict]:
        return [event for message in self.received for event in message.json["events"]]


def hold_to_schema(event: dict) -> None:
    jsonschema.Draft202012Validator(SCHEMA).validate(event)


def variables(server: Receiver | None = None, file: pathlib.Path | None = None) -> dict[str, str]:
    found = {"MOSAIC_TELEMETRY_ENABLED": "true", "MOSAIC_TELEMETRY_INSTANCE_ID": INSTANCE}
    if server:
        found |= {"MOSAIC_TELEMETRY_SERVER_URL": server.url, "MOSAIC_TELEMETRY_API_KEY": KEY}
    if file:
        found["MOSAIC_TELEMETRY_FILE"] = str(file)
    return found


def figures(call: dict) -> dict:
    """Tokens and cost as the event must have them."""
    usage, cost = call.get("usage", {}), call.get("cost", {})
    estimated = usage.get("source") == "estimated"
    nanos = cost.get("usd_nanos")
    micros = None if nanos is None else int((Decimal(nanos) / 1000).quantize(Decimal(1), ROUND_HALF_EVEN))
    tokens = "estimated" if estimated else "actual"
    money = "estimated" if estimated and cost.get("source") == "priced" else "actual"
    names = [f"{side}_{what}" for side in ("estimated", "actual") for what in ("input_tokens", "output_tokens", "cost_usd_micros")]
    expected = dict.fromkeys(names)
    expected[f"{tokens}_input_tokens"] = usage.get("input_tokens")
    expected[f"{tokens}_output_tokens"] = usage.get("output_tokens")
    expected[f"{money}_cost_usd_micros"] = micros
    return expected


def assert_told(events: list[dict], calls: list[dict]) -> None:
    """Every call is an event, an event that came twice came the same, and none was made up."""
    by_id: dict[str, dict] = {}
    for event in events:
        assert by_id.setdefault(event["event_id"], event) == event
    assert by_id.keys() == {call["id"] for call in calls}
    for call in calls:
        event = by_id[call["id"]]
        hold_to_schema(event)
        expected = figures(call) | UNKNOWN
        expected |= {"instance_id": INSTANCE, "model": call.get("model"), "provider": call.get("provider")}
        expected["harness"] = {"claude-code": "claude_code"}.get(call.get("client"))
        timeout = call["outcome"] == "error" and call.get("error_type") == "timeout"
        expected["outcome"] = "success" if call["outcome"] == "ok" else "timeout" if timeout else "failure"
        assert {name: event[name] for name in expected} == expected
        assert abs(event["task_duration_ms"] - call["duration_ms"]) <= 0.5


def test_the_sample_ledger(tmp_path: pathlib.Path):
    calls = model_calls.model_calls(model_calls.write(tmp_path, model_calls.sample()))
    assert calls
    with Mosaic() as mosaic:
        done = model_calls.deliver(tmp_path, variables(mosaic))
        assert done.returncode == 0, done.stderr
        assert_told(mosaic.events, calls)
        assert len(mosaic.events) == len(calls), "nothing went wrong, so nothing came twice"
        types = {event["task_type"] for event in mosaic.events}
        assert types <= {"debugging", None} and "debugging" in types
        assert model_calls.deliver(tmp_path, variables(mosaic)).returncode == 0
        assert len(mosaic.events) == len(calls)


@pytest.mark.parametrize("seed", [1, 2])
def test_whatever_the_server_does_every_call_is_told(tmp_path: pathlib.Path, seed: int):
    calls = model_calls.model_calls(model_calls.write(tmp_path, model_calls.calls(700, seed)))
    with Mosaic(script=mix(seed)) as mosaic:
        done = model_calls.deliver(tmp_path, variables(mosaic), patience=90)
        assert done.returncode == 0, done.stderr
        assert_told(mosaic.events, calls)
        cost = sum(event["actual_cost_usd_micros"] or 0 for event in {e["event_id"]: e for e in mosaic.events}.values())
        cost += sum(event["estimated_cost_usd_micros"] or 0 for event in {e["event_id"]: e for e in mosaic.events}.values())
        nanos = sum(call.get("cost", {}).get("usd_nanos", 0) for call in calls)
        assert abs(cost * 1000 - nanos) <= 500 * len(calls)


def test_a_wrong_key_blocks_and_is_never_shown(tmp_path: pathlib.Path):
    calls = model_calls.model_calls(model_calls.write(tmp_path, model_calls.calls(20, 3)))
    wrong = "f" * 64
    with Mosaic() as mosaic:
        done = model_calls.deliver(tmp_path, variables(mosaic) | {"MOSAIC_TELEMETRY_API_KEY": wrong}, patience=1)
        assert done.returncode != 0 and "401" in done.stderr
        everything = done.stdout + done.stderr
        everything += "".join(path.read_text() for path in (tmp_path / "delivery").iterdir())
        assert wrong not in everything
        (found,) = model_calls.status(tmp_path, variables(mosaic))
        assert found["dead_letters"] == 0 and found["backlog_records"] == 20
        assert model_calls.deliver(tmp_path, variables(mosaic)).returncode == 0
        assert_told(mosaic.events, calls)


def test_an_event_the_server_will_not_have_is_set_aside_alone(tmp_path: pathlib.Path):
    calls = model_calls.model_calls(model_calls.write(tmp_path, model_calls.calls(60, 4)))
    bad = calls[17]["id"]

    class Picky(Mosaic):
        def accept(self, path: str, headers: dict[str, str], body: bytes) -> ANSWER:
            return (422, {}, b"no") if bad.encode() in body else super().accept(path, headers, body)

    with Picky() as mosaic:
        model_calls.deliver(tmp_path, variables(mosaic))
        assert_told(mosaic.events, [call for call in calls if call["id"] != bad])
        (found,) = model_calls.status(tmp_path, variables(mosaic))
        assert found["dead_letters"] == 1


def test_server_and_file_do_not_hold_up_each_other(tmp_path: pathlib.Path):
    calls = model_calls.model_calls(model_calls.write(tmp_path, model_calls.calls(50, 5)))
    file = tmp_path / "events.jsonl"
    with Mosaic(script=lambda *_: status(503)) as mosaic:
        assert model_calls.deliver(tmp_path, variables(mosaic, file), patience=1).returncode != 0
        assert not mosaic.received
    assert_told(lines(file), calls)
    assert file.stat().st_mode & 0o777 == 0o600


def lines(file: pathlib.Path) -> list[dict]:
    text = file.read_text()
    assert text.endswith("\n")
    return [json.loads(line) for line in text.splitlines()]


@contextmanager
def small_disk(place: pathlib.Path) -> Iterator[pathlib.Path]:
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=128k,mode=700", "tmpfs", place], check=True)
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", place], check=True)


def test_a_file_on_a_full_disk_has_whole_lines_and_later_all_of_them(tmp_path: pathlib.Path):
    calls = model_calls.model_calls(model_calls.write(tmp_path, model_calls.calls(900, 6)))
    with small_disk(tmp_path / "small") as disk:
        file = disk / "events.jsonl"
        done = model_calls.deliver(tmp_path, variables(file=file), patience=1)
        assert done.returncode != 0 and "No space left" in done.stderr
        before = lines(file)
        assert 0 < len(before) < len(calls)
        subprocess.run(["mount", "-o", "remount,size=16m", disk], check=True)
        assert model_calls.deliver(tmp_path, variables(file=file)).returncode == 0
        after = lines(file)
        assert after[: len(before)] == before
        assert_told(after, calls)
        assert len(after) == len(calls), "what did not fit was taken out again"
