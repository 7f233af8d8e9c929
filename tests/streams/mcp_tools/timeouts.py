"""Tools, prompts and resources that take longer than their time limit, or that have none."""

import asyncio
import time

from django.db import connection

from accounts.models import User
from mcp_api import Context, prompt, resource, tool


@tool(timeout=1)
def overstay(name: str, seconds: float, speak: bool = False) -> str:
    """Give demo another first name, and exceed the time limit without checking for cancellation."""
    User.objects.filter(username="demo").update(first_name=name)
    busy_until(time.monotonic() + seconds)
    User.objects.filter(username="demo").update(last_name=name)
    return "too late"


@tool(timeout=1, read_only=True)
def overstay_talking(context: Context, seconds: float) -> str:
    """Report progress, and exceed the time limit."""
    context.progress(1)
    busy_until(time.monotonic() + seconds)
    return "too late"


@tool(timeout=1, read_only=True)
def write_late(name: str) -> str:
    """Write after the time limit, although the tool is declared read-only."""
    busy_until(time.monotonic() + 2)
    try:
        User.objects.filter(username="demo").update(last_name=name)
    finally:
        print("write_late has ended", flush=True)
    return "too late"


@tool(timeout=1, read_only=True)
def write_late_anew(name: str) -> str:
    """Connect to the database again after the time limit, and write, although the tool is declared read-only."""
    connection.close()
    busy_until(time.monotonic() + 2)
    try:
        User.objects.filter(username="demo").update(last_name=name)
    finally:
        print("write_late_anew has ended", flush=True)
    return "too late"


@tool(timeout=1, read_only=True)
async def overstay_asynchronously() -> str:
    """Exceed the time limit in an event loop."""
    try:
        await asyncio.sleep(60)
    except asyncio.CancelledError:
        print("overstay_asynchronously was stopped", flush=True)
        raise
    return "too late"


@prompt(timeout=1)
def overlong() -> str:
    """Exceed the time limit."""
    busy_until(time.monotonic() + 3)
    return "Too late."


def busy_until(moment: float) -> None:
    while time.monotonic() < moment:
        time.sleep(0.01)


SLOW_SECONDS = 6


def slow_topics(typed: str) -> list[str]:
    time.sleep(SLOW_SECONDS)
    return [typed]


async def endless_topics(typed: str) -> list[str]:
    try:
        await asyncio.sleep(60)
    except asyncio.CancelledError:
        print("endless_topics was stopped", flush=True)
        raise
    return [typed]


@prompt(complete={"slow": slow_topics, "endless": endless_topics})
def proposals(slow: str = "", endless: str = "") -> str:
    """A prompt whose completions take long."""
    return f"{slow} {endless}"


@resource("slow://news", timeout=None)
def slow_news() -> str:
    """The news, after some seconds."""
    time.sleep(SLOW_SECONDS)
    return "Nothing new."


@prompt(timeout=None)
def slow_prompt() -> str:
    """A prompt, after some seconds."""
    time.sleep(SLOW_SECONDS)
    return "Nothing."


@tool(read_only=True, timeout=None)
def slow_reading() -> str:
    """Read for a while, without a time limit."""
    time.sleep(SLOW_SECONDS)
    return "read"


@tool(scopes=["read"], timeout=None)
def slow_writing() -> str:
    """Write for a while, without a time limit."""
    time.sleep(SLOW_SECONDS)
    return "written"
