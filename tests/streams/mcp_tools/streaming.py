"""Tools that report progress, log, fail or wait."""

import asyncio
import time

from accounts.models import User
from mcp_api import Context, tool


@tool(read_only=True)
def count(context: Context, to: int, pause: float = 0.05) -> str:
    """Count, and report each number."""
    for number in range(1, to + 1):
        context.progress(number, to, f"At {number}")
        context.log(f"counted {number}", "debug")
        time.sleep(pause)
    return f"counted to {to}"


@tool(read_only=True)
def silent(context: Context, seconds: float) -> str:
    """Send nothing for some seconds, and end early if the call is cancelled."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if context.cancelled:
            # The test reads this in the server's log.
            print("silent saw that it was cancelled", flush=True)
            return "given up"
        time.sleep(0.05)
    return "done"


@tool(read_only=True)
def faulty(context: Context) -> str:
    """Fail with an unexpected exception."""
    raise RuntimeError("on purpose")


@tool(read_only=True)
async def sleep(context: Context, seconds: float) -> str:
    """Sleep in an event loop."""
    context.progress(1)
    try:
        await asyncio.sleep(seconds)
    except asyncio.CancelledError:
        print("sleep was cancelled", flush=True)
        raise
    return "slept"


@tool(scopes=["read"])
def write_slowly(context: Context, name: str, seconds: float) -> str:
    """Give the person another first name, and take some seconds for it."""
    User.objects.filter(pk=context.user.pk).update(first_name=name)
    for step in range(int(seconds / 0.05)):
        context.progress(step + 1)
        time.sleep(0.05)
    return "written"


@tool(read_only=True)
def leave(context: Context, seconds: float) -> str:
    """Close the stream; the client reconnects for the result."""
    context.progress(1)
    context.close_sse_stream()
    context.progress(2)
    time.sleep(seconds)
    return "worth coming back for"


@tool(read_only=True)
def flood(context: Context, messages: int) -> str:
    """Report progress faster than a client can read it."""
    for number in range(messages):
        context.progress(number + 1)
    return "flooded"
