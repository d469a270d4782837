"""A server on the official SDK that uses everything a session can carry, in both directions."""

import sys

import anyio
from mcp.server.mcpserver import Context, MCPServer
from mcp.types import ElicitRequest, ElicitRequestFormParams, InputRequiredResult, SamplingMessage, TextContent
from pydantic import BaseModel

server = MCPServer("sdk-server", version="1.0.0")


class Confirmation(BaseModel):
    confirm: bool


@server.tool()
def add(a: int, b: int) -> int:
    """Adds two integers."""
    return a + b


@server.tool()
async def count(steps: int, ctx: Context) -> str:
    """Reports progress once a step."""
    for step in range(steps):
        await ctx.report_progress(step + 1, steps, f"step {step + 1}")
    return f"counted to {steps}"


@server.tool()
async def wait(seconds: float) -> str:
    """Answers late, or never when cancelled."""
    print("waiting", file=sys.stderr, flush=True)
    await anyio.sleep(seconds)
    return "waited"


@server.tool()
async def ask_the_client(question: str, ctx: Context) -> str:
    """Has the client's own model answer."""
    answer = await ctx.session.create_message(
        [SamplingMessage(role="user", content=TextContent(type="text", text=question))], max_tokens=50
    )
    return answer.content.text


@server.tool()
async def confirm(what: str, ctx: Context) -> str:
    """Asks the person at the other end."""
    answer = await ctx.elicit(f"Really {what}?", Confirmation)
    return f"{answer.action} {answer.data.confirm}"


@server.tool()
def book(ctx: Context) -> str | InputRequiredResult:
    """Asks by returning (revision 2026-07-28), and goes on when it is called again with the answer."""
    if not ctx.input_responses:
        question = ElicitRequestFormParams(message="Which day?", requested_schema=Confirmation.model_json_schema())
        return InputRequiredResult(input_requests={"day": ElicitRequest(params=question)}, request_state="booking-1")
    return f"booked with {ctx.request_state}"


@server.tool()
def fail(message: str) -> str:
    """Fails as a tool does: a result, not a protocol error."""
    raise ValueError(message)


server.run()
