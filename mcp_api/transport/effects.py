"""Effects: the differences between the two shells, which are access to the database and waiting."""

import queue
from collections.abc import Callable
from typing import Protocol, TypeVar

from accounts.db.connection_pool import release_connection
from accounts.dpop import replays
from accounts.dpop.proofs import Proof
from accounts.models import AccessToken
from accounts.resource_server import bearer
from mcp_api.calls.call import Call
from mcp_api.errors import Busy
from mcp_api.execution.conclusion import Conclusion
from mcp_api.execution.dispatch import conclude
from mcp_api.execution.exchange import Exchange
from mcp_api.execution.first_outcome import FirstOutcome, StreamStarted
from mcp_api.workers.request_threads import RequestThread

Value = TypeVar("Value")

# How often a thread that waits for a call checks whether the client is still connected.
TICK_SECONDS = 0.5


class Effects(Protocol):
    """Interface of both. Each method raises the database's errors if it uses the database."""

    async def find_token(self, presented: str, session_id: str | None) -> AccessToken | None:
        """Return the row of a token, with that of the session if one is named (accounts/resource_server/bearer.py)."""

    async def use_proof(self, proof: Proof) -> None:
        """Store that a DPoP proof was used. Raises InvalidProof where it was used before."""

    async def run(self, work: Callable[[], Value]) -> Value:
        """Return what `work` returns, or raise what it raises. It may use the database, and wait."""

    async def conclude(self, call: Call) -> Conclusion:
        """Run a call that sends no message before its result."""

    async def first_outcome(self, exchange: Exchange) -> FirstOutcome:
        """Begin a call that may send messages before its result, and return its first outcome. Raises Busy."""

    async def write_event(self, conclusion: Conclusion) -> None:
        """Commit the event of a call, unless that is done."""


class Blocking:
    """Effects that wait in the thread of the request: no coroutine of them ever suspends."""

    async def find_token(self, presented: str, session_id: str | None) -> AccessToken | None:
        return bearer.find_token(presented, session_id)

    async def use_proof(self, proof: Proof) -> None:
        replays.use(proof)

    async def run(self, work: Callable[[], Value]) -> Value:
        return work()

    async def conclude(self, call: Call) -> Conclusion:
        return conclude(call)

    async def first_outcome(self, exchange: Exchange) -> FirstOutcome:
        return wait_in_thread(exchange, RequestThread(exchange.call.principal.user.pk))

    async def write_event(self, conclusion: Conclusion) -> None:
        conclusion.write_event()


class ThreadReceiver:
    """Receiver of the first outcome, for a request that waits in a thread."""

    def __init__(self) -> None:
        self._outcomes: queue.SimpleQueue[FirstOutcome] = queue.SimpleQueue()

    def set_outcome(self, outcome: FirstOutcome) -> None:
        self._outcomes.put(outcome)

    def wait(self, seconds: float) -> FirstOutcome | None:
        """Return the first outcome; None if there is none after `seconds`."""
        try:
            return self._outcomes.get(timeout=seconds)
        except queue.Empty:
            return None


def wait_in_thread(exchange: Exchange, thread: RequestThread) -> FirstOutcome:
    """Begin the first attempt, and wait for the first outcome in this thread. Raises Busy."""
    # Before it waits for `thread`: calls that run may need a connection to end and make room.
    release_connection()
    try:
        thread.take()
    except Busy:
        exchange.discard()
        raise
    exchange.thread, outcome = thread, None
    try:
        receiver = ThreadReceiver()
        exchange.start(receiver)
        while outcome is None:
            outcome = receiver.wait(TICK_SECONDS)
            if outcome is None and exchange.incoming.is_closed():
                return exchange.abandoned()
        return exchange.delivered(outcome)
    finally:
        if not isinstance(outcome, StreamStarted):
            thread.release()
