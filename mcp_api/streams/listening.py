"""A stream that a client opens to be told of things, for as long as it likes."""

import threading
from collections.abc import Callable, Iterable
from typing import Any

from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from accounts.bearer import InvalidToken, Principal, admit_again
from accounts.endpoints import UNAVAILABLE
from mcp_api.errors import Busy
from mcp_api.offers import access, resources
from mcp_api.streams import mailbox
from mcp_api.streams.channel import Channel
from mcp_api.streams.event_stream import End, stream_response
from mcp_api.streams.open_streams import OpenStream
from mcp_api.streams.request_threads import RequestThread


class NoRoom(Exception):
    """As many streams are open as there may be."""


class Listening:
    """What those streams share: a place, subscriptions, and an end."""

    def __init__(self, request: HttpRequest, principal: Principal) -> None:
        self.request, self.principal = request, principal
        self.channel = Channel()
        self.stream = OpenStream(request, principal, self.end, counts=True)
        self._thread = RequestThread(principal.user.pk)
        self._subscriptions: list[Callable[[], None]] = []
        self._lock = threading.Lock()
        # What need not be told when it arrives. By number, and not up to a number: on PostgreSQL a transaction that
        # is long may commit what it posted before others did.
        self.known: set[int] = set()
        # What arrives before the past has been told.
        self._early: list[tuple[int, Any]] | None = []

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
        return stream_response(self.request, self.channel, lambda chunk: chunk, self.closed)

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

    def arrived(self, number: int, body: Any) -> None:
        with self._lock:
            if self._early is not None:
                self._early.append((number, body))
            elif number not in self.known:
                self.tell_if_possible(number, body)

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
        if self._early is not None:
            return True
        try:
            self.principal_now()
        except InvalidToken:
            return False
        return True

    def may_still_read(self, uri: str) -> bool:
        """Whether the token is good, and its person may read the resource, at this moment."""
        try:
            return may_read(self.principal_now(), uri)
        except InvalidToken:
            return False

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

    def subscribe(self, topic: str, receive: mailbox.Receiver) -> None:
        self._subscriptions.append(mailbox.subscribe(topic, receive))

    def end(self) -> None:
        self.channel.put(End())

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
