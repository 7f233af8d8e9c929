"""The one way to end an authorization, from wherever the wish comes."""

from django.utils import timezone

from accounts import events
from accounts.models import Authorization, AuthorizationQuerySet, Event


def revoke(authorizations: AuthorizationQuerySet, *, reason: str) -> int:
    """End `authorizations`: every code and token of theirs is dead on its next use.

    `reason` is a short code for the trail (`password_changed`, `code_reused`, …). Returns how
    many were still alive; each of those leaves an event.
    """
    ended = list(authorizations.filter(revoked_at=None).select_related("consent__user", "consent__client"))
    Authorization.objects.filter(pk__in=[authorization.pk for authorization in ended], revoked_at=None).update(
        revoked_at=timezone.now()
    )
    for authorization in ended:
        events.record(
            Event.Kind.REVOCATION,
            reason=reason,
            user=authorization.consent.user,
            client=authorization.consent.client,
            authorization_id=authorization.pk,
        )
    return len(ended)
