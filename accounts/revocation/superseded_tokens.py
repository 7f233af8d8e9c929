"""Revocation of a single access token: of a superseded one, or one of several that a machine uses side by side."""

from django.db import transaction
from django.utils import timezone

from accounts.audit import events
from accounts.models import AccessToken, Authorization, Client, Event


def revoke(token_checksum: str, client: Client) -> bool:
    """Revoke an access token of `client` that is not the newest of its authorization, and record the event.

    One of client credentials is revoked alone in any case: programs that share the client each have their own.
    Returns False, and changes nothing, for every other token.
    """
    with transaction.atomic():
        tokens = AccessToken.objects.select_for_update(of=("self",)).select_related("user", "authorization")
        token = tokens.filter(token_checksum=token_checksum, application=client).first()
        if token is None or not _is_one_of_several(token):
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


def _is_one_of_several(token: AccessToken) -> bool:
    by_client = token.authorization.origin == Authorization.Origin.CLIENT_CREDENTIALS
    return by_client or token.authorization.access_tokens.filter(pk__gt=token.pk).exists()
