"""Tools that log or report progress before they end, or end the connection, and tools that announce changes."""

import time

from mcp_api import Context, prompts_changed, tool, tools_changed


@tool(read_only=True)
def test_tool_with_logging(context: Context) -> str:
    """Log three messages, one after the other."""
    for step in ("begun", "half done", "done"):
        context.log(step)
        time.sleep(0.05)
    return "Logged three times."


@tool(read_only=True)
def test_logging_tool(context: Context) -> str:
    """Log a message."""
    context.log("A message.")
    return "Logged."


@tool(read_only=True)
def test_tool_with_progress(context: Context) -> str:
    """Report progress three times."""
    for done in (0, 50, 100):
        context.progress(done, 100, f"{done} of 100")
        time.sleep(0.05)
    return "All done."


@tool(read_only=True)
def test_reconnection(context: Context) -> str:
    """Close the stream before the result is sent."""
    context.close_sse_stream()
    time.sleep(0.3)
    return "The result after reconnecting."


@tool
def test_trigger_tool_change() -> str:
    """Announce that the list of tools changed."""
    tools_changed()
    return "Announced."


@tool
def test_trigger_prompt_change() -> str:
    """Announce that the list of prompts changed."""
    prompts_changed()
    return "Announced."
