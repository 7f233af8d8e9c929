"""Streams of notifications, which stay open for as long as their client likes."""

import logging
import threading
from collections.abc import Callable, Hashable, Iterable
from typing import Any

from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from accounts.db.errors import UNAVAILABLE
from accounts.resource_server.bearer import InvalidToken, Principal, admit_again
from mcp_api.errors import Busy, TooManyStreams
from mcp_api.policy import access
from mcp_api.pubsub import broker, delivery, notifications
from mcp_api.registry import resources
from mcp_api.streams.open_streams import OpenStream
from mcp_api.streams.queue import StreamQueue
from mcp_api.streams.sse import End, stream_response
from mcp_api.workers.request_threads import RequestThread

logger = logging.getLogger(__name__)

# Notifications that may wait for one listener, of which there is one at most for each URI. With more, the stream ends,
# and its client can reconnect.
MOST_BEHIND = 500


class NotificationStream:
    """Base class of those streams: the place among the open streams, subscriptions, and delivery."""

    def __init__(self, request: HttpRequest, principal: Principal) -> None:
        self.request, self.principal = request, principal
        self.queue = StreamQueue()
        self.stream = OpenStream(request, principal, self.end, counts=True)
        self._thread = RequestThread(principal.user.pk)
        self._subscriptions: list[Callable[[], None]] = []
        self._lock = threading.Lock()
        # The numbers of messages that are not to be sent. A highest number would not do: on PostgreSQL a long
        # transaction may commit a message with a lower number later.
        self.known: set[int] = set()
        # Messages that arrive before the earlier ones are sent; None after that.
        self._early: list[tuple[int, Any]] | None = []
        self._room = threading.BoundedSemaphore(MOST_BEHIND)
        # The keys of messages that have arrived and are not sent yet.
        self._pending: set[Hashable] = set()
        self._pending_lock = threading.Lock()
        self._is_behind = False
        # The number of the message that is being sent.
        self._sending: int | None = None

    def respond(self) -> HttpResponseBase:
        """Raises TooManyStreams."""
        if not self.stream.begin():
            raise TooManyStreams
        try:
            self.take_thread()
            self.begin()
        except BaseException:
            # Without a response, nothing else would release its place.
            self.closed()
            raise
        return stream_response(self.request, self.queue, lambda chunk: chunk, self.closed)

    def take_thread(self) -> None:
        """Take a thread for the stream, which it needs only under WSGI. Raises TooManyStreams."""
        if isinstance(self.request, ASGIRequest):
            return
        try:
            self._thread.take()
        except Busy as busy:
            raise TooManyStreams from busy

    def begin(self) -> None:
        """Subscribe to the topics of the stream, and put its first messages on it."""
        raise NotImplementedError

    def send(self, number: int, body: Any) -> None:
        """Put a message of a topic on the stream if it belongs there."""
        raise NotImplementedError

    def send_if_here(self, number: int, body: Any) -> None:
        """Send a message, unless it is about another endpoint."""
        if notifications.is_for(body, self.principal.endpoint):
            self.send(number, notifications.without_endpoint(body))

    def key_of(self, body: Any) -> Hashable:
        """Return the key by which equal messages are sent once; None to send each."""
        return None

    def arrived(self, number: int, body: Any) -> None:
        """Send a message of a topic, in the thread for that (mcp_api/pubsub/delivery.py)."""
        # While earlier messages are sent, none is dropped because of an equal one, which may turn out to be known.
        key = None if self._early is not None else self.key_of(body)
        if key is not None and (number in self.known or self._is_pending(key)):
            return
        if self._room.acquire(blocking=False):
            delivery.submit(self.deliver, number, (key, body))
        else:
            self.fall_behind()

    def _is_pending(self, key: Hashable) -> bool:
        """Return whether a message with this key waits to be sent, and note that one does from now on."""
        with self._pending_lock:
            is_pending = key in self._pending
            self._pending.add(key)
            return is_pending

    def deliver(self, number: int, keyed: Any) -> None:
        key, body = keyed
        # Before it is sent: a change after this moment needs another message.
        with self._pending_lock:
            self._pending.discard(key)
        try:
            with self._lock:
                self._sending = number
                self._deliver(number, body)
        except Exception:
            logger.exception("a notification could not be sent to a listener")
        finally:
            self._sending = None
            self._room.release()

    def _deliver(self, number: int, body: Any) -> None:
        if self._is_behind or number in self.known:
            return
        if self.queue.is_flooded or len(self._early or ()) >= MOST_BEHIND:
            self.fall_behind()
        elif self._early is not None:
            self._early.append((number, body))
        else:
            self._send_or_end(number, body)

    def fall_behind(self) -> None:
        """End the stream of a client that reads too slowly, after the messages that are on it already."""
        if not self._is_behind:
            self._is_behind = True
            self.end()

    def _send_or_end(self, number: int, body: Any) -> None:
        """Send a message, or end the stream if the database is unavailable for the check of rights."""
        try:
            self.send_if_here(number, body)
        except UNAVAILABLE:
            self.end()

    # --- Rights, which may be withdrawn while the stream is open ---------------------------------

    def principal_now(self) -> Principal:
        """The principal, read again from the database. Raises InvalidToken."""
        return admit_again(self.principal.token_id, self.request)

    def is_alive(self) -> bool:
        """Return whether the token is valid and its person active now. While earlier messages are sent, both were just
        read.
        """
        return self._early is not None or self._is_still_admitted(None)

    def may_still_read(self, uri: str) -> bool:
        """Return whether the token is valid and its person may read the resource now."""
        return self._is_still_admitted(uri)

    def _is_still_admitted(self, uri: str | None) -> bool:
        """Check in the database, or use the outcome of the same check for the same message."""
        if self._sending is None:
            return self._is_admitted(uri)
        return delivery.access_checks.find(
            self._sending, (self.principal.token_id, uri), lambda: self._is_admitted(uri)
        )

    def _is_admitted(self, uri: str | None) -> bool:
        try:
            principal = self.principal_now()
        except InvalidToken:
            return False
        return uri is None or may_read(principal, uri)

    def begin_with(self, past: Iterable[tuple[int, Any]]) -> None:
        """Send the messages of the `past`, then those that arrived meanwhile, and from now on each that arrives."""
        for number, body in past:
            self.send_if_here(number, body)
            self.known.add(number)
        with self._lock:
            for number, body in self._early or ():
                if number not in self.known:
                    self.send_if_here(number, body)
            self._early = None

    def subscribe(self, topic: str, receive: broker.Receiver) -> None:
        self._subscriptions.append(broker.subscribe(topic, receive))

    def end(self) -> None:
        self.queue.put(End())

    def closed(self) -> None:
        self.stream.finish()
        self._thread.release()
        # The subscriptions refer to this stream. Without them it is freed at once.
        while self._subscriptions:
            self._subscriptions.pop()()


def may_read(principal: Principal, uri: str) -> bool:
    """Return whether there is a resource at `uri` that this principal may read."""
    found = resources.find(uri)
    return found is not None and access.may_use(principal, found[0])
