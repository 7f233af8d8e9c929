"""The one way to end an authorization, from wherever the wish comes."""

from django.db import transaction
from django.utils import timezone

from accounts import events
from accounts.models import Authorization, AuthorizationQuerySet, Event

# A client may hold very many: they are ended a batch at a time, whose ids fit into one statement.
BATCH = 1000


@transaction.atomic
def revoke(authorizations: AuthorizationQuerySet, *, reason: str) -> int:
    """End `authorizations`: every code and token of theirs is dead on its next use.

    `reason` is a short code for the trail (`password_changed`, `code_reused`, …). Returns how
    many were still alive; each of those leaves an event.
    """
    count = 0
    # Locked: of several who come at once one ends it, and the others find that it has ended.
    alive = authorizations.filter(revoked_at=None).select_for_update(of=("self",), no_key=True).order_by("pk")
    alive = alive.select_related("consent__user", "consent__client")
    while batch := list(alive[:BATCH]):
        chosen = Authorization.objects.filter(pk__in=[authorization.pk for authorization in batch])
        chosen.update(revoked_at=timezone.now())
        events.record_all(
            events.describe(
                Event.Kind.REVOCATION,
                reason=reason,
                user=authorization.consent.user,
                client=authorization.consent.client,
                authorization_id=authorization.pk,
            )
            for authorization in batch
        )
        count += len(batch)
    return count
