"""Deletion of people and clients with all their rows, in short transactions.

There may be 100,000 tokens, and on SQLite no other transaction can write meanwhile.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

from django.db import IntegrityError, models
from django.db.models import QuerySet
from django.db.models.deletion import get_candidate_relations_to_delete
from django.utils import timezone

from accounts.db.short_transactions import short_transaction
from accounts.models import (
    AccessToken,
    Authorization,
    AuthorizationQuerySet,
    Client,
    Consent,
    DeviceCode,
    Grant,
    RefreshToken,
)
from accounts.revocation.authorizations import BATCH, in_batches, revoke
from accounts.user_model import User

# The codes and tokens of authorizations, in the order in which they can be deleted.
ISSUED: tuple[Any, ...] = (Grant, AccessToken, RefreshToken)
MOST_TRIES = 5
# The clients or people that are deleted together. Admin logs each.
AT_ONCE = 200
# The foreign keys to a client or person, of consents, and of codes and tokens.
OF_CONSENT: dict[type[models.Model], str] = {Client: "client", User: "user"}
OF_ISSUED: dict[type[models.Model], str] = {Client: "application", User: "user"}


def issued_of(authorizations: AuthorizationQuerySet) -> list[QuerySet[Any]]:
    """Return the codes and tokens of `authorizations`."""
    return [model.objects.filter(authorization__in=authorizations) for model in ISSUED]


def delete_issued(authorizations: AuthorizationQuerySet) -> None:
    """Delete the codes and tokens of `authorizations`."""
    # A refreshed access token and the refresh token that it was issued for refer to each other.
    AccessToken.objects.filter(authorization__in=authorizations).update(source_refresh_token=None)
    RefreshToken.objects.filter(authorization__in=authorizations).update(access_token=None)
    for issued in [DeviceCode.objects.filter(authorization__in=authorizations), *issued_of(authorizations)]:
        issued._raw_delete(issued.db)


def end_access(rows: QuerySet[Any]) -> None:
    """Suspend the people or clients in `rows` by one statement. Their tokens are refused from the next request on."""
    chosen = rows.model._default_manager.filter(pk__in=list(rows.values_list("pk", flat=True)))
    if rows.model is User:
        chosen.filter(is_active=True).update(is_active=False)
    else:
        chosen.filter(suspended_at=None).update(suspended_at=timezone.now())


def delete(row: Client | User, *, reason: str) -> None:
    """Delete a client or a person. See `delete_all`."""
    delete_all([row], reason=reason)


def delete_all(rows: Sequence[Any], *, reason: str) -> None:
    """Delete clients or people, whose access the caller has ended, in many short transactions.

    Must not be called inside a transaction. If it stops in between, call it again to delete the rest. Since access has
    ended, no authorizations are added meanwhile. A request that was authenticated before may still add a token.
    """
    for batch in in_batches(rows, AT_ONCE):
        _delete_some(type(batch[0]), [row.pk for row in batch], reason)


def _delete_some(model: type[models.Model], pks: list[Any], reason: str) -> None:
    authorizations = Authorization.objects.filter(**{f"consent__{OF_CONSENT[model]}__in": pks})
    revoke(authorizations, reason=reason)
    for issued in ISSUED:
        _in_batches(issued.objects.filter(**{f"{OF_ISSUED[model]}__in": pks}), _delete_issued_batch)
    _in_batches(authorizations, _delete_authorizations)
    for related in _cascades(model, pks):
        _in_batches(related, _delete_rows)
    _retried(partial(_delete_last, model, pks, authorizations))


def _delete_issued_batch(chosen: QuerySet[Any]) -> None:
    if chosen.model is RefreshToken:
        AccessToken.objects.filter(source_refresh_token__in=chosen).update(source_refresh_token=None)
    if chosen.model is AccessToken:
        RefreshToken.objects.filter(access_token__in=chosen).update(access_token=None)
    chosen._raw_delete(chosen.db)


def _delete_authorizations(chosen: Any) -> None:
    delete_issued(chosen)
    # They are revoked, and deleted with a later batch.
    Authorization.objects.filter(exchanged_from__in=chosen).update(exchanged_from=None)
    chosen._raw_delete(chosen.db)


def _delete_rows(chosen: QuerySet[Any]) -> None:
    chosen.delete()


def _cascades(model: type[models.Model], pks: list[Any]) -> list[QuerySet[Any]]:
    """Return the rows of other models that Django would delete by cascade with those of `model`."""
    options: Any = model._meta
    relations: Iterable[Any] = get_candidate_relations_to_delete(options)
    return [
        relation.related_model._base_manager.filter(**{f"{relation.field.name}__in": pks})
        for relation in relations
        if relation.on_delete is models.CASCADE and not relation.related_model._meta.auto_created
    ]


def _in_batches(rows: QuerySet[Any], delete_batch: Callable[[QuerySet[Any]], None]) -> None:
    """Call `delete_batch` for at most BATCH of `rows` at a time, each time in a transaction of its own."""
    found = rows.order_by("pk").values_list("pk", flat=True)
    batch = list(found[:BATCH])
    while batch:
        _retried(partial(delete_batch, rows.model._base_manager.filter(pk__in=batch)))
        batch = list(found.filter(pk__gt=batch[-1])[:BATCH])


def _delete_last(model: type[models.Model], pks: list[Any], authorizations: AuthorizationQuerySet) -> None:
    """Delete the rows themselves, with any rows that were added meanwhile."""
    delete_issued(authorizations)
    authorizations._raw_delete(authorizations.db)
    consents = Consent.objects.filter(**{f"{OF_CONSENT[model]}__in": pks})
    consents._raw_delete(consents.db)
    # By a query, so that the caller's objects keep their primary keys, which admin displays afterwards.
    model._base_manager.filter(pk__in=pks).delete()


def _retried(act: Callable[[], None]) -> None:
    """Call `act` in a transaction, again where a row that was added meanwhile refers to a deleted one."""
    for attempt in range(MOST_TRIES):
        try:
            with short_transaction():
                act()
        except IntegrityError:
            if attempt == MOST_TRIES - 1:
                raise
        else:
            return
