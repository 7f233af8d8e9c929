"""Effects of an event loop: batched queries, and tools in threads."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from typing import TypeVar

from accounts import event_loop
from accounts.audit import events
from accounts.models import AccessToken, Event
from mcp_api.calls.call import Call
from mcp_api.conf import conf
from mcp_api.db.own_connections import own_connections
from mcp_api.execution.async_attempt import AsyncAttempts
from mcp_api.execution.conclusion import Conclusion
from mcp_api.execution.dispatch import conclude, runs_in_event_loop
from mcp_api.execution.exchange import Exchange
from mcp_api.execution.first_outcome import StreamStarted
from mcp_api.transport.asgi import Listener, Message

Value = TypeVar("Value")

# How long a call may take before the loop listens whether its client is still there: most take less.
UNHEARD_SECONDS = 0.1

# For what cannot be awaited and is no call. Started as they are needed.
_pool = ThreadPoolExecutor(max_workers=conf.LOOP_THREADS, thread_name_prefix="endpoint")


async def in_thread(work: Callable[[], Value]) -> Value:
    """What `work` returns, or raises, while the loop goes on."""
    return await asyncio.wrap_future(_pool.submit(copy_context().run, _with_connections, work))


def _with_connections(work: Callable[[], Value]) -> Value:
    with own_connections():
        return work()


class OnEventLoop:
    """The effects (effects.py) of one request."""

    def __init__(self, listener: Listener) -> None:
        self._listener = listener

    async def find_token(self, presented: str, session_id: str | None) -> AccessToken | None:
        return await event_loop.find_token(presented, session_id)

    async def run(self, work: Callable[[], Value]) -> Value:
        return await in_thread(work)

    async def conclude(self, call: Call) -> Conclusion:
        working = _pool.submit(copy_context().run, _with_connections, partial(conclude, call))
        try:
            return await asyncio.wrap_future(working)
        except asyncio.CancelledError:
            # The request is given up: nobody here will write the event.
            working.add_done_callback(_write_event_of)
            raise

    async def first_word(self, exchange: Exchange) -> Conclusion | StreamStarted:
        loop = asyncio.get_running_loop()
        waiting = OnLoop(loop)
        if runs_in_event_loop(exchange.call):
            exchange.attempts = AsyncAttempts(self)
        exchange.start(waiting)
        timer = loop.call_later(UNHEARD_SECONDS, self._listen, waiting)
        try:
            word = await waiting.word
        except asyncio.CancelledError:
            _leave(exchange)
            raise
        finally:
            timer.cancel()
        return exchange.abandoned() if word is None else exchange.taken(word)

    async def write_event(self, ended: Conclusion) -> None:
        event = ended.event
        if event is None:
            return
        if event.outcome == Event.Outcome.REFUSED:
            # Of a flood of them, not all are written, which is counted first.
            await in_thread(ended.write_event)
            return
        ended.event = None
        await event_loop.write(event)
        events.tell(event)

    def _listen(self, waiting: "OnLoop") -> None:
        self._listener.begin().add_done_callback(waiting.client_gone)


class OnLoop:
    """Where a coroutine waits for the first word of a call."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        # None: the client has gone.
        self.word: asyncio.Future[Conclusion | StreamStarted | None] = loop.create_future()

    def tell(self, word: Conclusion | StreamStarted) -> None:
        self._loop.call_soon_threadsafe(self._set, word)

    def client_gone(self, listening: "asyncio.Future[Message]") -> None:
        if not listening.cancelled():
            self._set(None)

    def _set(self, word: Conclusion | StreamStarted | None) -> None:
        if not self.word.done():
            self.word.set_result(word)


def _write_event_of(concluded: "Future[Conclusion]") -> None:
    if not concluded.cancelled():
        _with_connections(concluded.result().write_event)


def _leave(exchange: Exchange) -> None:
    """The request is given up: nobody here will write the event of its call."""
    ended = exchange.abandoned()
    if ended.event is not None:
        _pool.submit(copy_context().run, _with_connections, ended.write_event)
