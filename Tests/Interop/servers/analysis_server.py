"""Says it is deep-code-reasoning-mcp, and answers at once with the model, usage and trouble it is told to.

The argument `answer` of a tool call says which: {"model", "usage", "quality", "error", "sleep"}.
"""

import json
import sys
import time


def result(arguments: dict) -> dict:
    wanted = arguments.get("answer", {})
    time.sleep(wanted.get("sleep", 0))
    if "error" in wanted:
        return {"isError": True, "content": [{"type": "text", "text": wanted["error"]}]}
    text = {"status": "success"}
    if "quality" in wanted:
        text["findings"] = {"rootCauses": [{"confidence": wanted["quality"]}]}
    answer: dict = {"content": [{"type": "text", "text": json.dumps(text)}]}
    if "model" in wanted:
        answer["_meta"] = {"model": wanted["model"], "usageMetadata": wanted["usage"]}
    return answer


for line in sys.stdin:
    try:
        message = json.loads(line)
    except ValueError:
        continue
    if "id" not in message:
        continue
    match message["method"]:
        case "initialize":
            made = {"protocolVersion": "2025-06-18", "capabilities": {}, "serverInfo": {"name": "deep-code-reasoning-mcp", "version": "1"}}
        case "tools/call":
            made = result(message["params"].get("arguments", {}))
        case _:
            made = {}
    sys.stdout.write(json.dumps({"jsonrpc": "2.0", "id": message["id"], "result": made}) + "\n")
    sys.stdout.flush()
