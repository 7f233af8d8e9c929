"""An event loop for a test, which leaves nothing connected to a database that is about to go."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from accounts import event_loop


def run(work: Callable[[], Awaitable[Any]]) -> Any:
    """Return the result of `work`."""

    async def whole() -> Any:
        try:
            return await work()
        finally:
            await event_loop.close()

    return asyncio.run(whole())
