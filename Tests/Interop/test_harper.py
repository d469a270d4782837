"""Harper's tables: a row for each model call, and the figures of those that succeeded.

The receiver answers as Harper's operations API does (HarperFast/harper, `dataLayer/insert.ts` and
`integrationTests/apiTests/terminology.test.mjs`): `upsert` into tables that are there, 400 for those that are not.
"""

import base64
import json
import pathlib
from collections import Counter

import pytest

from support import model_calls
from support.receiver import ANSWER, Receiver, mix

# HarperFast/harper, resources/models/analyticsTable.ts: MODEL_CALL_ATTRIBUTES.
ATTRIBUTES = {
    "id": str, "tenant": str, "app": str, "model": str, "backend": str, "method": str, "adapter": str, "conversation_id": str,
    "prompt_tokens": int, "completion_tokens": int, "embedding_tokens": int, "gpu_ms": (int, float), "latency_ms": (int, float),
    "success": bool, "error_code": str,
}  # fmt: skip
ERROR_CODES = {"aborted", "capability_unsupported", "scoring_unsupported", "backend_not_found", "pending_unsupported", "backend_error"}
METHODS = {"escalate_analysis": "generate", "codereview": "generate", "embed_text": "embed", "generateContentStream": "generateStream"}
USER = "Basic " + base64.b64encode(b"meter:open sesame").decode()


class Harper(Receiver):
    """Its tables, by database and name, rows by their primary key."""

    def __init__(self, *arguments: object, made: bool = True, **options: object):
        super().__init__(*arguments, **options)
        self.tables: dict[tuple[str, str], dict[str, dict]] = {}
        if made:
            self.make()

    def make(self) -> None:
        for table in ("model_calls", "model_metrics"):
            self.tables[("mcp_meter", table)] = {}

    def accept(self, path: str, headers: dict[str, str], body: bytes) -> ANSWER:
        kind = {"Content-Type": "application/json"}
        if path != "/" or headers.get("content-type") != "application/json":
            return 404, kind, b'{"error": "Not found"}'
        if headers.get("authorization") != USER:
            return 401, kind, b'{"error": "Login failed"}'
        operation = json.loads(body)
        assert operation.keys() == {"operation", "database", "table", "records"} and operation["operation"] == "upsert"
        table = self.tables.get((operation["database"], operation["table"]))
        if table is None:
            error = f"Table '{operation['database']}.{operation['table']}' does not exist"
            return 400, kind, json.dumps({"error": error}).encode()
        for row in operation["records"]:
            assert row["id"] not in ("", "null", "undefined")
            table[row["id"]] = table.get(row["id"], {}) | row
        count = len(operation["records"])
        ids = [row["id"] for row in operation["records"]]
        answer = {"message": f"upserted {count} of {count} records", "upserted_hashes": ids, "txn_time": 1.5}
        return 200, kind, json.dumps(answer).encode()

    @property
    def rows(self) -> dict[str, dict]:
        return self.tables[("mcp_meter", "model_calls")]

    @property
    def metrics(self) -> Counter:
        """What Harper's own analytics would add up to."""
        total: Counter = Counter()
        for row in self.tables[("mcp_meter", "model_metrics")].values():
            assert row.keys() == {"id", "time", "metric", "path", "value"}
            total[row["metric"], row["path"]] += row["value"]
        return total


def variables(harper: Receiver) -> dict[str, str]:
    return {"HARPER_ANALYTICS_URL": harper.url, "HARPER_ANALYTICS_USERNAME": "meter", "HARPER_ANALYTICS_PASSWORD": "open sesame"}


def expected_row(call: dict) -> dict:
    method = METHODS.get(call.get("tool"), "generate")
    usage = call.get("usage", {})
    row = {
        "id": call["id"], "time": call["time"], "app": call.get("client") if call["kind"] == "usage" else call.get("server"),
        "model": call.get("model"), "backend": call.get("provider", "unknown"), "method": method,
        "conversation_id": call.get("conversation"),
        "prompt_tokens": None if method == "embed" else usage.get("input_tokens"),
        "embedding_tokens": usage.get("input_tokens") if method == "embed" else None,
        "completion_tokens": usage.get("output_tokens"), "latency_ms": call["duration_ms"], "success": call["outcome"] == "ok",
    }  # fmt: skip
    if call["outcome"] == "cancelled":
        row["error_code"] = "aborted"
    elif call["outcome"] == "error" and call.get("error_code") == -32601:
        row["error_code"] = "capability_unsupported"
    elif call["outcome"] != "ok":
        row["error_code"] = "backend_error"
    return {name: value for name, value in row.items() if value is not None}


def expected_metrics(calls: list[dict]) -> Counter:
    total: Counter = Counter()
    for row in map(expected_row, calls):
        if row["success"]:
            total[f"model-{row['method']}", row["backend"]] += 1
            tokens = sum(row.get(name, 0) for name in ("prompt_tokens", "completion_tokens", "embedding_tokens"))
            if tokens:
                total[f"model-{row['method']}-tokens", row["backend"]] += tokens
    return total


def assert_kept(harper: Harper, calls: list[dict]) -> None:
    assert harper.rows == {call["id"]: expected_row(call) for call in calls}
    assert harper.metrics == expected_metrics(calls)
    for row in harper.rows.values():
        for name, value in row.items():
            assert name == "time" or isinstance(value, ATTRIBUTES[name])
        assert row.get("error_code", "backend_error") in ERROR_CODES


def test_the_sample_ledger(tmp_path: pathlib.Path):
    calls = model_calls.model_calls(model_calls.write(tmp_path, model_calls.sample()))
    with Harper() as harper:
        done = model_calls.deliver(tmp_path, variables(harper))
        assert done.returncode == 0, done.stderr
        assert_kept(harper, calls)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_whatever_harper_does_every_call_is_kept_once(tmp_path: pathlib.Path, seed: int):
    calls = []
    with Harper(script=mix(seed)) as harper:
        for part in range(4):
            calls += model_calls.model_calls(model_calls.write(tmp_path, model_calls.calls(250, 10 * seed + part)))
            done = model_calls.deliver(tmp_path, variables(harper), patience=60)
            assert done.returncode == 0, done.stderr
        assert_kept(harper, calls)


def test_sent_again_from_the_beginning_nothing_changes(tmp_path: pathlib.Path):
    calls = model_calls.model_calls(model_calls.write(tmp_path, model_calls.calls(300, 7)))
    with Harper() as harper:
        assert model_calls.deliver(tmp_path, variables(harper)).returncode == 0
        for path in sorted((tmp_path / "cursors").rglob("*"), reverse=True):
            path.unlink() if path.is_file() else path.rmdir()
        # Other batches, too.
        calls += model_calls.model_calls(model_calls.write(tmp_path, model_calls.calls(300, 8)))
        assert model_calls.deliver(tmp_path, variables(harper)).returncode == 0
        assert len(harper.received) > 2
        assert_kept(harper, calls)


def test_without_tables_records_wait_for_them(tmp_path: pathlib.Path):
    calls = model_calls.model_calls(model_calls.write(tmp_path, model_calls.calls(40, 9)))
    with Harper(made=False) as harper:
        done = model_calls.deliver(tmp_path, variables(harper), patience=1)
        assert done.returncode != 0
        assert "make the tables model_calls and model_metrics in the database mcp_meter" in done.stderr
        (found,) = model_calls.status(tmp_path, variables(harper))
        assert found["dead_letters"] == 0 and found["backlog_records"] == 40
        harper.make()
        assert model_calls.deliver(tmp_path, variables(harper)).returncode == 0
        assert_kept(harper, calls)


def test_what_is_not_harper_keeps_nothing_from_harper(tmp_path: pathlib.Path):
    model_calls.write(tmp_path, model_calls.calls(10, 10))
    with Receiver() as page:
        done = model_calls.deliver(tmp_path, variables(page), patience=1)
        assert done.returncode != 0 and "9925" in done.stderr
        (found,) = model_calls.status(tmp_path, variables(page))
        assert found["delivered"] == 0 and found["backlog_records"] == 10
