"""A stream that a client opens to be told of things, for as long as it likes."""

import logging
import threading
from collections.abc import Callable, Hashable, Iterable
from typing import Any

from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from accounts.db.errors import UNAVAILABLE
from accounts.resource_server.bearer import InvalidToken, Principal, admit_again
from mcp_api.errors import Busy, NoRoom
from mcp_api.policy import access
from mcp_api.pubsub import broker, telling
from mcp_api.registry import resources
from mcp_api.streams.open_streams import OpenStream
from mcp_api.streams.queue import StreamQueue
from mcp_api.streams.sse import End, stream_response
from mcp_api.workers.request_threads import RequestThread

logger = logging.getLogger(__name__)

# What may wait to be told to one listener; of the changes of one URI one waits. Beyond, the stream ends: its client can
# come back for the rest.
MOST_BEHIND = 500


class Listening:
    """What those streams share: a place, subscriptions, and an end."""

    def __init__(self, request: HttpRequest, principal: Principal) -> None:
        self.request, self.principal = request, principal
        self.queue = StreamQueue()
        self.stream = OpenStream(request, principal, self.end, counts=True)
        self._thread = RequestThread(principal.user.pk)
        self._subscriptions: list[Callable[[], None]] = []
        self._lock = threading.Lock()
        # What need not be told when it arrives. By number, and not up to a number: on PostgreSQL a transaction that
        # is long may commit what it posted before others did.
        self.known: set[int] = set()
        # What arrives before the past has been told.
        self._early: list[tuple[int, Any]] | None = []
        self._room = threading.BoundedSemaphore(MOST_BEHIND)
        # The keys of what has arrived and is not told yet.
        self._pending: set[Hashable] = set()
        self._pending_lock = threading.Lock()
        self._is_behind = False
        # The number of what is being told, in the thread for that.
        self._telling: int | None = None

    def respond(self) -> HttpResponseBase:
        """Raises NoRoom."""
        if not self.stream.begin():
            raise NoRoom
        try:
            self.take_thread()
            self.begin()
        except BaseException:
            # Nobody would give its place back.
            self.closed()
            raise
        return stream_response(self.request, self.queue, lambda chunk: chunk, self.closed)

    def take_thread(self) -> None:
        """Under an event loop the stream needs none. Raises NoRoom."""
        if isinstance(self.request, ASGIRequest):
            return
        try:
            self._thread.take()
        except Busy as busy:
            raise NoRoom from busy

    def begin(self) -> None:
        """Subscribe to what belongs on the stream, and put on it what comes first."""
        raise NotImplementedError

    def tell(self, number: int, body: Any) -> None:
        """Put what was posted on the stream, if it belongs there."""
        raise NotImplementedError

    def key_of(self, body: Any) -> Hashable:
        """Return what has to be told once, however often it is posted before that; None where each is to be told."""
        return None

    def arrived(self, number: int, body: Any) -> None:
        """Let what was posted be told, in the thread for that."""
        # While the past is told, `known` grows: what is left out for another may not be left out for the past.
        key = None if self._early is not None else self.key_of(body)
        if key is not None and (number in self.known or self._is_pending(key)):
            return
        if self._room.acquire(blocking=False):
            telling.submit(self.deliver, number, (key, body))
        else:
            self.fall_behind()

    def _is_pending(self, key: Hashable) -> bool:
        """Whether `key` is to be told already; from now on it is."""
        with self._pending_lock:
            is_pending = key in self._pending
            self._pending.add(key)
            return is_pending

    def deliver(self, number: int, keyed: Any) -> None:
        key, body = keyed
        # Before it is told: what is posted from now on is told again.
        with self._pending_lock:
            self._pending.discard(key)
        try:
            with self._lock:
                self._telling = number
                self._deliver(number, body)
        except Exception:
            logger.exception("a listener could not be told")
        finally:
            self._telling = None
            self._room.release()

    def _deliver(self, number: int, body: Any) -> None:
        if self._is_behind or number in self.known:
            return
        if self.queue.is_flooded or len(self._early or ()) >= MOST_BEHIND:
            self.fall_behind()
        elif self._early is not None:
            self._early.append((number, body))
        else:
            self.tell_if_possible(number, body)

    def fall_behind(self) -> None:
        """End the stream of a client that does not keep up, after what was put on it already."""
        if not self._is_behind:
            self._is_behind = True
            self.end()

    def tell_if_possible(self, number: int, body: Any) -> None:
        """End the stream where the database cannot say what the person may be told: the client can come back."""
        try:
            self.tell(number, body)
        except UNAVAILABLE:
            self.end()

    # --- Rights, which may be withdrawn while the stream is open ---------------------------------

    def principal_now(self) -> Principal:
        """The principal, read again from the database. Raises InvalidToken."""
        return admit_again(self.principal.token_id, self.request)

    def is_alive(self) -> bool:
        """Whether the token is good, and its person active, at this moment. While the past is told, it was read just
        now.
        """
        return self._early is not None or self._look(None)

    def may_still_read(self, uri: str) -> bool:
        """Whether the token is good, and its person may read the resource, at this moment."""
        return self._look(uri)

    def _look(self, uri: str | None) -> bool:
        """Look into the database, or at what was seen there for the same change a moment ago."""
        if self._telling is None:
            return self._is_admitted(uri)
        return telling.looks.find(self._telling, (self.principal.token_id, uri), lambda: self._is_admitted(uri))

    def _is_admitted(self, uri: str | None) -> bool:
        try:
            principal = self.principal_now()
        except InvalidToken:
            return False
        return uri is None or may_read(principal, uri)

    def begin_with(self, past: Iterable[tuple[int, Any]]) -> None:
        """Tell what was posted before, then what arrived meanwhile, and from now on whatever arrives."""
        for number, body in past:
            self.tell(number, body)
            self.known.add(number)
        with self._lock:
            for number, body in self._early or ():
                if number not in self.known:
                    self.tell(number, body)
            self._early = None

    def subscribe(self, topic: str, receive: broker.Receiver) -> None:
        self._subscriptions.append(broker.subscribe(topic, receive))

    def end(self) -> None:
        self.queue.put(End())

    def closed(self) -> None:
        self.stream.finish()
        self._thread.release()
        # The subscriptions hold this stream: they are dropped, so that it is freed at once.
        while self._subscriptions:
            self._subscriptions.pop()()


def may_read(principal: Principal, uri: str) -> bool:
    """Whether there is a resource at `uri` for this principal."""
    found = resources.find(uri)
    return found is not None and access.may_use(principal, found[0])
