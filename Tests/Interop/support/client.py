"""An MCP client in a few lines: starts a server as a configuration says, asks one tool, and prints what it answered.

    client.py '{"command": "mcp-meter", "args": […], "env": {…}}' TOOL
"""

import json
import subprocess
import sys

INFO = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "a-client", "version": "1"}}


def main() -> None:
    server = json.loads(sys.argv[1])
    call = {"name": sys.argv[2], "arguments": {"prompt": "Which of the two totals is wrong?"}}
    requests = [
        {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": INFO},
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        {"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": call},
    ]
    process = subprocess.Popen(
        [server["command"], *server.get("args", [])], env=server["env"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    for request in requests:
        process.stdin.write(json.dumps(request) + "\n")
        process.stdin.flush()
        if "id" in request:
            print(process.stdout.readline(), end="")
    process.stdin.close()
    sys.exit(process.wait(20))


if __name__ == "__main__":
    main()
