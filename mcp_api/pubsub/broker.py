"""Messages between processes: answers to questions, change notices, streams that go on elsewhere.

A message is a row. On PostgreSQL a NOTIFY tells every process of it once it is committed; on SQLite one
thread a process looks for new rows. Nothing is read while nobody in this process subscribes.
"""

import json
import logging
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.db import connection_pool
from accounts.db.errors import UNAVAILABLE
from mcp_api.models import Mail, can_be_kept

logger = logging.getLogger(__name__)

CHANNEL = "mcp_mail"
POLL_SECONDS = 0.2
# For how long a stream that was interrupted can be taken up again.
KEPT = timedelta(hours=1)
# For how long mail is kept that is for those who listen at the moment: several times as long as OVERLAP.
TOLD = timedelta(minutes=1)
# How the topics of sessions begin, and those of their streams go on (mcp_api/streams/sessions.py).
SESSION = "session:"
STREAM = ":stream:"
TIDY_SECONDS = 60
# Of mail that might have been missed while the database was away, and of mail already delivered.
OVERLAP = timedelta(seconds=10)
RECENT = 200
# How long the reader goes on once nobody subscribes any more.
LINGER_SECONDS = 30

Body = dict[str, Any]
# Says whether that was for it alone, so that nobody else needs to be told.
Receiver = Callable[[int, Body], bool | None]


def post(topic: str, **body: Any) -> int:
    """Send `body` to every subscriber of `topic` in every process, once the caller's transaction commits.

    Returns the message's number.
    """
    tidy_if_due()
    mail = Mail.objects.create(topic=topic, body=packed(body))
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, str(mail.pk)])
    else:
        transaction.on_commit(_reader.look_now.set)
    return mail.pk


def post_once(topic: str, **body: Any) -> None:
    """Send `body` to the one subscriber who takes it. Where that is in this process, nothing has to be written:
    SQLite could not, while the very call that it is about holds the lock.
    """
    if not _reader.hand_over(topic, 0, body):
        post(topic, **body)


def subscribe(topic: str, receive: Receiver) -> Callable[[], None]:
    """Call `receive` with each message's number and body, from a thread of its own; it must return at once.

    From when this returns, nothing that is posted is missed. Returns what ends it.
    """
    return _reader.subscribe(topic, receive)


def is_reading() -> bool:
    """Whether this process reads its mail already, so that `subscribe` waits for nothing."""
    return _reader.is_reading()


def kept(topic: str, after: int = 0) -> Iterator[tuple[int, Body]]:
    """What was posted to `topic`, and is kept still, after the message of that number."""
    for number, body in Mail.objects.filter(topic=topic, pk__gt=after).order_by("pk").values_list("pk", "body"):
        yield number, unpacked(body)


def packed(body: Body) -> Body | str:
    """`body` as a database keeps it: what tools and clients send may hold what its JSON does not, but a string can."""
    return body if can_be_kept(body) else json.dumps(body)


def unpacked(stored: Body | str) -> Body:
    return dict(json.loads(stored)) if isinstance(stored, str) else stored


def recent(topic: str) -> set[int]:
    """The numbers of what was posted to `topic` last: more than can be still on its way to this process."""
    return set(Mail.objects.filter(topic=topic).order_by("-pk").values_list("pk", flat=True)[:RECENT])


def old() -> QuerySet[Mail]:
    """What nobody takes up again. Of a session only what is said on its streams is."""
    now = timezone.now()
    told_once = Q(topic__startswith=SESSION) & ~Q(topic__contains=STREAM)
    return Mail.objects.filter(Q(posted_at__lt=now - KEPT) | (told_once & Q(posted_at__lt=now - TOLD)))


_tidied = time.monotonic()


def tidy_if_due() -> None:
    """Delete what is old, once a minute in each process, also where nobody reads any mail."""
    global _tidied  # noqa: PLW0603 - one moment for the process
    # Not in somebody's transaction, which would keep the rows locked.
    if time.monotonic() - _tidied >= TIDY_SECONDS and not connection.in_atomic_block:
        _tidied = time.monotonic()
        old().delete()


def newest() -> int:
    """The number of the last message that was posted, to whatever topic."""
    return Mail.objects.order_by("-pk").values_list("pk", flat=True).first() or 0


class Reader:
    """Reads the mail of this process and hands it to whoever subscribed."""

    def __init__(self) -> None:
        self.look_now = threading.Event()
        self._lock = threading.Lock()
        self._receivers: dict[str, list[Receiver]] = defaultdict(list)
        self._listening = threading.Event()
        self._running = False
        self._idle_since = 0.0
        self._seen: dict[int, None] = {}
        self._last = 0

    def subscribe(self, topic: str, receive: Receiver) -> Callable[[], None]:
        with self._lock:
            self._receivers[topic].append(receive)
            if not self._running:
                self._running = True
                self._listening.clear()
                self._start()
        if not self._listening.is_set():
            connection_pool.release_connection()
            self._listening.wait()

        def end() -> None:
            with self._lock:
                if receive in self._receivers.get(topic, ()):
                    self._receivers[topic].remove(receive)
                if not self._receivers.get(topic):
                    self._receivers.pop(topic, None)
                self._idle_since = time.monotonic()

        return end

    def is_reading(self) -> bool:
        return self._running and self._listening.is_set()

    def _start(self) -> None:
        threading.Thread(target=self._run, name="mail", daemon=True).start()

    def _run(self) -> None:
        while not self._is_done():
            try:
                self._read_all()
            except UNAVAILABLE:
                # Whoever waits goes on waiting; what was posted meanwhile is found afterwards.
                logger.warning("the mail cannot be read: the database is away")
                self._listening.set()
                time.sleep(1)
            except Exception:
                logger.exception("reading the mail failed")
                self._listening.set()
                time.sleep(1)
            finally:
                _hang_up()

    def _read_all(self) -> None:
        notifications = _notifications() if connection.vendor == "postgresql" else self._ticks()
        next(notifications)
        if not self._last:
            self._last = newest()
        else:
            self._deliver(Mail.objects.filter(posted_at__gt=timezone.now() - OVERLAP))
        self._listening.set()
        tidied = time.monotonic()
        while not self._is_idle():
            numbers = next(notifications)
            # By number, because numbers are given out before, and not in the order in which, they are committed.
            self._deliver(Mail.objects.filter(pk__in=numbers) if numbers else Mail.objects.filter(pk__gt=self._last))
            if time.monotonic() - tidied > TIDY_SECONDS:
                tidied = time.monotonic()
                old().delete()

    def _ticks(self) -> Iterator[list[int]]:
        while True:
            yield []
            self.look_now.wait(POLL_SECONDS)
            self.look_now.clear()

    def _deliver(self, mail: Any) -> None:
        for number, topic, body in mail.order_by("pk").values_list("pk", "topic", "body"):
            self._last = max(self._last, number)
            if number in self._seen:
                continue
            self._seen[number] = None
            self.hand_over(topic, number, unpacked(body))
        while len(self._seen) > 10_000:
            del self._seen[next(iter(self._seen))]

    def hand_over(self, topic: str, number: int, body: Body) -> bool:
        """Tell whoever subscribed here, and return whether somebody took it for its own."""
        with self._lock:
            receivers = list(self._receivers.get(topic, ()))
        taken = False
        for receive in receivers:
            try:
                taken = receive(number, body) or taken
            except Exception:
                logger.exception("mail could not be delivered")
        return taken

    def _is_idle(self) -> bool:
        with self._lock:
            return not self._receivers and time.monotonic() - self._idle_since > LINGER_SECONDS

    def _is_done(self) -> bool:
        with self._lock:
            done = not self._receivers and time.monotonic() - self._idle_since > LINGER_SECONDS
            if done:
                self._running, self._last = False, 0
            return done


def _notifications() -> Iterator[list[int]]:
    """The numbers of what was posted, as PostgreSQL tells of it; none at all once a second."""
    with connection.cursor() as cursor:
        cursor.execute(f"LISTEN {CHANNEL}")
    listening = connection.connection
    yield []
    while True:
        yield [int(told.payload) for told in listening.notifies(timeout=1, stop_after=1)]


def _hang_up() -> None:
    """Close the connection indeed: one that went back to a pool would go on listening there."""
    if connection.vendor == "postgresql" and connection.connection is not None:
        connection.connection.close()
    connection.close()


_reader = Reader()
