"""A server on the official SDK whose tool takes a model, and answers with the model it was asked for and its usage.

    policy_sdk_server.py LOG

Behind a copy of its input in a file, as it came off the pipe.
"""

import os
import sys
import threading

from mcp.server.mcpserver import MCPServer
from pydantic import BaseModel

log = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
outside = os.dup(0)
inner, outer = os.pipe()
os.dup2(inner, 0)


def copy() -> None:
    while data := os.read(outside, 1 << 16):
        os.write(log, data)
        view = memoryview(data)
        while view:
            view = view[os.write(outer, view) :]
    os.close(outer)


threading.Thread(target=copy, daemon=True).start()
server = MCPServer("sdk-model-server", version="1.0.0")


class Usage(BaseModel):
    promptTokenCount: int
    candidatesTokenCount: int
    totalTokenCount: int


class Answer(BaseModel):
    text: str
    modelVersion: str
    usageMetadata: Usage


@server.tool()
def ask(prompt: str, model: str = "gemini-2.5-pro", note: str = "", files: list[str] = []) -> Answer:
    """Asks a model."""
    usage = Usage(promptTokenCount=1000, candidatesTokenCount=100, totalTokenCount=1100)
    return Answer(text=prompt[:20], modelVersion=model, usageMetadata=usage)


server.run()
