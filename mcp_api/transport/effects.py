"""Interface for the differences between the two shells: database access, and waiting."""

from collections.abc import Callable
from typing import Protocol, TypeVar

from accounts.models import AccessToken
from accounts.resource_server import bearer
from mcp_api.calls.call import Call
from mcp_api.execution.conclusion import Conclusion
from mcp_api.execution.dispatch import conclude
from mcp_api.execution.exchange import Exchange
from mcp_api.execution.first_outcome import StreamStarted
from mcp_api.workers.request_threads import RequestThread

Value = TypeVar("Value")


class Effects(Protocol):
    """Raises the database's errors wherever it asks it."""

    async def find_token(self, presented: str, session_id: str | None) -> AccessToken | None:
        """Return the row of a token, with that of the session if one is named (accounts/resource_server/bearer.py)."""

    async def run(self, work: Callable[[], Value]) -> Value:
        """Return what `work` returns, or raise what it raises. It may ask the database, and wait."""

    async def conclude(self, call: Call) -> Conclusion:
        """Run a call that says nothing before it ends, and return how it ended."""

    async def first_word(self, exchange: Exchange) -> Conclusion | StreamStarted:
        """Begin a call that may speak before it ends, and return what comes first. Raises Busy."""

    async def write_event(self, ended: Conclusion) -> None:
        """Commit the event of a call, where it is not written yet."""


class Blocking:
    """Waits in the thread of the request: no coroutine of it ever suspends."""

    async def find_token(self, presented: str, session_id: str | None) -> AccessToken | None:
        return bearer.find_token(presented, session_id)

    async def run(self, work: Callable[[], Value]) -> Value:
        return work()

    async def conclude(self, call: Call) -> Conclusion:
        return conclude(call)

    async def first_word(self, exchange: Exchange) -> Conclusion | StreamStarted:
        return exchange.wait_in_thread(RequestThread(exchange.call.principal.user.pk))

    async def write_event(self, ended: Conclusion) -> None:
        ended.write_event()
