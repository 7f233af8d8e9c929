"""Message broker between processes: answers to questions, notifications of changes, streams that another one resumes.

A message is a row of Mail. On PostgreSQL a NOTIFY announces it to every process at commit; on SQLite one thread of each
process polls for new rows. A process reads messages only while it has subscribers.
"""

from collections.abc import Callable
from typing import Any

from django.db import connection, transaction

from mcp_api.models import Mail
from mcp_api.pubsub.messages import SESSION, STREAM, expired, kept, newest, packed, recent, tidy_if_due
from mcp_api.pubsub.reader import CHANNEL, Reader, Receiver

__all__ = [
    "SESSION",
    "STREAM",
    "Reader",
    "expired",
    "is_reading",
    "kept",
    "newest",
    "post",
    "post_once",
    "recent",
    "subscribe",
]

_reader = Reader()


def post(topic: str, **body: Any) -> int:
    """Send `body` to every subscriber of `topic` in every process, once the caller's transaction commits.

    Return the message's number.
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
    """Send `body` to the one subscriber that it is for.

    If that is in this process, nothing is written: SQLite could not, while the call that the message is about holds the
    lock.
    """
    if not _reader.deliver(topic, 0, body):
        post(topic, **body)


def subscribe(topic: str, receive: Receiver) -> Callable[[], None]:
    """Call `receive` with the number and body of each message, from another thread; it must return at once.

    Once this function returns, no new message is missed. Return a function that ends the subscription.
    """
    return _reader.subscribe(topic, receive)


def is_reading() -> bool:
    """Return whether this process reads messages already, so that `subscribe` returns at once."""
    return _reader.is_reading()
