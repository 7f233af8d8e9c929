"""Revocation of a single access token: of a superseded one, or one of several that programs use side by side."""

from django.db import transaction
from django.utils import timezone

from accounts.audit import events
from accounts.models import AccessToken, Authorization, Client, Event
from accounts.revocation import authorizations

# Programs that share a client share an authorization, too: CI jobs, for instance.
SHARED = (Authorization.Origin.CLIENT_CREDENTIALS, Authorization.Origin.WORKLOAD)


def revoke(token_checksum: str, client: Client) -> bool:
    """Revoke an access token of `client` that is not the newest of its authorization, and record the event.

    One of client credentials or of a workload is revoked alone in any case: programs that share the client each have
    their own. Returns False, and changes nothing, for every other token.
    """
    with transaction.atomic():
        tokens = AccessToken.objects.select_for_update(of=("self",)).select_related("user", "authorization")
        token = tokens.filter(token_checksum=token_checksum, application=client).first()
        if token is None or not _is_one_of_several(token):
            return False
        if token.expires > timezone.now():
            _end(token, client)
    return True


def _is_one_of_several(token: AccessToken) -> bool:
    is_shared = token.authorization.origin in SHARED
    return is_shared or token.authorization.access_tokens.filter(pk__gt=token.pk).exists()


def _end(token: AccessToken, client: Client) -> None:
    """End `token`, which is locked, and what was exchanged from its authorization (RFC 8693).

    That may include what was exchanged from its other tokens, which can be exchanged again.
    """
    # The row stays until it is pruned, as that of every other token that has expired.
    AccessToken.objects.filter(pk=token.pk).update(expires=timezone.now())
    events.record(
        Event.Kind.REVOCATION,
        action="access_token",
        reason="client_revoked",
        user=token.user,
        client=client,
        authorization_id=token.authorization_id,
        token_id=token.pk,
    )
    exchanged = Authorization.objects.filter(exchanged_from=token.authorization_id)
    authorizations.revoke(exchanged, reason="client_revoked")
