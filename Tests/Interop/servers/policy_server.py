"""Answers every tools/call at once as a server of Gemini models, and keeps every byte it was sent in a file.

    policy_server.py LOG

The answer's model is that of the argument `model`, else gemini-2.5-pro. Other arguments say what is to happen: `in` and
`out` tokens (1000 and 100 without), `sleep` seconds, `error` text. Notifications are kept and not answered. No imports that
take time.
"""

import json
import os
import sys
import time

log = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)


def say(message: dict) -> None:
    sys.stdout.buffer.write(json.dumps({"jsonrpc": "2.0"} | message).encode() + b"\n")
    sys.stdout.buffer.flush()


def call(arguments: dict) -> dict:
    time.sleep(arguments.get("sleep", 0))
    if "error" in arguments:
        return {"content": [{"type": "text", "text": arguments["error"]}], "isError": True}
    sent, answered = arguments.get("in", 1000), arguments.get("out", 100)
    usage = {"promptTokenCount": sent, "candidatesTokenCount": answered, "totalTokenCount": sent + answered}
    model = arguments.get("model", "gemini-2.5-pro")
    return {"content": [{"type": "text", "text": "Paris."}], "structuredContent": {"modelVersion": model, "usageMetadata": usage}}


for line in sys.stdin.buffer:
    os.write(log, line)
    try:
        message = json.loads(line)
    except ValueError:
        continue
    if not isinstance(message, dict) or "id" not in message or "method" not in message:
        continue
    if message["method"] == "initialize":
        information = {"name": "policy-server", "version": "1"}
        say({"id": message["id"], "result": {"protocolVersion": "2025-06-18", "capabilities": {"tools": {}}, "serverInfo": information}})
    elif message["method"] == "tools/list":
        say({"id": message["id"], "result": {"tools": [{"name": "ask", "inputSchema": {"type": "object"}}]}})
    elif message["method"] == "tools/call":
        say({"id": message["id"], "result": call(message["params"].get("arguments", {}))})
    else:
        say({"id": message["id"], "result": {}})
