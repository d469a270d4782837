"""The page that `mcp-meter serve` shows at `/`, in Debian's Chromium: what it says, to whom, and how it bears up."""

import base64
import gzip
import hashlib
import http.client
import json
import pathlib
import random
import re
import shutil
import signal
import socket
import subprocess
import time
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Request, expect, sync_playwright
from support import ledger, processes, relay
from support.wire import wire

UTC = timezone.utc
MODELS = [("google", "gemini-2.5-pro", 11), ("anthropic", "claude-opus-4-7", 37), ("xai", "grok-4.3", 5), ("ollama", "qwen3:32b", None)]
TOOLS = [("deep-code-reasoning-mcp", "escalate_analysis"), ("zen", "codereview"), ("grok-mcp", "ask_grok")]


# What is in the ledger


def call(time: datetime, dice: random.Random, **fields: object) -> dict:
    """A model call like others; a field that is None is left out."""
    provider, model, rate = dice.choice(MODELS)
    server, tool = dice.choice(TOOLS)
    given, taken = dice.randrange(100, 50_000), dice.randrange(10, 5_000)
    record = {
        "v": 1, "kind": "call", "id": str(uuid.UUID(int=dice.getrandbits(128))), "time": time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "duration_ms": dice.randrange(100, 90_000), "session": "s", "direction": "client_to_server", "method": "tools/call", "tool": tool,
        "request_id": dice.randrange(10**6), "server": server, "client": "claude-code", "agent_id": dice.choice(["reviewer", "planner"]),
        "provider": provider, "model": model, "model_source": "response",
        "usage": {"source": dice.choice(["reported"] * 5 + ["estimated"]), "input_tokens": given, "cached_input_tokens": given // 3, "output_tokens": taken},
        "cost": {"source": "priced", "usd_nanos": (given + 5 * taken) * rate + dice.randrange(9)} if rate else {"source": "unpriced"},
        "outcome": "ok", "trace_id": f"{dice.getrandbits(128) | 1:032x}", "span_id": f"{dice.getrandbits(64) | 1:016x}", "request_bytes": 10,
    }  # fmt: skip
    if dice.random() < 0.1:
        record |= {"outcome": "error", "error_type": "rate_limit", "usage": None, "cost": None}
    return {name: value for name, value in (record | fields).items() if value is not None}


def escalation(first: dict, **fields: object) -> list[dict]:
    """A call with the client's own turn that led to it, and the trace of both."""
    first = first | {"usage": {"source": "reported", "input_tokens": 900, "output_tokens": 90}, "cost": {"source": "priced", "usd_nanos": 40_000_000}, "outcome": "ok"}
    first.pop("error_type", None)
    turn = first | {"kind": "usage", "id": str(uuid.uuid4()), "direction": "client", "method": "chat", "duration_ms": 0, "provider": "anthropic", "model": "claude-opus-4-7"}
    turn |= {"usage": {"source": "estimated", "input_tokens": 30, "output_tokens": 300}, "cost": {"source": "priced", "usd_nanos": 10_000_000}}
    turn.pop("tool")
    trace = {name: first[name] for name in ("v", "time", "duration_ms", "session", "tool", "server", "client", "outcome", "trace_id", "span_id")}
    trace |= {"kind": "trace", "id": str(uuid.uuid4()), "cost": {"source": "priced", "usd_nanos": 50_000_000}, "quality": 0.8, "quality_source": "confidence",
              "quality_per_dollar": 16, "end": "answered", "turns": 1, "client_turns": 1, "model_calls": 2, "escalation_reason": "It would not settle."}  # fmt: skip
    return [first, turn, trace | fields]


def write(state: pathlib.Path, records: Iterable[dict]) -> None:
    """Segments of a writer that is gone, one for each day."""
    records = sorted(records, key=lambda record: record["time"])
    ledger.hold_to_schema(records[:50])
    for day in {record["time"][:10] for record in records}:
        directory = state / "ledger" / day
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        lines = [json.dumps(record, separators=(",", ":")) + "\n" for record in records if record["time"].startswith(day)]
        (directory / f"100000000000-999999-{random.getrandbits(32):08x}.jsonl").write_text("".join(lines))


def month(before: datetime, count: int, seed: int = 7) -> list[dict]:
    dice = random.Random(seed)
    return [call(before - timedelta(days=33 * dice.random() ** 2), dice) for _ in range(count)]


def moment(record: dict) -> float:
    return datetime.fromisoformat(record["time"]).timestamp()


def sums(records: Iterable[dict]) -> dict[str, int]:
    found = dict.fromkeys(("calls", "failed", "tokens", "estimated", "nanos", "unpriced"), 0)
    for record in records:
        usage, cost = record.get("usage", {}), record.get("cost", {})
        found["calls"] += 1
        found["failed"] += record["outcome"] != "ok"
        found["tokens"] += usage.get("input_tokens", 0) + usage.get("output_tokens", 0)
        found["estimated"] += usage.get("source") == "estimated" and cost.get("source") == "priced"
        found["nanos"] += cost.get("usd_nanos", 0)
        found["unpriced"] += cost.get("source") == "unpriced"
    return found


# The server and the reader


class Serve:
    """`mcp-meter serve` on an address of its own."""

    def __init__(self, state: pathlib.Path, listen: str = "127.0.0.1:0", **environment: str):
        self.process = subprocess.Popen(
            [relay.binary(), "serve", "--listen", listen], stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
            env=relay.clean_environment() | {"MCP_METER_STATE_DIR": str(state), "HOME": str(state)} | environment,
        )  # fmt: skip
        self.port = 0
        try:
            for line in self.process.stderr:
                if found := re.search(r"serving http://[^/]*:(\d+)/", line):
                    self.port = int(found[1])
                    break
            assert self.port, "it says where it serves"
            processes.wait_until(lambda: self.ask("/readyz")[0] == 200, 20, "the ledger is read")
        except BaseException:
            self.end(signal.SIGKILL)
            raise

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    def ask(self, path: str, body: object = None, **headers: str) -> tuple[int, http.client.HTTPMessage, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            headers = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request("GET" if body is None else "POST", path, body=None if body is None else json.dumps(body), headers=headers)
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()

    def post(self, *records: dict) -> None:
        status, _, body = self.ask("/usage", list(records))
        assert status == 200, body

    def end(self, number: int = signal.SIGTERM) -> None:
        self.process.send_signal(number)
        self.process.wait(20)
        self.process.stderr.close()


@pytest.fixture
def serve():
    started: list[Serve] = []

    def start(*arguments: object, **options: str) -> Serve:
        started.append(Serve(*arguments, **options))  # type: ignore[arg-type]
        return started[-1]

    yield start
    for one in started:
        if one.process.poll() is None:
            one.end(signal.SIGKILL)


@pytest.fixture(scope="module")
def browser():
    path = shutil.which("chromium")
    assert path, "apt-get install chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-dev-shm-usage"])
        yield browser
        browser.close()


@contextmanager
def reading(browser: Browser, url: str, *, now: datetime | None = None, status: str = "live", forgiven: str = "^$", **options: object) -> Iterator[Page]:
    """The page, open and up to date. Nothing may be complained of in the console, and nobody else be asked for anything."""
    context = browser.new_context(**{"viewport": {"width": 1440, "height": 900}} | options)
    page = context.new_page()
    complaints: list[str] = []
    asked: list[Request] = []
    page.on("console", lambda message: complaints.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: complaints.append(f"thrown: {error}"))
    page.on("request", lambda request: asked.append(request))
    if now:
        page.clock.install(time=now)
    try:
        page.goto(url)
        expect(page.locator("#state")).to_have_text(status, timeout=15_000)
        yield page
        assert [text for text in complaints if not re.search(forgiven, text)] == []
        assert [request.url for request in asked if not request.url.startswith((url, "data:image/svg+xml"))] == []
    finally:
        context.close()


def value(page: Page, selector: str) -> int:
    """The figure behind the text, as it is kept."""
    return int(page.locator(f"{selector} data").first.get_attribute("value"))


# What it says


def last_change(zone: ZoneInfo) -> datetime | None:
    """When the zone's clocks last changed."""
    end = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    hours = (end - timedelta(hours=n) for n in range(366 * 24))
    return next((hour for hour in hours if hour.astimezone(zone).utcoffset() != (hour - timedelta(hours=1)).astimezone(zone).utcoffset()), None)


# The hour after a change, the same day, twelve days on; and a month in which nothing changes.
@pytest.mark.parametrize(
    ("zone", "after"),
    [
        ("UTC", None),
        ("Pacific/Kiritimati", None),
        ("Asia/Kathmandu", None),
        ("America/New_York", timedelta(minutes=30)),
        ("America/New_York", timedelta(days=12, hours=3, minutes=7)),
        ("Europe/Berlin", timedelta(hours=11)),
        ("Australia/Lord_Howe", timedelta(minutes=40)),
    ],
)
def test_the_figures_are_the_ledgers_by_the_readers_days(zone, after, tmp_path, serve, browser):
    place = ZoneInfo(zone)
    now = datetime.now(UTC) if after is None else last_change(place) + after
    records = month(now, 600)
    # At both sides of every midnight of the reader's.
    dice = random.Random(3)
    midnights = [datetime.combine(now.astimezone(place).date() - timedelta(days=n), datetime.min.time(), place) for n in range(31)]
    midnights = [midnight.astimezone(UTC) for midnight in midnights]
    records += [call(midnight + timedelta(seconds=seconds), dice) for midnight in midnights for seconds in (-1, 0)]
    write(tmp_path, records)
    with reading(browser, serve(tmp_path).url, now=now, timezone_id=zone) as page:
        for card, days in (("today", 1), ("week", 7), ("month", 30)):
            wanted = sums(record for record in records if moment(record) >= midnights[days - 1].timestamp())
            assert value(page, f"#spend-{card}") == wanted["nanos"]
            assert page.inner_text(f"#spend-{card}").startswith("~" if wanted["estimated"] else "$")
            detail = page.inner_text(f"#detail-{card}")
            assert f"{wanted['calls']:,} call" in detail
            assert value(page, f"#detail-{card}") == wanted["tokens"]
            assert (f"{wanted['failed']:,} failed" in detail) == (wanted["failed"] > 0)
            assert (f"{wanted['unpriced']:,} unpriced" in detail) == (wanted["unpriced"] > 0)
        page.click("#figures summary")
        offset = now.astimezone(place).utcoffset().total_seconds()
        hour = (now.timestamp() + offset) // 3600 * 3600 - offset
        for range_, since, rows in (("24h", hour - 23 * 3600, 24), ("7d", midnights[6].timestamp(), 7), ("30d", midnights[29].timestamp(), 30)):
            page.check(f"input[value='{range_}']", force=True)
            for measure, part in (("tokens", "tokens"), ("cost", "nanos")):
                page.check(f"input[value={measure}]", force=True)
                shown = [record for record in records if moment(record) >= since]
                assert page.locator("#figures-body tr").count() == rows
                column = page.locator("#figures-body td:last-child data").all()
                assert sum(int(cell.get_attribute("value")) for cell in column) == sums(shown)[part]
                legend = {item.locator("bdi").inner_text(): item for item in page.locator("#legend li").all()}
                assert set(legend) == {record["model"] for record in shown}
                for model, item in legend.items():
                    wanted = sums(record for record in shown if record["model"] == model)
                    if "unpriced" not in item.inner_text():
                        assert int(item.locator("data").get_attribute("value")) == wanted[part]
                # What is drawn is as high as what it stands for: the highest column against the axis.
                bars = page.eval_on_selector_all(".column", "columns => columns.map(c => [...c.querySelectorAll('rect:not(.hit)')].reduce((y, r) => Math.min(y, r.getBBox().y), Infinity))")
                figures = [int(cell.get_attribute("value")) if (cell := row.locator("td:last-child data")).count() else 0 for row in page.locator("#figures-body tr").all()][::-1]
                assert bars.index(min(bars)) == figures.index(max(figures))


def test_tables_of_tools_agents_and_calls(tmp_path, serve, browser):
    now = datetime.now(UTC)
    records = month(now, 300)
    write(tmp_path, records)
    with reading(browser, serve(tmp_path).url) as page:
        first = datetime.combine(now.date() - timedelta(days=29), datetime.min.time(), UTC).timestamp()
        recent = [record for record in records if moment(record) >= first]
        for table, key in (("tools", "tool"), ("agents", "agent_id")):
            rows = page.locator(f"#{table} tr").all()
            assert {row.locator("th bdi").first.inner_text() for row in rows} == {record[key] for record in recent}
            for row in rows:
                wanted = sums(record for record in recent if record[key] == row.locator("th bdi").first.inner_text())
                cost, calls, tokens = (int(cell.get_attribute("value")) for cell in row.locator("data").all())
                assert (cost, calls, tokens) == (wanted["nanos"], wanted["calls"], wanted["tokens"])
                assert (f"{wanted['failed']} failed" in row.inner_text()) == (wanted["failed"] > 0)
        latest = sorted(records, key=moment)[::-1]
        assert page.locator("#calls time").evaluate_all("all => all.map(time => Date.parse(time.dateTime))") == [
            int(moment(record) * 1000) for record in latest[:15]
        ]
        page.click("#calls-more")
        assert page.locator("#calls tr").count() == 50
        assert page.get_attribute("#calls-more", "aria-expanded") == "true"


def test_escalations_open_to_their_turns(tmp_path, serve, browser):
    dice = random.Random(1)
    now = datetime.now(UTC)
    # The ledger is in the order things ended.
    calls = [call(now - timedelta(minutes=n), dice, tool=f"analysis_{n}", server="deep-code-reasoning-mcp") for n in range(12)]
    write(tmp_path, [record for each in calls for record in escalation(each)])
    with reading(browser, serve(tmp_path).url) as page:
        assert page.inner_text("#escalations-sum") == "The latest 12 · mean quality 0.80 · 16 quality\u00a0per\u00a0$"
        row = page.locator("#escalations tr").first
        cells = [cell.inner_text() for cell in row.locator("td").all()]
        assert cells[1:] == ["~$0.0500", "0.80", "16.0", "2", "answered", "It would not settle."]
        assert row.locator("th bdi").all_inner_texts() == ["analysis_0", "deep-code-reasoning-mcp"]
        assert value(page, "#escalations tr:first-child") == 50_000_000
        page.click("#escalations tr:first-child button")
        turns = page.locator("#escalations .inside tbody tr")
        expect(turns).to_have_count(2)
        assert [int(cell.get_attribute("value")) for cell in turns.locator("data").all()] == [40_000_000, 10_000_000]
        assert "client’s own turn" in turns.nth(1).inner_text()
        assert page.get_attribute("#escalations button", "aria-expanded") == "true"
        page.click("#escalations-more")
        expect(page.locator("#escalations button")).to_have_count(12)
        page.click("#escalations tr:first-child button")
        expect(turns).to_have_count(0)


def test_nothing_yet_is_said_in_words(tmp_path, serve, browser):
    with reading(browser, serve(tmp_path).url) as page:
        assert [page.inner_text(f"#spend-{card}") for card in ("today", "week", "month")] == ["$0.00"] * 3
        assert "No cost in this time." in page.locator("#timeline").text_content()
        assert "MCP_METER=on" in page.inner_text("#calls")
        for table in ("tools", "agents", "escalations"):
            assert page.inner_text(f"#{table}").startswith("No ")


def test_without_a_price_it_points_to_the_tokens(tmp_path, serve, browser):
    write(tmp_path, [call(datetime.now(UTC), random.Random(1), provider="ollama", model="qwen3:32b", outcome="ok", error_type=None,
                          usage={"source": "reported", "input_tokens": 70, "output_tokens": 7}, cost={"source": "unpriced"})])  # fmt: skip
    with reading(browser, serve(tmp_path).url) as page:
        assert page.inner_text("#spend-today") == "unpriced"
        assert "see Tokens" in page.locator("#timeline").text_content()
        assert page.inner_text("#legend").split() == ["qwen3:32b", "unpriced"]
        page.check("input[value=tokens]", force=True)
        assert page.inner_text("#legend").split() == ["qwen3:32b", "77"]
        assert page.locator("#timeline .c0").count() == 1


# As it happens


REQUEST = {"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": {"name": "ask", "arguments": {"prompt": "?"}}}
ANSWER = {"jsonrpc": "2.0", "id": 7, "result": {"content": [{"type": "text", "text": "!"}], "_meta": {
    "model": "gemini-2.5-pro", "usageMetadata": {"promptTokenCount": 1200, "candidatesTokenCount": 340, "totalTokenCount": 1540}}}}  # fmt: skip


def test_a_call_is_seen_while_it_runs_and_when_it_is_over(tmp_path, serve, browser, metered):
    with reading(browser, serve(metered.state).url) as page, wire(metered, tmp_path) as wired:
        page.evaluate("window.isTheSame = true")
        line = json.dumps(REQUEST).encode() + b"\n"
        wired.send("c2s", line)
        wired.receive("c2s", len(line))
        expect(page.locator("#running")).to_have_text("1 call", timeout=3_000)
        assert page.inner_text("#detail-running") == "1 session open"
        line = json.dumps(ANSWER).encode() + b"\n"
        wired.send("s2c", line)
        wired.receive("s2c", len(line))
        expect(page.locator("#calls th, #calls td").filter(has_text="gemini-2.5-pro")).to_have_count(1, timeout=3_000)
        expect(page.locator("#running")).to_have_text("0 calls")
        (record,) = metered.ledger().matching("tools/call")
        assert value(page, "#spend-today") == record["cost"]["usd_nanos"] > 0
        assert value(page, "#detail-today") == 1540
        assert page.locator("#calls tr").first.get_attribute("class") == "new"
        assert page.evaluate("window.isTheSame")


def test_it_waits_for_a_server_that_is_away(tmp_path, serve, browser):
    first = serve(tmp_path)
    first.post({"provider": "openai", "model": "gpt-5.1", "input_tokens": 10, "output_tokens": 10})
    away = "ERR_CONNECTION_REFUSED|ERR_EMPTY_RESPONSE|ERR_CONNECTION_RESET|ERR_CONNECTION_CLOSED"
    with reading(browser, first.url, forgiven=away) as page:
        expect(page.locator("#calls tr")).to_have_count(1)
        first.end()
        expect(page.locator("#state")).to_have_text(re.compile(r"^not connected: figures of \d\d?:\d\d:\d\d"), timeout=5_000)
        assert page.locator("#calls tr").count() == 1
        second = serve(tmp_path, f"127.0.0.1:{first.port}")
        second.post({"provider": "openai", "model": "gpt-5.1", "input_tokens": 10, "output_tokens": 10})
        expect(page.locator("#state")).to_have_text("live", timeout=5_000)
        expect(page.locator("#calls tr")).to_have_count(2, timeout=5_000)


def test_what_has_not_changed_is_not_sent_again(tmp_path, serve, browser):
    write(tmp_path, month(datetime.now(UTC), 50))
    server = serve(tmp_path)
    with reading(browser, server.url) as page:
        answers: list[int] = []
        page.on("response", lambda answer: answers.append(answer.status))
        page.evaluate(
            """window.changes = 0;
            new MutationObserver(all => window.changes += all.length).observe(document.body, { subtree: true, childList: true, characterData: true })"""
        )
        processes_wait(page, lambda: len(answers) >= 3)
        assert set(answers) == {304}
        # Nothing for a screen reader to read out either.
        assert page.evaluate("window.changes") == 0
        server.post({"provider": "openai", "model": "gpt-5.1", "input_tokens": 10, "output_tokens": 10})
        processes_wait(page, lambda: 200 in answers)
    status, headers, body = server.ask("/api/summary", Accept_Encoding="gzip")
    assert server.ask("/api/summary", If_None_Match=headers["ETag"])[::2] == (304, b"")
    assert server.ask("/api/summary", If_None_Match='W/"another"')[0] == 200


def processes_wait(page: Page, condition, seconds: float = 10) -> None:
    """Waits while the page goes on: a sleep here would keep its events from us."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        page.wait_for_timeout(50)


# To whom


def test_the_headers(tmp_path, serve):
    server = serve(tmp_path)
    status, headers, body = server.ask("/")
    assert (status, headers["Content-Type"], headers["X-Content-Type-Options"]) == (200, "text/html; charset=utf-8", "nosniff")
    assert len(body) < 64 << 10
    hashes = {}
    for name in ("style", "script"):
        (inside,) = re.findall(rb"<%s>(.*?)</%s>" % (name.encode(), name.encode()), body, re.S)
        hashes[name] = base64.b64encode(hashlib.sha256(inside).digest()).decode()
    policy = dict(part.strip().partition(" ")[::2] for part in headers["Content-Security-Policy"].split(";"))
    assert policy == {
        "default-src": "'none'", "style-src": f"'sha256-{hashes['style']}'", "script-src": f"'sha256-{hashes['script']}'",
        "connect-src": "'self'", "img-src": "data:", "base-uri": "'none'", "form-action": "'none'", "frame-ancestors": "'none'",
        "require-trusted-types-for": "'script'", "trusted-types": "'none'",
    }  # fmt: skip
    assert headers["Referrer-Policy"] == "no-referrer"
    assert not re.findall(rb"(?:src|href)\s*=\s*[\"'](?!data:|/)|url\(|@import|https?://(?!www\.w3\.org/2000/svg)", body)
    assert not re.findall(rb"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|\son\w+\s*=|\sstyle=", body)
    for path in ("/api/summary", "/api/calls"):
        _, headers, _ = server.ask(path)
        assert headers["Cache-Control"] == "no-store"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert gzip.decompress(server.ask("/", Accept_Encoding="gzip")[2]) == body
    for query in ("days=5", "days=9,5", "hours=1,x", "days=", "days=" + ",".join(map(str, range(99))), "days=1,9999999999999999999", "days=-9,4"):
        assert server.ask("/api/summary?" + query)[0] == 400, query


HOSTILE = [
    "<img src=x onerror=window.broken=1>", "</td></tr><script>window.broken=1</script>", "x" * 256, "שלום עולם \u202e dlrow", "🧮🧮 𝒯ool",
    "a\"b'c&amp;<b>", "__proto__", "constructor", "javascript:window.broken=1",
]  # fmt: skip


def test_what_others_wrote_is_text(tmp_path, serve, browser):
    server = serve(tmp_path)
    for text in HOSTILE:
        text = text.encode()[:256].decode(errors="ignore")
        fields = dict.fromkeys(("tool", "server", "agent_id", "model", "client", "escalation_reason"), text)
        server.post({"provider": "openai", "input_tokens": 10, "output_tokens": 10, "cost": {"usd_nanos": 5}} | fields)
    dice = random.Random(2)
    records = [escalation(call(datetime.now(UTC), dice, tool=text, server=text), escalation_reason=text) for text in HOSTILE]
    write(tmp_path, [record for group in records for record in group])
    for width in (390, 1440):
        with reading(browser, server.url, viewport={"width": width, "height": 800}) as page:
            expect(page.locator("#escalations button")).to_have_count(len(HOSTILE))
            page.click("#figures summary")
            for more in page.locator(".more:visible").all():
                more.click()
            for button in page.locator("#escalations button").all():
                button.click()
            expect(page.locator("#escalations .inside table")).to_have_count(len(HOSTILE))
            for text in HOSTILE:
                for table in ("tools", "agents", "calls", "escalations"):
                    assert text in page.locator(f"#{table} bdi").all_text_contents(), (table, text)
            assert page.locator("img, script:not(body > script), b, iframe").count() == 0
            assert page.evaluate("window.broken") is None
            assert_fits(page)


def test_a_token_is_asked_for_once(tmp_path, serve, browser):
    write(tmp_path, month(datetime.now(UTC), 20))
    open_ = serve(tmp_path, MCP_METER_TOKEN="right-token")
    # On this machine only posting needs it.
    with reading(browser, open_.url) as page:
        assert page.is_hidden("#gate")
    assert open_.ask("/usage", {"provider": "openai", "model": "m"})[0] == 401
    open_.end()
    closed = serve(tmp_path, "0.0.0.0:0", MCP_METER_TOKEN="right-token")
    assert [closed.ask(path)[0] for path in ("/", "/healthz", "/api/summary", "/api/calls", "/metrics")] == [200, 200, 401, 401, 401]
    with reading(browser, closed.url, status="token needed", forgiven="401") as page:
        expect(page.locator("#token")).to_be_focused()
        assert page.is_hidden("#board")
        page.keyboard.type("wrong-token")
        page.keyboard.press("Enter")
        expect(page.locator("#refusal")).to_have_text("That token was refused.")
        page.fill("#token", "right-token")
        page.keyboard.press("Enter")
        expect(page.locator("#state")).to_have_text("live")
        assert page.is_visible("#board") and page.is_hidden("#gate")
        assert page.locator("#calls tr").count() > 0
        page.reload()
        expect(page.locator("#state")).to_have_text("live")
        assert page.evaluate("[localStorage.length, document.cookie, location.href]") == [0, "", closed.url]


# How it looks and is used


def assert_fits(page: Page) -> None:
    """The page does not scroll sideways, and no text is cut off, except inside what scrolls by itself."""
    width, room = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    assert width <= room
    cut = page.evaluate(
        """[...document.querySelectorAll('header *, .card *, .head *, .legend *, footer *, .scroll, .more')]
        .filter(e => e.offsetParent && !e.closest('.hidden, svg, fieldset') && e.getBoundingClientRect().right > innerWidth + 0.5)
        .map(e => e.outerHTML.slice(0, 100))"""
    )
    assert cut == []
    labels = page.evaluate(
        """(() => { const box = document.getElementById('timeline').getBoundingClientRect();
        const texts = [...document.querySelectorAll('#timeline text')].map(t => t.getBoundingClientRect());
        const bottom = texts.filter(t => t.bottom > box.bottom - 24).sort((a, b) => a.left - b.left);
        return [texts.every(t => t.left >= box.left - 1 && t.right <= box.right + 1), bottom.every((t, i) => !i || t.left >= bottom[i - 1].right)] })()"""
    )
    assert labels == [True, True]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 390, 768, 1440])
def test_every_width_light_and_dark(width, scheme, tmp_path, serve, browser):
    dice = random.Random(4)
    now = datetime.now(UTC)
    write(tmp_path, month(now, 200) + [record for n in range(3) for record in escalation(call(now - timedelta(minutes=n), dice))])
    server = serve(tmp_path)
    options = {"viewport": {"width": width, "height": 844}, "color_scheme": scheme}
    # The checker brings a script of its own.
    with reading(browser, server.url, bypass_csp=True, **options) as page:
        assert_fits(page)
        for range_ in ("24h", "7d", "30d"):
            page.check(f"input[value='{range_}']", force=True)
            assert_fits(page)
        page.click("#figures summary")
        page.click("#escalations button >> nth=0")
        page.wait_for_selector("#escalations .inside table")
        assert_fits(page)
        tops = [page.locator(".card").nth(n).bounding_box()["y"] for n in range(4)]
        assert len(set(tops)) == (4 if width <= 600 else 2 if width <= 1000 else 1)
        found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]})
        assert found.violations_count == 0, found.generate_report()
        # Marks of the chart against the panel they lie on: 3 : 1 (WCAG 1.4.11).
        ratios = page.evaluate(CONTRAST)
        assert min(ratios) >= 3, ratios


CONTRAST = """(() => {
    const light = colour => { const [r, g, b] = colour.match(/\\d+(\\.\\d+)?/g).map(Number).map(c => c / 255).map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
    const panel = light(getComputedStyle(document.querySelector('.panel')).backgroundColor);
    const mark = document.body.appendChild(document.createElement('i'));
    const ratios = [...Array(8).keys()].map(n => { mark.className = 'c' + n; const each = light(getComputedStyle(mark).backgroundColor); return (Math.max(each, panel) + 0.05) / (Math.min(each, panel) + 0.05); });
    mark.remove();
    return ratios;
})()"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_empty_page_and_the_gate_are_accessible(scheme, tmp_path, serve, browser):
    rules = {"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "best-practice"]}
    with reading(browser, serve(tmp_path / "a").url, bypass_csp=True, color_scheme=scheme, viewport={"width": 390, "height": 800}) as page:
        found = Axe().run(page, options=rules)
        assert found.violations_count == 0, found.generate_report()
        assert_fits(page)
    closed = serve(tmp_path / "b", "0.0.0.0:0", MCP_METER_TOKEN="right-token")
    with reading(browser, closed.url, status="token needed", forgiven="401", bypass_csp=True, color_scheme=scheme) as page:
        found = Axe().run(page, options=rules)
        assert found.violations_count == 0, found.generate_report()


def test_zoomed_to_200_per_cent(tmp_path, serve, browser):
    write(tmp_path, month(datetime.now(UTC), 100))
    # That halves the pixels a page has for its width.
    with reading(browser, serve(tmp_path).url, viewport={"width": 640, "height": 400}, device_scale_factor=2) as page:
        assert_fits(page)


def test_by_keyboard_alone(tmp_path, serve, browser):
    dice = random.Random(4)
    now = datetime.now(UTC)
    write(tmp_path, [record for n in range(12) for record in escalation(call(now - timedelta(minutes=n), dice))])
    server = serve(tmp_path)
    with reading(browser, server.url) as page:
        focused = "(e => e.name || e.id || e.dataset.trace || e.tagName)(document.activeElement)"
        traces = page.eval_on_selector_all("#escalations button", "all => all.map(button => button.dataset.trace)")
        order = []
        for _ in range(15):
            page.keyboard.press("Tab")
            order.append(page.evaluate(focused))
            # Its own outline, or that of the words beside the radio.
            outline = "e => [e, e.nextElementSibling].some(e => e && getComputedStyle(e).outlineStyle !== 'none' && getComputedStyle(e).outlineWidth !== '0px')"
            assert page.evaluate(f"({outline})(document.activeElement)"), order
        assert order == ["measure", "range", "SUMMARY", *traces, "escalations-more", "calls-more"]
        page.focus("input[value='30d']")
        page.keyboard.press("ArrowLeft")
        expect(page.locator("input[value='7d']")).to_be_checked()
        assert page.locator("#timeline .column").count() == 7
        button = page.locator("#escalations button").nth(1)
        button.focus()
        for key, state in (("Enter", "true"), ("Space", "false"), ("Space", "true")):
            page.keyboard.press(key)
            expect(button).to_have_attribute("aria-expanded", state)
        controlled = button.get_attribute("aria-controls")
        assert page.locator(f"[id='{controlled}'] table").count() == 1
        # What comes in meanwhile does not take the focus away.
        write(tmp_path, escalation(call(datetime.now(UTC), dice)))
        expect(page.locator("#escalations-sum")).to_contain_text("The latest 13", timeout=5_000)
        assert page.evaluate(focused) == traces[1]


def test_to_a_screen_reader(tmp_path, serve, browser):
    dice = random.Random(4)
    write(tmp_path, month(datetime.now(UTC), 30) + escalation(call(datetime.now(UTC), dice)))
    with reading(browser, serve(tmp_path).url) as page:
        assert [heading.inner_text() for heading in page.get_by_role("heading", level=1).all()] == ["mcp-meter"]
        headings = [heading.inner_text().split()[0] for heading in page.get_by_role("heading", level=2).all()]
        assert headings == ["Today", "Last", "Last", "Right", "By", "Tools", "Agents", "Escalations", "Latest"]
        for role in ("banner", "main", "contentinfo", "status"):
            assert page.get_by_role(role).count() == 1
        for name in ("Today", "Last 7 days", "Last 30 days", "Right now", "By model", "Tools 30 days", "Escalations", "Latest calls"):
            assert page.get_by_role("region", name=name, exact=True).count() == 1, name
        chart = page.get_by_role("img")
        assert chart.count() == 1
        words = page.inner_text("#timeline-words")
        assert all(item.locator("bdi").inner_text() + ": " in words for item in page.locator("#legend li").all())
        for table in page.get_by_role("table").all():
            assert table.get_by_role("columnheader").count() >= 4
        assert page.get_by_role("group", name="Time the chart shows").get_by_role("radio").count() == 3
        # The status alone speaks up by itself.
        assert page.locator("[aria-live], [role=log], [role=alert]:not(#gate *)").count() == 0


def test_motion_and_print(tmp_path, serve, browser):
    server = serve(tmp_path)
    record = {"provider": "openai", "model": "gpt-5.1", "input_tokens": 10, "output_tokens": 10}
    server.post(record)
    for motion, animation in (("reduce", "none"), ("no-preference", "arrive")):
        with reading(browser, server.url, reduced_motion=motion) as page:
            server.post(record)
            expect(page.locator("#calls tr.new")).to_have_count(1, timeout=5_000)
            assert page.eval_on_selector("#calls tr.new td", "e => getComputedStyle(e).animationName") == animation
    with reading(browser, server.url, color_scheme="dark") as page:
        page.emulate_media(media="print")
        assert page.eval_on_selector("body", "e => getComputedStyle(e).backgroundColor") == "rgb(255, 255, 255)"
        assert page.eval_on_selector("#calls", "e => getComputedStyle(e.closest('.scroll')).overflowX") == "visible"
        assert [page.locator(selector).first.is_visible() for selector in (".choice", ".state", "#timeline", "#calls")] == [False, False, True, True]


def test_ten_thousand_calls(tmp_path, serve, browser):
    dice = random.Random(9)
    records = [record | {"model": f"model-{dice.randrange(60)}", "tool": f"tool-{dice.randrange(120)}", "agent_id": f"agent-{dice.randrange(80)}"} for record in month(datetime.now(UTC), 10_000)]
    write(tmp_path, records)
    server = serve(tmp_path)
    seconds, sizes = [], []
    for _ in range(20):
        start = time.monotonic()
        status, _, body = server.ask("/api/summary", Accept_Encoding="gzip")
        seconds.append(time.monotonic() - start)
        sizes.append(len(body))
        assert status == 200
    print(f"summary: {min(seconds) * 1e3:.1f} ms, {sizes[0]} bytes with gzip, {len(gzip.decompress(body))} without")
    assert max(sizes) < 200 << 10
    assert min(seconds) < 0.02
    with reading(browser, server.url) as page:
        drawn = page.evaluate(
            """(() => { const start = performance.now(); showCards(current); showChart(); showTables(); showEscalations(false); showCalls(true);
            document.body.offsetHeight; return performance.now() - start })()"""
        )
        print(f"drawn in {drawn:.0f} ms")
        assert drawn < 200
        first = datetime.combine(datetime.now(UTC).date() - timedelta(days=29), datetime.min.time(), UTC).timestamp()
        wanted = sums(record for record in records if moment(record) >= first)
        assert value(page, "#spend-month") == wanted["nanos"]
        assert value(page, "#detail-month") == wanted["tokens"]
        assert page.locator("#legend li").count() == 8
        assert_fits(page)


def test_a_port_that_is_taken_by_another_site_is_not_read(tmp_path, serve, browser):
    """A page of another origin can neither read the figures nor show the page in a frame."""
    server = serve(tmp_path)
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        context = browser.new_context()
        page = context.new_page()
        origin = f"http://127.0.0.1:{other.getsockname()[1]}/"
        page.route(origin, lambda route: route.fulfill(body=f"<iframe src={server.url}></iframe>", content_type="text/html"))
        page.goto(origin)
        assert page.evaluate("url => fetch(url).then(a => a.text()).catch(e => e.name)", server.url + "api/summary") == "TypeError"
        assert all("mcp-meter" not in frame.content() for frame in page.frames[1:])
        context.close()
