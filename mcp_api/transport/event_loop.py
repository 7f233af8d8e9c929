"""Effects of an event loop: batched queries, and tools in threads."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from typing import TypeVar

from accounts import event_loop
from accounts.audit import events
from accounts.dpop.proofs import Proof
from accounts.models import AccessToken, Event
from mcp_api.calls.call import Call
from mcp_api.conf import conf
from mcp_api.db.own_connections import own_connections
from mcp_api.execution.async_attempts import AsyncAttempts
from mcp_api.execution.conclusion import Conclusion
from mcp_api.execution.dispatch import conclude, runs_in_event_loop
from mcp_api.execution.exchange import Exchange
from mcp_api.execution.first_outcome import FirstOutcome
from mcp_api.transport.asgi import DisconnectListener, Message

Value = TypeVar("Value")

# How long a call may take before the loop listens for a disconnection of its client. Most calls take less.
LISTEN_AFTER_SECONDS = 0.1

# Threads for what cannot be awaited, but for calls of tools, prompts and resources. They start as they are needed.
_pool = ThreadPoolExecutor(max_workers=conf.LOOP_THREADS, thread_name_prefix="endpoint")


async def in_thread(work: Callable[[], Value]) -> Value:
    """Return what `work` returns, or raise what it raises, without blocking the loop."""
    return await asyncio.wrap_future(_pool.submit(copy_context().run, _with_connections, work))


def _with_connections(work: Callable[[], Value]) -> Value:
    with own_connections():
        return work()


class OnEventLoop:
    """The effects (effects.py) of one request under an event loop."""

    def __init__(self, listener: DisconnectListener) -> None:
        self._listener = listener

    async def find_token(self, presented: str, session_id: str | None) -> AccessToken | None:
        return await event_loop.find_token(presented, session_id)

    async def use_proof(self, proof: Proof) -> None:
        await event_loop.use_proof(proof)

    async def run(self, work: Callable[[], Value]) -> Value:
        return await in_thread(work)

    async def conclude(self, call: Call) -> Conclusion:
        working = _pool.submit(copy_context().run, _with_connections, partial(conclude, call))
        try:
            return await asyncio.wrap_future(working)
        except asyncio.CancelledError:
            # The request is cancelled, so this coroutine does not write the event.
            working.add_done_callback(_write_event_of)
            raise

    async def first_outcome(self, exchange: Exchange) -> FirstOutcome:
        loop = asyncio.get_running_loop()
        receiver = LoopReceiver(loop)
        if runs_in_event_loop(exchange.call):
            exchange.attempts = AsyncAttempts(self)
        exchange.start(receiver)
        timer = loop.call_later(LISTEN_AFTER_SECONDS, self._listen, receiver)
        try:
            outcome = await receiver.outcome
        except asyncio.CancelledError:
            _abandon(exchange)
            raise
        finally:
            timer.cancel()
        return exchange.abandoned() if outcome is None else exchange.delivered(outcome)

    async def write_event(self, conclusion: Conclusion) -> None:
        event = conclusion.event
        if event is None:
            return
        if event.outcome == Event.Outcome.REFUSED:
            # Refusals are sampled, for which the database counts them first.
            await in_thread(conclusion.write_event)
            return
        conclusion.event = None
        await event_loop.write(event)
        events.publish(event)

    def _listen(self, receiver: "LoopReceiver") -> None:
        self._listener.begin().add_done_callback(receiver.client_disconnected)


class LoopReceiver:
    """Receiver of the first outcome, for a coroutine that waits for it."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        # None if the client disconnects first.
        self.outcome: asyncio.Future[FirstOutcome | None] = loop.create_future()

    def set_outcome(self, outcome: FirstOutcome) -> None:
        self._loop.call_soon_threadsafe(self._set, outcome)

    def client_disconnected(self, listening: "asyncio.Future[Message]") -> None:
        if not listening.cancelled():
            self._set(None)

    def _set(self, outcome: FirstOutcome | None) -> None:
        if not self.outcome.done():
            self.outcome.set_result(outcome)


def _write_event_of(concluded: "Future[Conclusion]") -> None:
    if not concluded.cancelled():
        _with_connections(concluded.result().write_event)


def _abandon(exchange: Exchange) -> None:
    """Abandon the call of a cancelled request, and write its event, which the request cannot do any more."""
    conclusion = exchange.abandoned()
    if conclusion.event is not None:
        _pool.submit(copy_context().run, _with_connections, conclusion.write_event)
