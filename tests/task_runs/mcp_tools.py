"""Tools that become tasks. Each start of `once` and `again` is a line of a file, which no rollback removes."""

import asyncio
import os
import time
from pathlib import Path

from pydantic import BaseModel

from mcp_api import Context, ToolError, questions, tool

LEDGER = Path(os.environ.get("TASK_LEDGER", os.devnull))


def note(label: str) -> None:
    with LEDGER.open("a") as ledger:
        ledger.write(f"{label}\n")


@tool(task="optional", task_after=0)
def once(label: str, seconds: float) -> str:
    """Do something that must not be done twice."""
    note(label)
    time.sleep(seconds)
    return label


@tool(task="optional", task_after=0, idempotent=True)
def again(label: str, seconds: float) -> str:
    """Do something that may be done twice."""
    note(label)
    time.sleep(seconds)
    return label


@tool(task="optional", task_after=0.2)
def rename(context: Context, name: str, seconds: float) -> str:
    """Wait, and then rename the person."""
    time.sleep(seconds)
    context.user.first_name = name
    context.user.save(update_fields=["first_name"])
    return name


@tool(task="optional", task_after=0)
def count(context: Context, to: int) -> int:
    """Count, with progress."""
    for number in range(to):
        time.sleep(0.2)
        context.progress(number + 1, to, f"Counted to {number + 1}")
    return to


@tool(task="optional", task_after=0.2)
async def wait(seconds: float) -> str:
    """Wait, on the event loop."""
    await asyncio.sleep(seconds)
    return "waited"


@tool(task="optional", task_after=0.2)
async def wait_and_ask(context: Context, seconds: float) -> str:
    """Wait, and then ask, or fail."""
    await asyncio.sleep(seconds)
    if not context.confirm("Go on?"):
        raise ToolError("You said no.")
    return "went on"


@tool(task="optional", task_after=0, timeout=1)
def overrun() -> str:
    """Take longer than a second."""
    time.sleep(3)
    return "late"


@tool(task="optional", task_after=0.2)
def write_and_wait(context: Context, name: str, seconds: float) -> str:
    """Rename the person, and then wait in the transaction, with progress."""
    context.user.first_name = name
    context.user.save(update_fields=["first_name"])
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        context.progress(1, message="Written")
        time.sleep(0.2)
    return name


@tool(task="optional", task_after=0)
def write_and_wait_as_task(context: Context, name: str, seconds: float) -> str:
    """Do the same as a task from the start."""
    return write_and_wait(context, name, seconds)


class Destination(BaseModel):
    city: str


@tool(task="optional", task_after=0)
def plan(context: Context, days: int) -> str:
    """Report progress, and then ask two questions at once."""
    for day in range(days):
        context.progress(day + 1, days, f"Planned day {day + 1}")
        time.sleep(0.2)
    given = context.ask(
        city=questions.form("Where to?", Destination), sure=questions.confirmation(f"Book {days} days?")
    )
    if not given["sure"]:
        raise ToolError("Nothing was booked.")
    return f"{days} days in {given['city'].data.city}"


@tool(task="optional", task_after=2)
def rename_slowly(context: Context, name: str, seconds: float) -> str:
    """Report progress at once and now and then, and rename the person in the end."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        context.progress(1, message="Still at it")
        time.sleep(0.2)
    context.user.first_name = name
    context.user.save(update_fields=["first_name"])
    return name


@tool(task="required", task_after=0)
def only_as_task() -> str:
    """Do something for clients that support tasks alone."""
    return "done"
