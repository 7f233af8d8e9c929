"""Tools that the scenarios of the extension for tasks call."""

import time

from mcp_types.jsonrpc import INTERNAL_ERROR
from pydantic import BaseModel

from mcp_api import Context, ToolError, questions, tool
from mcp_api.errors import McpError


class Name(BaseModel):
    name: str = "nobody"


@tool(read_only=True)
def greet(name: str) -> str:
    """Greet somebody, at once."""
    return f"Hello, {name}!"


@tool(task="optional", task_after=0.2)
def slow_compute(context: Context, seconds: float, label: str = "") -> str:
    """Take some seconds."""
    end = time.monotonic() + seconds
    while not context.cancelled and (left := end - time.monotonic()) > 0:
        time.sleep(min(left, 0.1))
    return f"{label}: done after {seconds:g} s"


@tool(task="required", task_after=0.2)
def failing_job() -> str:
    """Fail after a second."""
    time.sleep(1)
    raise ToolError("The job failed.")


@tool(task="optional", task_after=0)
def protocol_error_job() -> str:
    """End with an error of the protocol."""
    raise McpError(INTERNAL_ERROR, "The job cannot go on.")


@tool(task="optional", task_after=0)
def confirm_delete(context: Context, filename: str) -> str:
    """Delete a file, if the person confirms that."""
    return f"{filename}: {'deleted' if context.confirm(f'Delete {filename}?') else 'kept'}"


@tool(task="optional", task_after=0)
def multi_input(context: Context) -> str:
    """Ask two questions at once."""
    given = context.ask(first=questions.form("Your name?", Name), second=questions.confirmation("Go on?"))
    return f"{given['first'].data}: {given['second']}"


@tool(task="required", task_after=0.2)
def test_tool_with_task(context: Context) -> str:
    """Ask for a name within the call, and go on as a task with it."""
    name = context.elicit("Your name?", Name, key="user_name").data
    time.sleep(1)
    return f"Hello, {name.name if name else 'nobody'}!"
