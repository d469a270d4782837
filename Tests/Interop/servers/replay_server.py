"""Answers each request with the lines recorded for its id: `replay_server.py SCRIPT`.

SCRIPT is a JSON object from the id (as JSON text) to the lines to write, byte for byte. A line
may be a request of the server's own; what the client answers to it is read and dropped.
"""

import json
import sys

with open(sys.argv[1], encoding="utf-8") as file:
    script: dict[str, list[str]] = json.load(file)

for line in sys.stdin:
    message = json.loads(line)
    if "method" in message and "id" in message:
        for answer in script[json.dumps(message["id"])]:
            sys.stdout.write(answer + "\n")
        sys.stdout.flush()
