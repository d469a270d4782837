"""A stand-in for deep-code-reasoning-mcp: its names, its frames, its conversations, and no Gemini.

Every answer's text has a length that tests can reckon with: `LENGTH[tool]` characters. Like the real server it says
nothing of model, tokens or cost. Unlike it, `performance_bottleneck` asks the client's model (sampling) first.
"""

import json
import sys

NAME = "deep-code-reasoning-mcp"
SESSION = "5b0f7c1e-7a52-4d0e-9a35-3f1f6f2f8c11"
CONFIDENCE = {"escalate_analysis": 0.85, "finalize_conversation": 0.6}
LENGTH = {
    "escalate_analysis": 1200,
    "start_conversation": 400,
    "continue_conversation": 600,
    "finalize_conversation": 1000,
    "get_conversation_status": 200,
    "performance_bottleneck": 800,
}
SAMPLING = {"messages": [{"role": "user", "content": {"type": "text", "text": "Which loop? " * 10}}], "maxTokens": 100}


def document(tool: str, open_sessions: dict[str, int], arguments: dict) -> dict:
    if tool in CONFIDENCE:
        answer = {
            "status": "success",
            "findings": {
                "rootCauses": [
                    {
                        "type": "precision",
                        "description": "",
                        "evidence": [{"file": "src/rounding.ts", "line": 31}],
                        "confidence": CONFIDENCE[tool],
                        "fixStrategy": "round once",
                    }
                ],
                "executionPaths": [],
                "performanceBottlenecks": [],
                "crossSystemImpacts": [],
            },
            "recommendations": {"immediateActions": [], "investigationNextSteps": [], "codeChangesNeeded": []},
            "enrichedContext": {"newInsights": [], "validatedHypotheses": [], "ruledOutApproaches": []},
        }
        if tool == "finalize_conversation":
            turns = open_sessions.pop(arguments["session_id"])
            answer["metadata"] = {"sessionId": arguments["session_id"], "totalTurns": turns, "duration": 48213, "completedSteps": []}
        return answer
    if tool == "start_conversation":
        # The first is always the same; further ones are told apart by their last digits.
        session = SESSION[:-4] + f"{0x8C11 + len(open_sessions):04x}"
        open_sessions[session] = 1
        return {"sessionId": session, "initialResponse": "", "suggestedFollowUps": [], "status": "active"}
    if tool == "continue_conversation":
        open_sessions[arguments["session_id"]] += 1
        return {"response": "", "analysisProgress": 0.30000000000000004, "canFinalize": False, "status": "processing"}
    if tool == "get_conversation_status":
        return {"sessionId": arguments["session_id"], "status": "active", "turnCount": 2, "note": ""}
    return {"analysis": "", "filesAnalyzed": ["src/rounding.ts"]}


def padded(tool: str, answer: dict) -> str:
    """The answer's JSON, its one empty text made so long that the whole is `LENGTH[tool]` characters."""
    text = json.dumps(answer, indent=2)
    before, empty, after = text.partition(': ""')
    missing = LENGTH[tool] - len(text)
    assert empty and missing >= 0, (tool, missing)
    filler = ("The answer goes on. " * 100)[:missing]
    return before + ': "' + filler + '"' + after


def main() -> None:
    open_sessions: dict[str, int] = {}
    waiting: list[dict] = []

    def say(message: dict) -> None:
        sys.stdout.write(json.dumps(message) + "\n")
        sys.stdout.flush()

    def hear() -> dict | None:
        line = sys.stdin.readline()
        return json.loads(line) if line else None

    def ask_client(identity: str) -> None:
        say({"jsonrpc": "2.0", "id": identity, "method": "sampling/createMessage", "params": SAMPLING})
        while (message := hear()) is not None and message.get("id") != identity:
            waiting.append(message)

    asked = 0
    while (message := waiting.pop(0) if waiting else hear()) is not None:
        if "id" not in message or "method" not in message:
            continue
        if message["method"] == "initialize":
            result = {
                "protocolVersion": message["params"]["protocolVersion"],
                "capabilities": {"tools": {}},
                "serverInfo": {"name": NAME, "version": "0.1.0"},
            }
        elif message["method"] == "tools/call":
            tool, arguments = message["params"]["name"], message["params"]["arguments"]
            if "session_id" in arguments and arguments["session_id"] not in open_sessions:
                text = f"MCP error -32600: Session management error: Session {arguments['session_id']} not found or expired"
                say({"jsonrpc": "2.0", "id": message["id"], "error": {"code": -32600, "message": text}})
                continue
            if tool == "performance_bottleneck":
                asked += 1
                ask_client(f"sampling-{asked}")
            text = padded(tool, document(tool, open_sessions, arguments))
            result = {"content": [{"type": "text", "text": text}]}
        else:
            result = {}
        # In the order of the real server's frames: the result first.
        say({"result": result, "jsonrpc": "2.0", "id": message["id"]})


if __name__ == "__main__":
    main()
