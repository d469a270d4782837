"""Answers every tools/call at once as an LLM server that reports its usage; every third one used no model.

The tokens tell which call it was: 1000 + the digits at the end of the id. No imports that take time.
"""

import re
import sys

ID = re.compile(rb'"id": ?("[^"]*?(\d*)"|(-?\d+))')
PLAIN = b'{"jsonrpc":"2.0","id":%s,"result":{"content":[]}}\n'
METERED = (
    b'{"jsonrpc":"2.0","id":%s,"result":{"content":[{"type":"text","text":"Paris."}],"structuredContent":'
    b'{"modelVersion":"gemini-2.5-pro","usageMetadata":{"promptTokenCount":%d,"candidatesTokenCount":20,"totalTokenCount":%d}}}}\n'
)

for line in sys.stdin.buffer:
    if found := ID.search(line):
        number = int(found[2] or found[3] or 0)
        if number % 3 == 0 or b'"tools/call"' not in line:
            sys.stdout.buffer.write(PLAIN % found[1])
        else:
            sys.stdout.buffer.write(METERED % (found[1], 1000 + number, 1020 + number))
        sys.stdout.buffer.flush()
