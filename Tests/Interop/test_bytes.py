"""Each side receives the bytes the other side sent: all of them, in order, whatever they are."""

import pathlib
import threading

import pytest
from support.relay import Bench
from support.wire import Wire, wire

DIRECTIONS = ("c2s", "s2c")


@pytest.fixture
def bench(carrier: Bench) -> Bench:
    """Also with policies that have no rule for what is sent."""
    return carrier


def long_line(size: int) -> bytes:
    head = b'{"jsonrpc":"2.0","id":9,"result":{"content":[{"type":"text","text":"'
    tail = b'"}]}}\n'
    pattern = b"0123456789 \\\"quoted\\\" \\u00e9 \xc3\xa9 "
    filler = pattern * ((size - len(head) - len(tail)) // len(pattern))
    return head + filler + b"x" * (size - len(head) - len(tail) - len(filler)) + tail


CASES: dict[str, bytes] = {
    "odd whitespace and key order": b' { "params" : {"b":1 ,\t"a":2}\t, "method":"m" ,"jsonrpc" : "2.0" }  \n',
    "escapes and raw UTF-8": '{"jsonrpc":"2.0","method":"m","params":{"a":"\\u00e9\\ud83d\\ude00é😀\\/"}}\n'.encode(),
    "numbers nobody can hold": b'{"jsonrpc":"2.0","id":1.0,"result":{"a":1e400,"b":12345678901234567890123,"c":-0.0}}\n',
    "duplicate keys": b'{"jsonrpc":"2.0","id":1,"id":2,"method":"a","method":"b","params":{},"params":[]}\n',
    "CRLF": b'{"jsonrpc":"2.0","method":"notifications/initialized"}\r\n',
    "blank line": b"\n",
    "not JSON": b"Server listening on stdio...\n",
    "invalid UTF-8": b'{"jsonrpc":"2.0","method":"m","params":{"a":"\xff\xfe\xc0\x80\xed\xa0\x80"}}\n',
    "batch": b'[{"jsonrpc":"2.0","id":"a","method":"ping"},{"jsonrpc":"2.0","method":"n"},{"jsonrpc":"2.0","id":1,"result":{}}]\n',
    "request with the other side's id": b'{"jsonrpc":"2.0","id":1,"method":"sampling/createMessage","params":{"messages":[]}}\n',
    "20,000 levels deep": b'{"jsonrpc":"2.0","id":1,"result":' + b"[" * 20_000 + b"]" * 20_000 + b"}\n",
    "70 KB": long_line(70_000),
    "1 MiB": long_line(1 << 20),
    "24 MiB": long_line(24 << 20),
    "no final newline": b'{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"end"}]}}',
}
SMALL = [name for name, data in CASES.items() if len(data) <= 4096 and data.endswith(b"\n")]


def exchange(wire: Wire, direction: str, data: bytes, pieces: list[bytes] | None = None) -> None:
    """Sends the pieces, each once the one before has arrived; large ones while they are received."""
    for piece in pieces or [data]:
        sender = threading.Thread(target=wire.send, args=(direction, piece))
        sender.start()
        due = wire.due(direction, piece)
        received = wire.receive(direction, len(due))
        sender.join()
        assert received == due


def cuts(size: int) -> list[int]:
    """Every position of a small frame; of a large one its ends and the edges of likely buffers."""
    if size <= 4096:
        return list(range(1, size))
    if size > 1 << 20:
        return [1, 65_535, 65_537, size // 2, size - 1]
    edges = (4096, 8192, 16_384, 32_768, 65_536, 131_072, size // 2, size - 32_768)
    near = [edge + offset for edge in edges for offset in (-1, 0, 1)]
    return sorted({cut for cut in [*range(1, 48), *near, *range(size - 24, size)] if 0 < cut < size})


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("name", CASES)
def test_case(bench: Bench, tmp_path: pathlib.Path, name: str, direction: str):
    data = CASES[name]
    if data.endswith(b"\n"):
        with wire(bench, tmp_path) as ends:
            exchange(ends, direction, data)
            for cut in cuts(len(data)):
                exchange(ends, direction, data, [data[:cut], data[cut:]])
            ends.end("s2c")
            assert ends.session.finish() == 0
        return
    for cut in [0, *cuts(len(data))]:
        with wire(bench, tmp_path) as ends:
            pieces = [data[:cut], data[cut:]] if cut else [data]
            exchange(ends, direction, data, pieces)
            ends.end(direction)
            assert ends.receive(direction, len(ends.held) + 1) == ends.held
            ends.end("s2c")
            assert ends.session.finish() == 0


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_all_cases_in_a_row_one_byte_at_a_time(bench: Bench, tmp_path: pathlib.Path, direction: str):
    with wire(bench, tmp_path) as ends:
        for name in SMALL:
            for byte in CASES[name]:
                exchange(ends, direction, bytes([byte]))
        ends.end("s2c")
        assert ends.session.finish() == 0


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("name", [name for name in CASES if name != "no final newline"])
def test_a_call_after_it_is_metered(metered: Bench, tmp_path: pathlib.Path, name: str, direction: str):
    request = b'{"jsonrpc":"2.0","id":"after","method":"tools/call","params":{"name":"t","arguments":{}}}\n'
    answer = b'{"jsonrpc":"2.0","id":"after","result":{"content":[]}}\n'
    with wire(metered, tmp_path) as ends:
        exchange(ends, direction, CASES[name])
        exchange(ends, "c2s", request)
        exchange(ends, "s2c", answer)
        ends.end("s2c")
        assert ends.session.finish() == 0
    call = metered.ledger().call("tools/call", tool="t", request_id="after")
    assert call["outcome"] == "ok"
    assert call["request_bytes"] in (len(request), len(request) - 1)
    assert call["response_bytes"] in (len(answer), len(answer) - 1)
