"""The limit of self-registered clients without a consent: beyond it, the least recently used are deleted.

Anybody may register clients, so their number needs a limit. A client that a person is connecting is among the newest. A
deleted client that returns gets `invalid_client`, whereupon it registers again.
"""

import time
from collections import deque
from datetime import timedelta

from django.db import connection
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from accounts.models import Client, Consent
from accounts.pruning import RetentionRule, exclude_clients_in_use

Source = Client.RegistrationSource

# The precision of the time when a person was last asked to approve a client.
USE_PRECISION = timedelta(hours=1)
# LIMIT_REGISTRATIONS_TOTAL allows as many registrations a day, so that each is kept for at least a day. Documents can
# be fetched again.
MOST_UNUSED = {Source.DCR: 20_000, Source.CIMD: 5_000}
CHECK_SECONDS = 60
MOST_AT_ONCE = 5_000

_checked = time.monotonic()


def trim_if_due() -> None:
    """Delete the unused clients beyond the limit, once a minute in each process."""
    global _checked  # noqa: PLW0603 - one time for the process
    if time.monotonic() - _checked >= CHECK_SECONDS and not connection.in_atomic_block:
        _checked = time.monotonic()
        trim()


def trim() -> None:
    """Delete the unused clients beyond the limit of each source."""
    for source, most in MOST_UNUSED.items():
        newest_first = unused(source).order_by("-updated").values_list("pk", flat=True)
        _delete(list(newest_first[most : most + MOST_AT_ONCE]))


def _delete(chosen: list[int]) -> None:
    """Delete the clients of `chosen` that still have no consent, in batches."""
    deleting = RetentionRule("unused clients", lambda: Client.objects.filter(pk__in=chosen), after="consents").prune()
    deque(deleting, maxlen=0)


def unused(source: str) -> QuerySet[Client]:
    """Return the clients from `source` without a consent, except those that the operator suspended."""
    consented = Consent.objects.filter(client=OuterRef("pk"))
    found = Client.objects.filter(~Exists(consented), registration_source=source, suspended_at=None)
    return exclude_clients_in_use(found)


def mark_used(client_id: str) -> None:
    """Note that a person is asked to approve the client, so that `manage.py prune` does not delete it as unused."""
    now = timezone.now()
    Client.objects.filter(client_id=client_id, updated__lt=now - USE_PRECISION).update(updated=now)
