"""Revocation of a single access token that a newer one of its authorization has superseded."""

from django.db import transaction
from django.utils import timezone

from accounts.audit import events
from accounts.models import AccessToken, Client, Event


def revoke(token_checksum: str, client: Client) -> bool:
    """Revoke an access token of `client` that is not the newest of its authorization, and record the event.

    Returns False, and changes nothing, for every other token.
    """
    with transaction.atomic():
        tokens = AccessToken.objects.select_for_update(of=("self",)).select_related("user", "authorization")
        token = tokens.filter(token_checksum=token_checksum, application=client).first()
        if token is None or not token.authorization.access_tokens.filter(pk__gt=token.pk).exists():
            return False
        now = timezone.now()
        if token.expires > now:
            # The row stays until it is pruned, as that of every other token that has expired.
            AccessToken.objects.filter(pk=token.pk).update(expires=now)
            events.record(
                Event.Kind.REVOCATION,
                action="access_token",
                reason="client_revoked",
                user=token.user,
                client=client,
                authorization_id=token.authorization_id,
                token_id=token.pk,
            )
    return True
