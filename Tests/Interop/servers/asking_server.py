"""For each request it asks the client COUNT questions of its own, one after the other, then answers."""

import re
import sys

count = int(sys.argv[1])
for line in sys.stdin.buffer:
    found = re.search(rb'"id":(\d+)', line)
    for number in range(count):
        sys.stdout.buffer.write(b'{"jsonrpc":"2.0","id":%d,"method":"roots/list"}\n' % number)
        sys.stdout.buffer.flush()
        sys.stdin.buffer.readline()
    sys.stdout.buffer.write(b'{"jsonrpc":"2.0","id":%s,"result":{"content":[]}}\n' % found[1])
    sys.stdout.buffer.flush()
