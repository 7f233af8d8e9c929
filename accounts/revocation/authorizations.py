"""Revocation of authorizations. Every revocation in the project uses `revoke`."""

from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

from django.utils import timezone

from accounts.audit import events
from accounts.db.short_transactions import short_transaction
from accounts.models import Authorization, AuthorizationQuerySet, Event

# The ids in one statement, and the events in one transaction, while other transactions may wait.
BATCH = 1000
Row = TypeVar("Row")
NAMED = ("pk", "consent__user", "consent__user__username", "consent__client__client_id", "consent__client__name")


def revoke(authorizations: AuthorizationQuerySet, *, reason: str) -> int:
    """Revoke `authorizations`: their codes and tokens are refused from the next request on.

    `reason` is a short code for the audit log (`password_changed`, `code_reused`, …). Returns the number of
    authorizations that were not revoked before. Each of them has an event, committed with its revocation.

    More than BATCH are revoked in several transactions, unless the caller began one, because on SQLite all other
    writers would wait. If the process stops in between, call this again to revoke the rest.
    """
    unrevoked = authorizations.filter(revoked_at=None).order_by("pk")
    pks = list(dict.fromkeys(unrevoked.values_list("pk", flat=True)))
    return sum(_revoke(batch, reason) for batch in in_batches(pks))


def _revoke(pks: Sequence[int], reason: str) -> int:
    with short_transaction():
        return _revoke_unrevoked(pks, reason)


def _revoke_unrevoked(pks: Sequence[int], reason: str) -> int:
    """Revoke those of `pks` that are not revoked yet, with an event for each. Returns their number."""
    # Locked, so that of several concurrent callers only one revokes a row and records the event.
    unrevoked = Authorization.objects.filter(pk__in=pks, revoked_at=None).select_for_update(of=("self",), no_key=True)
    found = list(unrevoked.order_by("pk").values_list("pk", flat=True))
    if found:
        revoked = Authorization.objects.filter(pk__in=found)
        revoked.update(revoked_at=timezone.now())
        _record(list(revoked.order_by("pk").values_list(*NAMED)), reason)
    return len(found)


def in_batches(rows: Sequence[Row], size: int = BATCH) -> Iterator[Sequence[Row]]:
    for start in range(0, len(rows), size):
        yield rows[start : start + size]


def _record(rows: list[tuple[Any, ...]], reason: str) -> None:
    events.record_all(
        events.describe(
            Event.Kind.REVOCATION,
            reason=reason,
            user_id=user_id,
            username=username,
            client_id=client_id,
            client_name=client_name,
            authorization_id=pk,
        )
        for pk, user_id, username, client_id, client_name in rows
    )
