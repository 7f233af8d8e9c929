"""The thread that reads stored messages and passes them to the subscribers of this process.

On PostgreSQL it waits for NOTIFY; on SQLite it polls. It runs only while there are subscribers.
"""

import logging
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

from django.db import connection
from django.utils import timezone

from accounts.db import connection_pool
from accounts.db.errors import UNAVAILABLE
from mcp_api.models import Mail
from mcp_api.pubsub.messages import TIDY_SECONDS, Body, expired, newest, unpacked

logger = logging.getLogger(__name__)

# PostgreSQL's channel for NOTIFY.
CHANNEL = "mcp_mail"
POLL_SECONDS = 0.2
# After a reconnect, messages of this period are read again: some may have been missed.
OVERLAP = timedelta(seconds=10)
# How many numbers of delivered messages are remembered, so that none is delivered twice.
MOST_REMEMBERED = 10_000
# How long the thread goes on after the last subscriber has left.
LINGER_SECONDS = 30

# Returns True if the message was for this subscriber alone, so that no other process needs it.
Receiver = Callable[[int, Body], bool | None]


class Reader:
    """Reads messages for this process, and calls the receivers of their topics."""

    def __init__(self) -> None:
        self.look_now = threading.Event()
        self._lock = threading.Lock()
        self._receivers: dict[str, list[Receiver]] = defaultdict(list)
        self._listening = threading.Event()
        self._running = False
        self._idle_since = 0.0
        self._delivered: dict[int, None] = {}
        self._last = 0

    def subscribe(self, topic: str, receive: Receiver) -> Callable[[], None]:
        """Wait until the thread reads, and return a function that ends the subscription."""
        with self._lock:
            self._receivers[topic].append(receive)
            if not self._running:
                self._running = True
                self._listening.clear()
                self._start()
        if not self._listening.is_set():
            connection_pool.release_connection()
            self._listening.wait()

        def unsubscribe() -> None:
            with self._lock:
                if receive in self._receivers.get(topic, ()):
                    self._receivers[topic].remove(receive)
                if not self._receivers.get(topic):
                    self._receivers.pop(topic, None)
                self._idle_since = time.monotonic()

        return unsubscribe

    def is_reading(self) -> bool:
        return self._running and self._listening.is_set()

    def deliver(self, topic: str, number: int, body: Body) -> bool:
        """Call each receiver of `topic`. Return whether the message was for one of them alone."""
        with self._lock:
            receivers = list(self._receivers.get(topic, ()))
        is_taken = False
        for receive in receivers:
            try:
                is_taken = receive(number, body) or is_taken
            except Exception:
                logger.exception("a message to this process could not be delivered")
        return is_taken

    def _start(self) -> None:
        threading.Thread(target=self._run, name="broker", daemon=True).start()

    def _run(self) -> None:
        while not self._stop_if_idle():
            try:
                self._read_all()
            except UNAVAILABLE:
                # Subscribers are let in: what is posted meanwhile is read afterwards.
                logger.warning("messages between processes cannot be read: the database is unavailable")
                self._listening.set()
                time.sleep(1)
            except Exception:
                logger.exception("messages between processes cannot be read")
                self._listening.set()
                time.sleep(1)
            finally:
                _close_connection()

    def _read_all(self) -> None:
        notifications = _notifications() if connection.vendor == "postgresql" else self._ticks()
        next(notifications)
        if not self._last:
            self._last = newest()
        else:
            self._deliver_all(Mail.objects.filter(posted_at__gt=timezone.now() - OVERLAP))
        self._listening.set()
        tidied = time.monotonic()
        while not self._is_idle():
            numbers = next(notifications)
            # By number: numbers are assigned before their transactions commit, in another order than they commit in.
            found = Mail.objects.filter(pk__in=numbers) if numbers else Mail.objects.filter(pk__gt=self._last)
            self._deliver_all(found)
            if time.monotonic() - tidied > TIDY_SECONDS:
                tidied = time.monotonic()
                expired().delete()

    def _ticks(self) -> Iterator[list[int]]:
        while True:
            yield []
            self.look_now.wait(POLL_SECONDS)
            self.look_now.clear()

    def _deliver_all(self, mail: Any) -> None:
        for number, topic, body in mail.order_by("pk").values_list("pk", "topic", "body"):
            self._last = max(self._last, number)
            if number in self._delivered:
                continue
            self._delivered[number] = None
            self.deliver(topic, number, unpacked(body))
        while len(self._delivered) > MOST_REMEMBERED:
            del self._delivered[next(iter(self._delivered))]

    def _is_idle(self) -> bool:
        with self._lock:
            return self._has_been_idle()

    def _stop_if_idle(self) -> bool:
        with self._lock:
            is_idle = self._has_been_idle()
            if is_idle:
                self._running, self._last = False, 0
            return is_idle

    def _has_been_idle(self) -> bool:
        return not self._receivers and time.monotonic() - self._idle_since > LINGER_SECONDS


def _notifications() -> Iterator[list[int]]:
    """The numbers of new messages, from PostgreSQL's notifications; an empty list after each second without one."""
    with connection.cursor() as cursor:
        cursor.execute(f"LISTEN {CHANNEL}")
    listening = connection.connection
    yield []
    while True:
        yield [int(notification.payload) for notification in listening.notifies(timeout=1, stop_after=1)]


def _close_connection() -> None:
    """Close the connection itself: one that is returned to a pool would go on listening."""
    if connection.vendor == "postgresql" and connection.connection is not None:
        connection.connection.close()
    connection.close()
