"""Calls itself deep-code-reasoning-mcp, and says things that nobody is to keep: in answers, in errors, in a prompt to
the client's model."""

import json
import sys

SAMPLING = {"messages": [{"role": "user", "content": {"type": "text", "text": "zanzibarsampling"}}], "maxTokens": 100}


def say(message: dict) -> None:
    sys.stdout.write(json.dumps({"jsonrpc": "2.0"} | message) + "\n")
    sys.stdout.flush()


for line in sys.stdin:
    message = json.loads(line)
    if "method" not in message or "id" not in message:
        continue
    if message["method"] == "initialize":
        result = {"protocolVersion": "2025-06-18", "capabilities": {}, "serverInfo": {"name": "deep-code-reasoning-mcp", "version": "0.1.0"}}
        say({"id": message["id"], "result": result})
        continue
    tool = message["params"]["name"]
    if tool == "trace_execution_path":
        say({"id": "s1", "method": "sampling/createMessage", "params": SAMPLING})
        sys.stdin.readline()
    if tool == "hypothesis_test":
        say({"id": message["id"], "error": {"code": -32603, "message": "429 Too Many Requests: zanzibarfailure"}})
        continue
    text = json.dumps({"status": "success", "findings": {"rootCauses": [{"description": "zanzibaranswer", "confidence": 0.5}]}})
    say({"id": message["id"], "result": {"content": [{"type": "text", "text": text}]}})
