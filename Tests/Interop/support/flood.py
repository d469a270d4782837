"""Frames of any size, made as they are written: nobody holds one whole."""

import os
import zlib
from collections.abc import Iterator

PIECE = b"All work and no play makes Jack a dull boy. \\\"Quoted\\\", \\u00e9, \xc3\xa9. " * 1024
USAGE = {"input_tokens": 4321, "output_tokens": 270_000_000}
HEADS = {
    # The usage stands behind the text, in JSON that is escaped inside a text block: the worst place.
    "s2c": b'{"jsonrpc":"2.0","id":"big","result":{"content":[{"type":"text","text":"{\\"model\\":\\"claude-sonnet-4-5-20250929\\",\\"answer\\":\\"',
    "c2s": b'{"jsonrpc":"2.0","id":"big","method":"tools/call","params":{"name":"ask","arguments":{"prompt":"',
}
TAILS = {
    "s2c": b'\\",\\"usage\\":{\\"input_tokens\\":4321,\\"cache_read_input_tokens\\":0,\\"output_tokens\\":270000000}}"}]}}\n',
    "c2s": b'"}}}\n',
}
# Inside JSON that is itself escaped, the text's own escapes are escaped once more.
PIECES = {"c2s": PIECE, "s2c": PIECE.replace(b"\\", b"\\\\").replace(b'\\\\"', b'\\\\\\"')}


def frame(direction: str, size: int) -> Iterator[bytes]:
    """One line of at least `size` bytes, in pieces of about 64 KiB."""
    yield HEADS[direction]
    piece = PIECES[direction]
    for _ in range(size // len(piece) + 1):
        yield piece
    yield TAILS[direction]


def measure(direction: str, size: int) -> tuple[int, int]:
    """Length and CRC-32 of that frame."""
    length = checksum = 0
    for piece in frame(direction, size):
        length += len(piece)
        checksum = zlib.crc32(piece, checksum)
    return length, checksum


def write_all(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def hear(descriptor: int) -> tuple[int, int]:
    """Everything up to the end of input: how many bytes, and their CRC-32."""
    heard = checksum = 0
    while chunk := os.read(descriptor, 1 << 20):
        heard += len(chunk)
        checksum = zlib.crc32(chunk, checksum)
    return heard, checksum
