"""The tools of the other servers, the same for each: what the notes' app has without a database."""

import asyncio
import time


def plain(text: str) -> str:
    """Return the given text unchanged."""
    return text


async def asynchronous(text: str) -> str:
    """Return the given text unchanged."""
    return text


def wait() -> str:
    """Wait for somebody else, in a thread."""
    time.sleep(1)
    return "done"


async def wait_async() -> str:
    """Wait for somebody else, on the event loop."""
    await asyncio.sleep(1)
    return "done"
