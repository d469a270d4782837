"""Sessions under budgets, limits and routes: what is asked, what comes back, what the server saw of it."""

import json
import pathlib
import re
from collections.abc import Iterator
from contextlib import contextmanager

from .ledger import Ledger
from .relay import Bench, Environment, Session, python

# What the server's profile would say of a server that nobody knows.
MODEL = {"MCP_METER_PROVIDER": "google", "MCP_METER_MODEL": "gemini-2.5-pro"}
# 1,000 input and 100 output tokens of gemini-2.5-pro, in billionths of a dollar.
COST = 1000 * 1250 + 100 * 10_000


def request(number: int | str, **arguments: object) -> bytes:
    """A call of the tool `ask`. `n` tells it apart from all others in the server's own log."""
    params = {"name": "ask", "arguments": {"prompt": "What is the capital of France?", "n": number} | arguments}
    return json.dumps({"jsonrpc": "2.0", "id": number, "method": "tools/call", "params": params}).encode() + b"\n"


class Asked:
    """A client that asks one thing after the other."""

    def __init__(self, session: Session, log: pathlib.Path):
        self.session = session
        self.log = log

    def ask(self, number: int | str, seconds: float = 20, **arguments: object) -> dict:
        """The answer to a call."""
        self.session.write(request(number, **arguments))
        answer = json.loads(self.session.read_line(seconds))
        assert answer["id"] == number, answer
        return answer

    def ping(self, number: int | str, seconds: float = 20) -> None:
        self.session.write(json.dumps({"jsonrpc": "2.0", "id": number, "method": "ping"}).encode() + b"\n")
        assert json.loads(self.session.read_line(seconds)) == {"jsonrpc": "2.0", "id": number, "result": {}}

    def finish(self) -> str:
        """Ends the session; what was said on standard error, the server's own aside."""
        assert self.session.finish() == 0
        return self.session.stderr().decode()


@contextmanager
def asked(bench: Bench, variables: Environment, name: str = "") -> Iterator[Asked]:
    log = bench.directory / "server.log"
    with bench.session(python("policy_server.py", log), MODEL | dict(variables)) as session:
        client = Asked(session, log)
        initialize = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "policy-client" + name, "version": "1"}}
        session.write(json.dumps({"jsonrpc": "2.0", "id": "init", "method": "initialize", "params": initialize}).encode() + b"\n")
        assert json.loads(session.read_line())["id"] == "init"
        yield client


def is_blocked(answer: dict) -> bool:
    return answer.get("result", {}).get("isError") is True and "mcp-meter" in text(answer)


def text(answer: dict) -> str:
    return "".join(part["text"] for part in answer["result"]["content"])


def seen(log: pathlib.Path) -> list[int | str]:
    """The numbers of the calls that servers got, as often as they got them."""
    if not log.exists():
        return []
    return [json.loads(found) for found in re.findall(rb'"method": "tools/call".*?"n": ("[^"]*"|\d+)', log.read_bytes())]


def asks(ledger: Ledger, **wanted: object) -> list[dict]:
    return ledger.matching("tools/call", tool="ask", **wanted)


def spent(ledger: Ledger) -> int:
    return sum(call.get("cost", {}).get("usd_nanos", 0) for call in ledger.calls)


def dollars(nanos: int) -> str:
    return f"{nanos // 10**9}.{nanos % 10**9:09}"
