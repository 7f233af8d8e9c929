"""The one way to end an authorization, from wherever the wish comes."""

from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

from django.utils import timezone

from accounts.audit import events
from accounts.db.short_transactions import short_transaction
from accounts.models import Authorization, AuthorizationQuerySet, Event

# So many ids fit into one statement, and so many events are written while others wait to write theirs.
BATCH = 1000
Row = TypeVar("Row")
NAMED = ("pk", "consent__user", "consent__user__username", "consent__client__client_id", "consent__client__name")


def revoke(authorizations: AuthorizationQuerySet, *, reason: str) -> int:
    """End `authorizations`: every code and token of theirs is dead on its next use.

    `reason` is a short code for the trail (`password_changed`, `code_reused`, …). Returns how many were still alive.
    Each of those leaves an event, which is committed together with its revocation. Where there are more than BATCH,
    each batch is a transaction of its own, unless the caller began one: others would wait for all of them where the
    database is SQLite. If the process stops in between, the rest is still alive: call again to end it.
    """
    alive = authorizations.filter(revoked_at=None).order_by("pk")
    pks = list(dict.fromkeys(alive.values_list("pk", flat=True)))
    return sum(_revoke(batch, reason) for batch in in_batches(pks))


def _revoke(pks: Sequence[int], reason: str) -> int:
    with short_transaction():
        return _revoke_alive(pks, reason)


def _revoke_alive(pks: Sequence[int], reason: str) -> int:
    """End those of `pks` that are still alive, with an event for each. Returns how many there were."""
    # Locked: of several who come at once one ends it, and the others find that it has ended.
    alive = Authorization.objects.filter(pk__in=pks, revoked_at=None).select_for_update(of=("self",), no_key=True)
    found = list(alive.order_by("pk").values_list("pk", flat=True))
    if found:
        ended = Authorization.objects.filter(pk__in=found)
        ended.update(revoked_at=timezone.now())
        _record(list(ended.order_by("pk").values_list(*NAMED)), reason)
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
