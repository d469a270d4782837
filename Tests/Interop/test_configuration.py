"""A bad variable costs one line that names it, and never the session."""

import pathlib

import pytest
from support.relay import Bench

PING = b'{"jsonrpc":"2.0","id":1,"method":"ping"}\n'
PONG = b'{"jsonrpc":"2.0","id":1,"result":{}}\n'
SERVER = ["sh", "-c", "read line; printf '%s\\n' '" + PONG.decode().strip() + "'; cat"]

BAD = [
    ("MCP_METER", "perhaps"),
    ("MCP_METER_REASON", "whatever"),
    ("MCP_METER_LOG", "loud"),
    ("MCP_METER_PRICES", "/no/such/prices.json"),
    ("MCP_METER_STATE_DIR", "/proc/nowhere"),
]


def talk(bench: Bench, environment: dict[str, str]) -> list[str]:
    """A whole session; the lines mcp-meter wrote to stderr."""
    with bench.session(SERVER, environment) as session:
        session.write(PING)
        assert session.read_line() == PONG
        assert session.finish() == 0
        return session.stderr().decode().splitlines()


@pytest.mark.parametrize(("name", "value"), BAD)
def test_a_bad_variable_is_named_and_the_session_runs(metered: Bench, name: str, value: str):
    lines = talk(metered, {name: value})
    assert len(lines) == 1, lines
    assert lines[0].startswith("mcp-meter: ") and name in lines[0]


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"models": 3}', b"\xff\xfe"], ids=repr)
def test_a_bad_price_file_is_named_and_calls_are_still_metered(metered: Bench, tmp_path: pathlib.Path, content: bytes):
    prices = tmp_path / "prices.json"
    prices.write_bytes(content)
    lines = talk(metered, {"MCP_METER_PRICES": str(prices)})
    assert len(lines) == 1 and "MCP_METER_PRICES" in lines[0] and str(prices) in lines[0], lines
    assert metered.ledger().call("ping")["outcome"] == "ok"


def test_a_good_configuration_says_nothing(metered: Bench):
    assert talk(metered, {"MCP_METER_REASON": "off", "MCP_METER_LOG": "error"}) == []


def test_nothing_set_says_nothing_and_writes_nothing(unmetered: Bench, tmp_path: pathlib.Path):
    home = tmp_path / "home"
    home.mkdir()
    assert talk(unmetered, {"HOME": str(home), "XDG_STATE_HOME": str(home / "state")}) == []
    assert list(home.iterdir()) == []


def test_off_beats_everything(metered: Bench):
    assert talk(metered, {"MCP_METER": "off", "EVALOPS_BASE_URL": "http://127.0.0.1:9"}) == []
    assert not metered.state.exists()


@pytest.mark.parametrize(("variable", "below"), [("XDG_STATE_HOME", "mcp-meter"), ("HOME", ".local/state/mcp-meter")])
def test_where_the_ledger_is_without_a_state_directory(unmetered: Bench, tmp_path: pathlib.Path, variable: str, below: str):
    base = tmp_path / variable
    unset = {"XDG_STATE_HOME": ""} if variable == "HOME" else {}
    assert talk(unmetered, {"MCP_METER": "on", variable: str(base)} | unset) == []
    unmetered.state = base / below
    assert unmetered.ledger().call("ping")["outcome"] == "ok"
