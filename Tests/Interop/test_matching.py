"""However quick an answer is, it is matched to its request: in both directions, call after call."""

import collections

from support.relay import Bench, Session, python

COUNT = 2000


def call(number: int) -> bytes:
    return b'{"jsonrpc":"2.0","id":%d,"method":"tools/call","params":{"name":"t","arguments":{}}}\n' % number


def assert_all_matched(bench: Bench, method: str, direction: str) -> None:
    ledger = bench.ledger()
    found = ledger.matching(method, direction=direction)
    assert collections.Counter(record["outcome"] for record in found) == {"ok": COUNT}
    assert sorted(record["request_id"] for record in found) == list(range(COUNT))
    assert "unknown" not in ledger.sessions[-1].get("counts", {})
    assert "dropped" not in ledger.sessions[-1].get("counts", {})


def test_the_clients_calls(metered: Bench):
    with metered.session(python("call_server.py")) as session:
        for number in range(COUNT):
            session.write(call(number))
            session.read_line()
        assert session.finish() == 0
    assert_all_matched(metered, "tools/call", "client_to_server")


def test_the_clients_calls_all_at_once(metered: Bench):
    with metered.session(python("call_server.py")) as session:
        session.write(b"".join(map(call, range(COUNT))))
        for _ in range(COUNT):
            session.read_line()
        assert session.finish() == 0
    assert_all_matched(metered, "tools/call", "client_to_server")


def answer_questions(session: Session) -> None:
    for number in range(COUNT):
        assert b"roots/list" in session.read_line()
        session.write(b'{"jsonrpc":"2.0","id":%d,"result":{"roots":[]}}\n' % number)


def test_the_servers_questions(metered: Bench):
    with metered.session(python("asking_server.py", COUNT)) as session:
        session.write(call(COUNT))
        answer_questions(session)
        session.read_line()
        assert session.finish() == 0
    assert_all_matched(metered, "roots/list", "server_to_client")
