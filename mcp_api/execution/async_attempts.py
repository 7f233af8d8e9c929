"""Attempts of a call of an async tool, each a task of the event loop, which takes no thread while it waits."""

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
from mcp_api.calls.locale import call_locale
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


class Effects(Protocol):
    """The effects (mcp_api/transport/effects.py) that an attempt needs."""

    async def run(self, work: Callable[[], Value]) -> Value: ...

    async def write_event(self, conclusion: Conclusion) -> None: ...


class AsyncAttempts:
    """The attempts of one call, in the event loop in which this object was made."""

    def __init__(self, effects: Effects) -> None:
        self._effects, self._loop = effects, asyncio.get_running_loop()
        # The loop itself keeps only a weak reference to a task.
        self._task: asyncio.Task[None] | None = None

    def begin(self, exchange: "Exchange") -> None:
        """Begin an attempt. May be called from any thread. Raises Busy."""
        place = AsyncCall(exchange.call.principal.user.pk, exchange.incoming.octets)
        place.take()
        if _running_loop() is self._loop:
            self._start(exchange, place)
        else:
            self._loop.call_soon_threadsafe(self._start, exchange, place)

    def cancel(self) -> bool:
        """Return False: no attempt waits for a thread."""
        return False

    def revoke(self) -> None:
        """Do nothing: its channel has cancelled the task."""

    def _start(self, exchange: "Exchange", place: AsyncCall) -> None:
        exchange.begin_deadline()
        context = exchange.context.copy()
        self._task = self._loop.create_task(self._attempt(exchange, place), context=context)

    async def _attempt(self, exchange: "Exchange", place: AsyncCall) -> None:
        try:
            conclusion = await self._outcome(exchange)
            if exchange.is_in_time():
                exchange.conclude(await self._recorded(conclusion))
        finally:
            place.release()
            self._task = None

    async def _outcome(self, exchange: "Exchange") -> Conclusion:
        try:
            if exchange.must_readmit:
                exchange.call = await self._effects.run(exchange.admitted)
            conclusion = await conclude_here(exchange.call, self._effects.run)
            if exchange.admission.must_confirm:
                conclusion = await self._effects.run(partial(exchange.confirmed, conclusion))
            return conclusion
        except Cancelled:
            # Without the error, whose traceback would keep the call.
            return Conclusion(error=Cancelled())
        except Exception as error:
            return Conclusion(error=error)

    async def _recorded(self, conclusion: Conclusion) -> Conclusion:
        """Write the event and return the conclusion; if writing fails, return a conclusion with that error."""
        try:
            await self._effects.write_event(conclusion)
        except Exception as error:
            return Conclusion(error=error)
        return conclusion


async def conclude_here(call: Call, run: Run) -> Conclusion:
    """Run the call of an async tool in this event loop, in no transaction. `run` runs what needs the database.

    Returns what mcp_api.execution.dispatch.conclude returns.
    """
    started, is_used = time.monotonic(), False
    try:
        handler_for(call.request)
        tool, sent = await _admit(call, run)
        if call.state is not None:
            await run(partial(request_state.use_once, call.state))
            is_used = True
        async with OwnThread(call.principal.user.pk):
            # In the context of this task alone.
            with call_locale(call.language):
                result = wire_result(call, await tools.await_tool(call, tool, sent))
        await _read_rules(call, run)
        call.channel.settle()
        if call.channel.keep_result is not None:
            await run(partial(call.channel.keep_result, result))
        return Conclusion(result, event=event_of(call, Event.Outcome.OK, started))
    except asyncio.CancelledError:
        raise
    except BaseException as error:
        if is_used and call.state is not None:
            # A client may retry a call that ended with an error.
            await run(partial(request_state.allow_again, call.state))
        await _read_rules(call, run)
        return conclusion_of(call, started, error)


async def _admit(call: Call, run: Run) -> tuple[Tool, dict[str, Any]]:
    """Count the call, and return its tool and arguments. Raises what access.count_call and tools.admitted raise."""

    def admit() -> tuple[Tool, dict[str, Any]]:
        access.count_call(call, targets.find(call.request))
        return tools.admitted(call)

    if access.asks_database(call.principal, targets.find(call.request)):
        admitted: tuple[Tool, dict[str, Any]] = await run(admit)
        return admitted
    return admit()


async def _read_rules(call: Call, run: Run) -> None:
    """Read the policy's rules of this call's revision, unless the process has them: event_of asks for them."""
    if not policy.is_up_to_date(call.principal.policy_revision):
        await run(lambda: policy.up_to_date(call.principal.policy_revision))


class OwnThread(ThreadSensitiveContext):
    """Run the queries of an async tool in a thread of its own, not in the one that Django shares between tasks."""

    def __init__(self, person: int) -> None:
        self._thread = OwnExecutor(person)
        super().__init__(executor=self._thread)

    async def __aexit__(self, *error: object) -> None:
        if self._thread.has_started:
            # The connections belong to that thread, which ends.
            await sync_to_async(connections.close_all)()
        await super().__aexit__(*error)
        self._thread.shutdown()


class OwnExecutor(Executor):
    """Executor with one thread, which starts with the first task.

    After each task the thread returns its connection, as the tool may then wait for long. For the next one it takes a
    connection from the share of `person`, as any other call does.
    """

    def __init__(self, person: int) -> None:
        self._person = person
        self._thread: ThreadPoolExecutor | None = None

    @property
    def has_started(self) -> bool:
        return self._thread is not None

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> "Future[Any]":
        if self._thread is None:
            self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="async tool")
        return self._thread.submit(self._run, partial(fn, *args, **kwargs))

    def _run(self, work: Callable[[], Any]) -> Any:
        connection = RevocableConnection(self._person)
        connection.take()
        try:
            return work()
        finally:
            connection.release()

    def shutdown(self, wait: bool = False, *, cancel_futures: bool = False) -> None:
        if self._thread is not None:
            self._thread.shutdown(wait=wait, cancel_futures=cancel_futures)


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
