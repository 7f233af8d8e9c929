"""Clients that brought themselves and that nobody lets in: the most that are kept.

Anybody may register, so the number of these rows is a stranger's. Beyond the most, those that were of interest to
nobody for longest go. A program that a person is just connecting is among the newest, and one that comes back later is
told `invalid_client`, whereupon it registers anew.
"""

import time
from collections import deque

from django.db import connection
from django.db.models import Exists, OuterRef, QuerySet

from accounts.models import Client, Consent
from accounts.pruning import KEPT_CLIENTS, Prunable

Source = Client.RegistrationSource

# LIMIT_REGISTRATIONS_TOTAL allows that many in a day, so that each is kept for a day at least. What a document says can
# be fetched again.
MOST = {Source.DCR: 20_000, Source.CIMD: 5_000}
CHECK_SECONDS = 60
MOST_AT_ONCE = 5_000

_checked = time.monotonic()


def trim_if_due() -> None:
    """Delete those beyond the most, once a minute in each process."""
    global _checked  # noqa: PLW0603 - one moment for the process
    if time.monotonic() - _checked >= CHECK_SECONDS and not connection.in_atomic_block:
        _checked = time.monotonic()
        trim()


def trim() -> None:
    """Delete those beyond the most of each source."""
    for source, most in MOST.items():
        by_interest = unused(source).order_by("-updated").values_list("pk", flat=True)
        _delete(list(by_interest[most : most + MOST_AT_ONCE]))


def _delete(chosen: list[int]) -> None:
    """Those of `chosen` that nobody has let in since, a batch at a time."""
    deleting = Prunable("unused clients", lambda: Client.objects.filter(pk__in=chosen), after="consents").prune()
    deque(deleting, maxlen=0)


def unused(source: str) -> QuerySet[Client]:
    """Those from `source` that no person lets in, and that no operator decided about."""
    let_in = Consent.objects.filter(client=OuterRef("pk"))
    found = Client.objects.filter(~Exists(let_in), registration_source=source, suspended_at=None)
    for kept in KEPT_CLIENTS:
        found = found.exclude(pk__in=kept())
    return found
