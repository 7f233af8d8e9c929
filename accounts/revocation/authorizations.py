"""Revocation of authorizations. Every revocation in the project uses `revoke`."""

from collections.abc import Collection, Iterator, Sequence
from typing import Any, TypeVar

from django.utils import timezone

from accounts.audit import events
from accounts.db.short_transactions import short_transaction
from accounts.models import Authorization, AuthorizationQuerySet, Event
from accounts.user_model import fields as user_fields

# The ids in one statement, and the events in one transaction, while other transactions may wait.
BATCH = 1000
Row = TypeVar("Row")
PERSON = ("consent__user", f"consent__user__{user_fields.USERNAME}")
NAMED = ("pk", *PERSON, "consent__client__client_id", "consent__client__name")


def revoke(authorizations: AuthorizationQuerySet, *, reason: str) -> int:
    """Revoke `authorizations`: their codes and tokens are refused from the next request on.

    `reason` is a short code for the audit log (`password_changed`, `code_reused`, …). Those that were exchanged from
    them (RFC 8693) are revoked in the same transaction. Each that was not revoked before has an event, committed with
    its revocation. Returns the number of these, without the exchanged ones.

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
    """Revoke those of `pks` that are not revoked yet, and what was exchanged from them, with an event for each.

    Returns the number of the former.
    """
    found: list[int] = []
    seen: set[int] = set()
    following = {*pks, *_exchanged_from(pks)}
    # An exchange locks the authorization that it is from, so those that it adds meanwhile are found once that is
    # locked here. All locks are taken in the order of the primary keys, in which exchanged ones come later.
    while following:
        found += _locked(following)
        seen |= following
        following = set(_exchanged_from(found)) - seen
    if found:
        revoked = Authorization.objects.filter(pk__in=found)
        revoked.update(revoked_at=timezone.now())
        _record(list(revoked.order_by("pk").values_list(*NAMED)), reason)
    return len(set(found).intersection(pks))


def _locked(pks: Collection[int]) -> list[int]:
    """Return those of `pks` that are not revoked, locked: of concurrent callers only one records the event of each."""
    unrevoked = Authorization.objects.filter(pk__in=pks, revoked_at=None).select_for_update(of=("self",), no_key=True)
    return list(unrevoked.order_by("pk").values_list("pk", flat=True))


def _exchanged_from(pks: Sequence[int]) -> list[int]:
    """Return the authorizations that were exchanged from `pks`, and from these in turn, and are not revoked."""
    found: list[int] = []
    latest = list(pks)
    while latest:
        exchanged = Authorization.objects.filter(exchanged_from__in=latest, revoked_at=None)
        latest = list(exchanged.order_by("pk").values_list("pk", flat=True))
        found += latest
    return found


def in_batches(rows: Sequence[Row], size: int = BATCH) -> Iterator[Sequence[Row]]:
    for start in range(0, len(rows), size):
        yield rows[start : start + size]


def _record(rows: list[tuple[Any, ...]], reason: str) -> None:
    events.record_all(
        events.describe(
            Event.Kind.REVOCATION,
            reason=reason,
            user_id=user_id,
            username=str(username),
            client_id=client_id,
            client_name=client_name,
            authorization_id=pk,
        )
        for pk, user_id, username, client_id, client_name in rows
    )
