"""Attempts of a call in the threads for tools, and the interface that they share with those in an event loop."""

import threading
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Protocol

from mcp_api.db.revocable_connection import RevocableConnection
from mcp_api.errors import Cancelled
from mcp_api.execution.conclusion import Conclusion
from mcp_api.execution.dispatch import conclude
from mcp_api.registry import targets
from mcp_api.workers import threads

if TYPE_CHECKING:
    from mcp_api.execution.exchange import Exchange


# Runs work for a person and a target, whose message has so many octets (mcp_api/workers/threads.py). Raises Busy.
Submit = Callable[[int, str, int, Callable[[], object]], threads.Job | None]


class Attempts(Protocol):
    """The attempts of one call, one after the other."""

    def begin(self, exchange: "Exchange") -> None:
        """Begin an attempt, which passes its conclusion to `exchange`. May be called from any thread. Raises Busy."""

    def cancel(self) -> bool:
        """Return whether the attempt was still waiting for a thread and now never runs."""

    def revoke(self) -> None:
        """Take the database from an attempt that has exceeded its time limit."""


class ThreadAttempts:
    """Attempts that each take a thread, by default one of those for calls."""

    def __init__(self, submit: Submit | None = None) -> None:
        self._submit = submit or threads.submit
        self._lock = threading.Lock()
        self._job: threads.Job | None = None
        self._connection: RevocableConnection | None = None

    def begin(self, exchange: "Exchange") -> None:
        exchange.begin_deadline()
        call = exchange.call
        work = partial(exchange.context.copy().run, self._attempt, exchange)
        self._job = self._submit(call.principal.user.pk, targets.label(call.request), exchange.incoming.octets, work)

    def cancel(self) -> bool:
        return self._job is not None and self._job.cancel()

    def revoke(self) -> None:
        with self._lock:
            job, connection = self._job, self._connection
        if job is not None and not job.cancel() and connection is not None and connection.revoke():
            job.give_up()

    # --- In the tool's thread --------------------------------------------------------------------

    def _attempt(self, exchange: "Exchange") -> None:
        with self._lock:
            if exchange.call.channel.expired:
                return
            self._connection = connection = RevocableConnection(exchange.call.principal.user.pk)
        conclusion = self._outcome(exchange, connection)
        connection.release()
        if exchange.is_in_time():
            exchange.conclude(conclusion)

    def _outcome(self, exchange: "Exchange", connection: RevocableConnection) -> Conclusion:
        try:
            connection.take()
            exchange.call = exchange.admitted()
            # The tool may run for long without a query.
            connection.lend()
            return exchange.confirmed(conclude(exchange.call))
        except Cancelled:
            # Without the error, whose traceback would keep the call.
            return Conclusion(error=Cancelled())
        except BaseException as error:
            return Conclusion(error=error)
