"""Every frame of the usage corpus through the real relay, between a client that asks and a server
that answers with it: the ledger must say what the corpus expects."""

import json
import pathlib
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from support.processes import wait_until
from support.relay import Bench, python

CORPUS = pathlib.Path(__file__).parent / "fixtures" / "usage_corpus.jsonl"
PROVIDERS = {"gemini": "google", "grok": "xai"}
TOKENS = {
    "input_tokens": "input_tokens",
    "cached_input_tokens": "cached_input_tokens",
    "cache_write_tokens": "cache_write_tokens",
    "output_tokens": "output_tokens",
    "reasoning_tokens": "reasoning_tokens",
}
# Only the total was reported: whatever the split, the parts add up to it.
EXACT_TOTALS = {"aliargun-total-only": 812, "houtini-research-total": 48213}
ESTIMATE_TOLERANCE = 0.35
OUTCOMES = {None: ("ok",), "cancelled": ("error", "cancelled")}


@dataclass
class Case:
    id: str
    context: dict
    frame: dict
    frame_text: str
    request: dict | None
    expect: dict

    @property
    def from_server(self) -> bool:
        """The server asked and the client answered with the frame."""
        return self.request is not None and self.request["method"] == "sampling/createMessage"

    @property
    def notification(self) -> bool:
        return "id" not in self.frame

    @property
    def asked_id(self) -> object:
        """The id of the record that is looked for."""
        return self.frame["params"]["_meta"]["requestId"] if self.notification else self.frame["id"]


def load() -> list[Case]:
    cases = []
    for line in CORPUS.read_text(encoding="utf-8").splitlines():
        case = json.loads(line)
        # As it stands in the file: escapes, spaces and key order are part of the case.
        start = line.index('"frame": ') + len('"frame": ')
        frame, end = json.JSONDecoder().raw_decode(line, start)
        assert frame == case["frame"]
        cases.append(
            Case(case["id"], case["context"], frame, line[start:end], case["request"], case["expect"])
        )
    return cases


CASES = load()


def environment(context: dict) -> dict[str, str]:
    environment = dict(context.get("env", {}))
    provider = context.get("provider")
    if provider is not None:
        environment["MCP_METER_PROVIDER"] = PROVIDERS.get(provider, provider)
    if "default_model" in context:
        environment["MCP_METER_MODEL"] = context["default_model"]
    return environment


def play(bench: Bench, cases: list[Case], context: dict, directory: pathlib.Path) -> None:
    """One relay, one server, all the cases of one context, each awaited before the next."""
    script: dict[str, list[str]] = {}
    turns: list[tuple[dict, list[str]]] = []
    for case in cases:
        if case.from_server:
            trigger = {"jsonrpc": "2.0", "id": f"trigger-{case.id}", "method": "ping"}
            script[json.dumps(trigger["id"])] = [
                json.dumps(case.request),
                json.dumps({"jsonrpc": "2.0", "id": trigger["id"], "result": {}}),
            ]
            turns.append((trigger, [case.frame_text]))
        elif case.notification:
            request = {
                "jsonrpc": "2.0",
                "id": case.asked_id,
                "method": "tools/call",
                "params": {"name": "codex", "arguments": {"prompt": "Write the parser."}},
            }
            answer = {"content": [{"type": "text", "text": "The parser is written."}]}
            script[json.dumps(case.asked_id)] = [
                case.frame_text,
                json.dumps({"jsonrpc": "2.0", "id": case.asked_id, "result": answer}),
            ]
            turns.append((request, []))
        else:
            script[json.dumps(case.frame["id"])] = [case.frame_text]
            turns.append((case.request, []))
    path = directory / "script.json"
    path.write_text(json.dumps(script))
    with bench.session(python("replay_server.py", path), environment(context)) as session:
        for request, replies in turns:
            session.write(json.dumps(request).encode() + b"\n")
            for expected in script[json.dumps(request["id"])]:
                assert session.read_line() == expected.encode() + b"\n"
            for reply in replies:
                session.write(reply.encode() + b"\n")
        assert session.finish() == 0


@pytest.fixture(scope="module")
def calls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, list[dict]]]:
    """The call records of every case, by the JSON text of their request's id."""
    directory = tmp_path_factory.mktemp("corpus")
    bench = Bench("on", directory)
    groups: dict[str, list[Case]] = {}
    for case in CASES:
        groups.setdefault(json.dumps(case.context, sort_keys=True), []).append(case)
    try:
        for context, cases in groups.items():
            play(bench, cases, json.loads(context), directory)
        wait_until(lambda: len(bench.ledger(validated=False).of("session")) == 2 * len(groups), 5, "all ended")
        found: dict[str, list[dict]] = {}
        for call in bench.ledger().calls:
            found.setdefault(json.dumps(call["request_id"]), []).append(call)
        yield found
    finally:
        bench.close()


def test_the_corpus_is_whole():
    assert len(CASES) == 101
    ids = [json.dumps(case.asked_id) for case in CASES]
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_frame(case: Case, calls: dict[str, list[dict]]):
    records = calls[json.dumps(case.asked_id)]
    expect = case.expect
    assert len(records) == expect.get("records", 1)
    assert len({record["id"] for record in records}) == len(records)
    assert {record["direction"] for record in records} == {
        "server_to_client" if case.from_server else "client_to_server"
    }
    error = expect.get("error_class")
    for record in records:
        assert record.get("error_type") == error
        assert record["outcome"] in OUTCOMES.get(error, ("error",))
    wanted = {theirs: expect[theirs] for theirs in TOKENS}
    if all(value is None for value in wanted.values()):
        for record in records:
            assert "usage" not in record and "cost" not in record, record
        if error is None:
            return
        assert names(records, expect)
        return
    usages = [record["usage"] for record in records]
    assert {usage["source"] for usage in usages} == {"estimated" if expect["estimated"] else "reported"}
    for theirs, ours in TOKENS.items():
        numbers = [usage[ours] for usage in usages if ours in usage]
        got = sum(numbers) if numbers else None
        if expect["estimated"] and wanted[theirs] is not None:
            assert got is not None and abs(got - wanted[theirs]) <= ESTIMATE_TOLERANCE * wanted[theirs], (
                f"{ours}: {got}, expected about {wanted[theirs]}"
            )
        else:
            assert got == wanted[theirs], f"{ours}: {got}, expected {wanted[theirs]}"
    if case.id in EXACT_TOTALS:
        assert usages[0]["input_tokens"] + usages[0]["output_tokens"] == EXACT_TOTALS[case.id]
    assert names(records, expect)
    if "cost_usd" in expect:
        assert records[0]["cost"] == {"source": "reported", "usd_nanos": round(expect["cost_usd"] * 1e9)}


def names(records: list[dict], expect: dict) -> bool:
    """Whether provider and model are the expected ones (of several records, in one of them)."""
    provider = PROVIDERS.get(expect["provider"], expect["provider"])
    models = [record.get("model") for record in records]
    assert expect["model"] in models, f"model {models}, expected {expect['model']}"
    if provider != "multi":
        assert {record.get("provider") for record in records} == {provider}
    return True
