import os
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "Interop"))

from support import processes, relay  # noqa: E402


def pytest_configure(config: pytest.Config) -> None:
    binary = relay.binary()
    if not os.access(binary, os.X_OK):
        raise pytest.UsageError(f"{binary} is not there: swift build -c release --static-swift-stdlib --disable-local-rpath")


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A test that was not run is not a test that passed."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture(params=relay.MODES)
def bench(request: pytest.FixtureRequest, tmp_path: pathlib.Path):
    """The relay, off and on. Nothing it started may outlive the test."""
    yield from _bench(request.param, tmp_path)


@pytest.fixture(params=[*relay.MODES, "policies"])
def carrier(request: pytest.FixtureRequest, tmp_path: pathlib.Path):
    """The relay, off, on, and with every policy set and none of their rules for what is sent."""
    if request.param != "policies":
        yield from _bench(request.param, tmp_path)
        return
    routes = tmp_path / "routes.json"
    routes.write_text('{"routes": [{"name": "never", "when": {"tool": "no-such-tool"}, "model": "gemini-2.5-flash"}]}')
    variables = {
        "MCP_METER_BUDGET": "1000000/day,gemini-2.5-pro=1000000/week", "MCP_METER_BUDGET_ACTION": "block",
        "MCP_METER_RATE_LIMIT": "1000000/s;tokens:gemini-2.5-pro=1000000000/min", "MCP_METER_ROUTES": str(routes),
    }  # fmt: skip
    yield from _bench("on", tmp_path, variables)


@pytest.fixture
def metered(tmp_path: pathlib.Path):
    """The relay with the ledger on."""
    yield from _bench("on", tmp_path)


@pytest.fixture
def unmetered(tmp_path: pathlib.Path):
    """The relay with nothing set."""
    yield from _bench("off", tmp_path)


def _bench(mode: str, directory: pathlib.Path, variables: relay.Environment | None = None):
    bench = relay.Bench(mode, directory, variables)
    yield bench
    left = processes.marked(bench.mark)
    try:
        processes.wait_until(lambda: not processes.marked(bench.mark), 2.5, "all processes gone")
    except AssertionError:
        raise AssertionError(f"left behind: {processes.describe(left)}") from None
    finally:
        bench.close()
