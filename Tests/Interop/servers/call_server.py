"""Answers every request at once with an empty tool result. No imports that take time."""

import re
import sys

ID = re.compile(rb'"id":("[^"]*"|-?\d+)')

for line in sys.stdin.buffer:
    if found := ID.search(line):
        sys.stdout.buffer.write(b'{"jsonrpc":"2.0","id":%s,"result":{"content":[]}}\n' % found[1])
        sys.stdout.buffer.flush()
