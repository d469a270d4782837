"""What `mcp-meter report` adds up, against two databases reading the same files."""

import csv
import io
import json
import os
import pathlib
import signal
import subprocess

import duckdb
import pytest
from support import spending

ROOT = pathlib.Path(__file__).resolve().parents[2]
METER = ROOT / ".build" / "release" / "mcp-meter"
COLUMNS = [
    "usd_nanos", "estimated_usd_nanos", "unpriced", "requests", "model_requests", "errors", "cancelled", "lost",
    "blocked", "input_tokens", "cached_input_tokens", "output_tokens", "reasoning_tokens", "estimated_tokens",
    "client_turns", "client_usd_nanos", "p50_us", "p95_us",
]  # fmt: skip
PERIODS = [
    ("Europe/Berlin", "2026-10-25", "2026-10-25", "2026-10-24 22:00:00", "2026-10-25 23:00:00"),
    ("Europe/Berlin", "2026-10", "2026-10", "2026-09-30 22:00:00", "2026-10-31 23:00:00"),
    ("America/New_York", "2026-10-31", "2026-11-02", "2026-10-31 04:00:00", "2026-11-03 05:00:00"),
    ("Asia/Kolkata", "2026-10-20", "2026-11-05", "2026-10-19 18:30:00", "2026-11-05 18:30:00"),
    ("UTC", "2026-10-20", "2026-11-04", "2026-10-20 00:00:00", "2026-11-05 00:00:00"),
]


def run(state: pathlib.Path, *words: str, status: int = 0, **variables: str) -> subprocess.CompletedProcess:
    environment = {"PATH": os.environ["PATH"], "MCP_METER_STATE_DIR": str(state), **variables}
    done = subprocess.run([METER, "report", *words], env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == status, done.stderr
    return done


def report(state: pathlib.Path, *words: str) -> dict:
    return json.loads(run(state, "--format", "json", *words).stdout)


def figures(groups: list[dict], names: list[str]) -> dict:
    return {tuple(group[name] for name in names): [group.get(column) for column in COLUMNS] for group in groups}


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    state = tmp_path_factory.mktemp("spending")
    spending.write(state, 50_000, seed=11)
    return state


@pytest.fixture(scope="module")
def duck(ledger: pathlib.Path) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute(f"SET VARIABLE ledger = '{ledger}/ledger/*/*.jsonl'")
    connection.execute((ROOT / "examples/duckdb/schema.sql").read_text())
    connection.execute("CREATE TABLE kept AS SELECT * FROM records")
    connection.execute("CREATE OR REPLACE VIEW records AS SELECT * FROM kept")
    return connection


@pytest.fixture(scope="module")
def click(ledger: pathlib.Path, tmp_path_factory: pytest.TempPathFactory):
    # It blocks SIGPIPE in whoever loads it, and so in every process that is started afterwards.
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    from chdb import session as chdb

    database = chdb.Session(str(tmp_path_factory.mktemp("clickhouse")))
    signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
    database.query("CREATE DATABASE spending")
    database.query("USE spending")
    folder = ROOT / "examples/clickhouse"
    for statement in (folder / "schema.sql").read_text().split(";\n\n"):
        database.query(statement)
    load = (folder / "load.sql").read_text().replace("{ledger:String}", f"'{ledger}/ledger/*/*.jsonl'")
    # Twice: reading again changes nothing.
    database.query(load)
    database.query(load)
    return database


def by_duckdb(duck: duckdb.DuckDBPyConnection, zone: str, since: str, until: str, file: str = "report.sql") -> list[dict]:
    duck.execute(f"SET VARIABLE since = TIMESTAMPTZ '{since}+00'")
    duck.execute(f"SET VARIABLE until = TIMESTAMPTZ '{until}+00'")
    duck.execute(f"SET VARIABLE zone = '{zone}'")
    duck.execute((ROOT / "examples/duckdb" / file).read_text())
    names = [column[0] for column in duck.description]
    return [dict(zip(names, row, strict=True)) for row in duck.fetchall()]


def by_clickhouse(click, zone: str, since: str, until: str, file: str = "report.sql") -> list[dict]:
    statement = (ROOT / "examples/clickhouse" / file).read_text()
    for name, value in [("since", since), ("until", until)]:
        statement = statement.replace(f"{{{name}:DateTime64(6, 'UTC')}}", f"toDateTime64('{value}', 6, 'UTC')")
    statement = statement.replace("{zone:String}", f"'{zone}'").rstrip().rstrip(";")
    settings = " SETTINGS output_format_json_quote_64bit_integers = 0"
    return json.loads(str(click.query(statement + settings, "JSON")))["data"]


@pytest.mark.parametrize(("zone", "since", "until", "start", "end"), PERIODS)
def test_every_figure_is_that_of_two_databases(
    ledger: pathlib.Path, duck: duckdb.DuckDBPyConnection, click, zone: str, since: str, until: str,
    start: str, end: str,
) -> None:  # fmt: skip
    said = report(ledger, "--time-zone", zone, "--since", since, "--until", until, "--by", "day,model", "--top", "0")
    ours = figures(said["groups"], ["day", "model"])
    assert len(ours) >= 6
    assert ours == figures(by_duckdb(duck, zone, start, end), ["day", "model"])
    assert ours == figures(by_clickhouse(click, zone, start, end), ["day", "model"])
    for column in COLUMNS[:-2]:
        assert said["total"][column] == sum(group.get(column) or 0 for group in said["groups"]), column
    assert sum(bar["usd_nanos"] for bar in said["series"]["values"]) == said["total"]["usd_nanos"]


@pytest.mark.parametrize(("zone", "since", "until", "start", "end"), PERIODS)
def test_what_policies_did_is_that_of_two_databases(
    ledger: pathlib.Path, duck: duckdb.DuckDBPyConnection, click, zone: str, since: str, until: str,
    start: str, end: str,
) -> None:  # fmt: skip
    said = report(ledger, "--time-zone", zone, "--since", since, "--until", until)["policies"]
    assert {row["action"] for row in said} == {"blocked", "routed", "delayed", "warned", "passed"}
    keys = ["action", "reason", "rule", "asked_model", "routed_model", "calls", "saved_usd_nanos", "waited_us"]

    def rows(found: list[dict]) -> list[list]:
        return sorted(([row.get(key) for key in keys] for row in found), key=repr)

    assert rows(said) == rows(by_duckdb(duck, zone, start, end, "policy.sql"))
    assert rows(said) == rows(by_clickhouse(click, zone, start, end, "policy.sql"))


DIMENSIONS = {
    "provider": "provider", "model": "model", "tool": "tool", "server": "server", "agent": "agent_id",
    "client": "client", "project": "project", "event-type": "event_type", "outcome": "outcome",
    "direction": "direction", "day": "strftime(local_time, '%Y-%m-%d')", "week": "strftime(local_time, '%G-W%V')",
    "month": "strftime(local_time, '%Y-%m')",
    "hour": "strftime(local_time, '%Y-%m-%dT%H:00') || CASE WHEN \"time\" < TIMESTAMPTZ '2026-10-25 01:00:00+00' "
    "THEN '+02:00' ELSE '+01:00' END",
}  # fmt: skip


@pytest.mark.parametrize("dimension", [*DIMENSIONS, "week,outcome,direction", "month,tool,agent", "week,month"])
def test_every_dimension_groups_as_sql_does(
    ledger: pathlib.Path, duck: duckdb.DuckDBPyConnection, dimension: str
) -> None:
    names = dimension.split(",")
    said = report(
        ledger, "--time-zone", "Europe/Berlin", "--since", "2026-10-20", "--until", "2026-11-04", "--by", dimension
    )
    keys = ", ".join(f"{DIMENSIONS[name]} AS k{place}" for place, name in enumerate(names))
    duck.execute(
        f"""SELECT {keys}, sum(cost.usd_nanos)::BIGINT, count(*) FILTER (kind <> 'usage' AND part_of IS NULL)
        FROM (SELECT *, timezone('Europe/Berlin', "time") AS local_time FROM records) WHERE kind <> 'trace'
        AND "time" >= TIMESTAMPTZ '2026-10-19 22:00:00+00' AND "time" < TIMESTAMPTZ '2026-11-04 23:00:00+00'
        GROUP BY ALL"""
    )
    theirs = {row[: len(names)]: row[len(names) :] for row in duck.fetchall()}
    fields = [name.replace("-", "_") for name in names]
    ours = {
        tuple(group[field] for field in fields): (group.get("usd_nanos"), group["requests"])
        for group in said["groups"]
    }
    assert ours == theirs


def test_filters_escalations_top_and_the_time_before(ledger: pathlib.Path, duck: duckdb.DuckDBPyConnection) -> None:
    words = ["--time-zone", "UTC", "--since", "2026-10-27T00:00:00Z", "--until", "2026-11-01T00:00:00Z"]
    said = report(ledger, *words, "--tool", "ask", "--server", "ze*", "--top", "20")
    within = """kind <> 'trace' AND tool = 'ask' AND server = 'zen' AND "time" >= TIMESTAMPTZ '{}+00'
        AND "time" < TIMESTAMPTZ '{}+00'"""
    now = within.format("2026-10-27 00:00:00", "2026-11-01 00:00:00")
    duck.execute(f"SELECT sum(cost.usd_nanos)::BIGINT, count(*) FILTER (kind = 'usage') FROM records WHERE {now}")
    assert duck.fetchone() == (said["total"]["usd_nanos"], said["total"]["client_turns"])
    duck.execute(
        f"SELECT sum(cost.usd_nanos)::BIGINT FROM records WHERE {within.format('2026-10-22 00:00:00', '2026-10-27 00:00:00')}"
    )
    assert duck.fetchone() == (said["before"]["usd_nanos"],)
    duck.execute(
        f"""SELECT id, cost.usd_nanos FROM records WHERE {now} AND cost.usd_nanos IS NOT NULL
        ORDER BY cost.usd_nanos DESC, "time" LIMIT 20"""
    )
    assert [(each["id"], each["usd_nanos"]) for each in said["top"]] == duck.fetchall()
    duck.execute(
        """SELECT count(*), sum(turns)::BIGINT, sum(cost.usd_nanos)::BIGINT, count(quality), avg(quality),
        sum(quality) / (sum(cost.usd_nanos) FILTER (quality IS NOT NULL) / 1e9) FROM records WHERE kind = 'trace'
        AND tool = 'ask' AND server = 'zen' AND "time" >= TIMESTAMPTZ '2026-10-27 00:00:00+00'
        AND "time" < TIMESTAMPTZ '2026-11-01 00:00:00+00'"""
    )
    *exact, quality, worth = duck.fetchone()
    escalations = said["escalations"]
    assert exact == [escalations[key] for key in ["count", "turns", "usd_nanos", "rated"]]
    assert escalations["quality"] == pytest.approx(quality, rel=1e-12)
    assert escalations["quality_per_dollar"] == pytest.approx(worth, rel=1e-12)


def test_csv_and_json_say_the_same(ledger: pathlib.Path) -> None:
    words = ["--since", "2026-10-20", "--until", "2026-11-04", "--by", "model,tool", "--time-zone", "UTC"]
    groups = report(ledger, *words)["groups"]
    rows = list(csv.DictReader(io.StringIO(run(ledger, *words, "--format", "csv").stdout)))
    assert len(rows) == len(groups)
    for row, group in zip(rows, groups, strict=True):
        assert row["model"] == (group["model"] or "")
        assert round(float(row["usd"] or 0) * 1e9) == group.get("usd_nanos", 0)
        assert int(row["requests"]) == group["requests"]


@pytest.mark.parametrize("form", ["text", "json", "csv", "markdown", "html"])
def test_an_empty_ledger_is_no_error(tmp_path: pathlib.Path, form: str) -> None:
    assert run(tmp_path / "none", "--format", form).stderr == ""


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--since", "fortnight"], "`--since` takes 7d"),
        (["--until", "2026-02-30"], "not `2026-02-30`"),
        (["--since", "today", "--until", "yesterday"], "leaves no time"),
        (["--period", "someday"], "`--period` takes"),
        (["--time-zone", "Mars/Base"], "knows no `Mars/Base`"),
        (["--by", "modle"], "Did you mean `model`?"),
        (["--live"], "standard output is none"),
    ],
)
def test_bad_words_are_named_in_one_line(tmp_path: pathlib.Path, words: list[str], expected: str) -> None:
    done = run(tmp_path, *words, status=64)
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert expected in done.stderr
