"""Stored messages between processes: rows of Mail, each kept for a limited time."""

import json
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.db import connection
from django.db.models import Q, QuerySet
from django.utils import timezone

from mcp_api.db.json_values import can_be_kept
from mcp_api.models import Mail

# How long an interrupted stream can be resumed.
KEPT = timedelta(hours=1)
# How long a message for current subscribers is kept: several times as long as the reader's OVERLAP.
KEPT_FOR_SUBSCRIBERS = timedelta(minutes=1)
# The prefix of a session's topic, and what follows in the topics of its streams (mcp_api/streams/sessions.py).
SESSION = "session:"
STREAM = ":stream:"
TIDY_SECONDS = 60
# More messages of one topic than can be on their way to a process.
RECENT = 200

Body = dict[str, Any]


def kept(topic: str, after: int = 0) -> Iterator[tuple[int, Body]]:
    """The number and body of each stored message of `topic` whose number is greater than `after`."""
    for number, body in Mail.objects.filter(topic=topic, pk__gt=after).order_by("pk").values_list("pk", "body"):
        yield number, unpacked(body)


def recent(topic: str) -> set[int]:
    """The numbers of the last messages of `topic`, among them all that may still be on their way to this process."""
    return set(Mail.objects.filter(topic=topic).order_by("-pk").values_list("pk", flat=True)[:RECENT])


def newest() -> int:
    """The number of the last message of all topics."""
    return Mail.objects.order_by("-pk").values_list("pk", flat=True).first() or 0


def packed(body: Body) -> Body | str:
    """`body` for the database: as a string if it contains what the database's JSON cannot hold."""
    return body if can_be_kept(body) else json.dumps(body)


def unpacked(stored: Body | str) -> Body:
    return dict(json.loads(stored)) if isinstance(stored, str) else stored


def expired() -> QuerySet[Mail]:
    """The messages that no process reads again. Of a session's messages, only those of its streams are kept longer."""
    now = timezone.now()
    for_subscribers = Q(topic__startswith=SESSION) & ~Q(topic__contains=STREAM)
    return Mail.objects.filter(
        Q(posted_at__lt=now - KEPT) | (for_subscribers & Q(posted_at__lt=now - KEPT_FOR_SUBSCRIBERS))
    )


_tidied = time.monotonic()


def tidy_if_due() -> None:
    """Delete expired messages, at most once a minute in each process."""
    global _tidied  # noqa: PLW0603 - one time for the process
    # Not within a transaction of the caller, which would keep the rows locked.
    if time.monotonic() - _tidied >= TIDY_SECONDS and not connection.in_atomic_block:
        _tidied = time.monotonic()
        expired().delete()
