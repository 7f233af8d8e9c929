"""An attempt of an async tool's call, as a task of the event loop: it takes no thread while it waits."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from asgiref.sync import ThreadSensitiveContext, sync_to_async
from django.db import connections

from accounts.models import Event
from mcp_api.calls.call import Call
from mcp_api.db.revocable_connection import RevocableConnection
from mcp_api.errors import Cancelled
from mcp_api.execution import request_state
from mcp_api.execution.conclusion import Conclusion, conclusion_of, event_of
from mcp_api.methods import tools
from mcp_api.methods.table import handler_for, wire_result
from mcp_api.policy import access
from mcp_api.policy import rules as policy
from mcp_api.registry import targets
from mcp_api.registry.tools import Tool
from mcp_api.workers.async_calls import AsyncCall

if TYPE_CHECKING:
    from mcp_api.execution.exchange import Exchange

Value = TypeVar("Value")
Run = Callable[[Callable[[], Any]], Awaitable[Any]]


class Waits(Protocol):
    """What of the effects (transport/effects.py) an attempt needs."""

    async def run(self, work: Callable[[], Value]) -> Value: ...

    async def write_event(self, ended: Conclusion) -> None: ...


class AsyncAttempts:
    """The attempts of one call, in the loop in which this was made."""

    def __init__(self, waits: Waits) -> None:
        self._waits, self._loop = waits, asyncio.get_running_loop()
        # The loop keeps no task by itself.
        self._task: asyncio.Task[None] | None = None

    def begin(self, exchange: "Exchange") -> None:
        """Begin an attempt; may be called from any thread. Raises Busy."""
        place = AsyncCall(exchange.call.principal.user.pk, exchange.incoming.octets)
        place.take()
        if _running_loop() is self._loop:
            self._start(exchange, place)
        else:
            self._loop.call_soon_threadsafe(self._start, exchange, place)

    def _start(self, exchange: "Exchange", place: AsyncCall) -> None:
        exchange.begin_deadline()
        context = exchange.context.copy()
        self._task = self._loop.create_task(self._attempt(exchange, place), context=context)

    async def _attempt(self, exchange: "Exchange", place: AsyncCall) -> None:
        try:
            ended = await self._outcome(exchange)
            if exchange.is_in_time():
                exchange.conclude(await self._written(ended))
        finally:
            place.release()
            self._task = None

    async def _outcome(self, exchange: "Exchange") -> Conclusion:
        try:
            if exchange.admission_is_due:
                exchange.call = await self._waits.run(exchange.admitted)
            ended = await conclude_here(exchange.call, self._waits.run)
            if exchange.admission.must_confirm:
                ended = await self._waits.run(partial(exchange.confirmed, ended))
            return ended
        except Cancelled:
            # Nobody asks where, and its traceback would hold the call.
            return Conclusion(error=Cancelled())
        except Exception as error:
            return Conclusion(error=error)

    async def _written(self, ended: Conclusion) -> Conclusion:
        """Return the conclusion once its event is written; that it cannot be is a conclusion too."""
        try:
            await self._waits.write_event(ended)
        except Exception as error:
            return Conclusion(error=error)
        return ended


async def conclude_here(call: Call, run: Run) -> Conclusion:
    """Run the call of an async tool in this event loop, in no transaction. `run` is for what asks the database.

    Returns what mcp_api.execution.dispatch.conclude does.
    """
    started, is_used = time.monotonic(), False
    try:
        handler_for(call.request)
        tool, sent = await _admit(call, run)
        if call.state is not None:
            await run(partial(request_state.use_once, call.state))
            is_used = True
        async with OwnThread(call.principal.user.pk):
            result = wire_result(call.request, await tools.await_tool(call, tool, sent))
        await _read_rules(call, run)
        call.channel.settle()
        return Conclusion(result, event=event_of(call, Event.Outcome.OK, started))
    except asyncio.CancelledError:
        raise
    except BaseException as error:
        if is_used and call.state is not None:
            # What ends with an error may be tried again.
            await run(partial(request_state.allow_again, call.state))
        await _read_rules(call, run)
        return conclusion_of(call, started, error)


async def _admit(call: Call, run: Run) -> tuple[Tool, dict[str, Any]]:
    """Count the call, and find out whether the person may use the tool. Raises what access and tools do."""

    def admit() -> tuple[Tool, dict[str, Any]]:
        access.count_call(call, targets.find(call.request))
        return tools.admitted(call)

    if access.asks_database(call.principal, targets.find(call.request)):
        admitted: tuple[Tool, dict[str, Any]] = await run(admit)
        return admitted
    return admit()


async def _read_rules(call: Call, run: Run) -> None:
    """Read the rules again where another request's were read meanwhile: the event asks whether arguments are kept."""
    if not policy.is_up_to_date(call.principal.policy_revision):
        await run(lambda: policy.up_to_date(call.principal.policy_revision))


class OwnThread(ThreadSensitiveContext):
    """Lets what an async tool asks of the ORM, if anything, run in a thread of its own, beside that of others."""

    def __init__(self, person: int) -> None:
        self._thread = OwnExecutor(person)
        super().__init__(executor=self._thread)

    async def __aexit__(self, *error: object) -> None:
        if self._thread.has_begun:
            # They are that thread's, which ends.
            await sync_to_async(connections.close_all)()
        await super().__aexit__(*error)
        self._thread.shutdown()


class OwnExecutor(Executor):
    """A thread that begins with the first work. After each piece it gives its connection back, as the tool may wait for
    somebody else, and asks for one as any other call of `person` does.
    """

    def __init__(self, person: int) -> None:
        self._person = person
        self._thread: ThreadPoolExecutor | None = None

    @property
    def has_begun(self) -> bool:
        return self._thread is not None

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> "Future[Any]":
        if self._thread is None:
            self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="async tool")
        return self._thread.submit(self._run, partial(fn, *args, **kwargs))

    def _run(self, work: Callable[[], Any]) -> Any:
        hold = RevocableConnection(self._person)
        hold.take()
        try:
            return work()
        finally:
            hold.release()

    def shutdown(self, wait: bool = False, *, cancel_futures: bool = False) -> None:
        if self._thread is not None:
            self._thread.shutdown(wait=wait, cancel_futures=cancel_futures)


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
