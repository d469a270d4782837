"""Answers the first line it hears with one frame of about `SIZE` bytes, then waits for the end."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from support.flood import frame, write_all  # noqa: E402

sys.stdin.buffer.readline()
for piece in frame("s2c", int(sys.argv[1])):
    write_all(1, piece)
sys.stdin.buffer.read()
