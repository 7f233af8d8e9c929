"""Remembered consent: a live authorization that makes another consent unnecessary."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone

from accounts.clients import vouching
from accounts.conf import conf
from accounts.models import Authorization, AuthorizationQuerySet, Client, ProtectedResource, RefreshToken
from accounts.user_model import User

# The largest number of authorizations that a request is compared with.
MOST_COMPARED = 20


def remembered_authorization(
    user: User,
    client: Client,
    redirect_uri: str,
    scopes: Sequence[str],
    target: ProtectedResource | None = None,
    *,
    shown_since: datetime | None = None,
) -> Authorization | None:
    """Return a live authorization that makes another consent unnecessary, or None.

    With `shown_since`, only a page that was shown later counts: then the operator let the resource use another one.

    The person approved these scopes at this resource for this exact redirect URI, the client is unchanged since, and
    the operator or its document vouches for it. The new authorization expires when the remembered one does.
    """
    # Sec-Fetch-Site does not identify who started the request: a client's own web page is another site, too. The
    # code is sent to the approved address, and cannot be redeemed without the verifier.
    if not vouching.may_be_remembered(client, redirect_uri):
        return None
    matching = _matching(user, client, redirect_uri, target)
    if shown_since is not None:
        matching = matching.filter(created_at__gt=shown_since)
    longest_first = matching.order_by(F("expires_at").desc(nulls_first=True))
    # A substring match, which also finds `read_all` for `read`: the scopes are compared exactly below.
    for name in scopes:
        longest_first = longest_first.filter(scope__contains=name)
    candidates = longest_first[:MOST_COMPARED]
    return next((each for each in candidates if set(scopes) <= set(each.scope.split())), None)


def _matching(user: User, client: Client, redirect_uri: str, target: ProtectedResource | None) -> AuthorizationQuerySet:
    """Return the person's live, used authorizations of `client` as it is now, for `redirect_uri`."""
    since = timezone.now() - timedelta(days=conf.REFRESH_TOKEN_EXPIRE_DAYS)
    refreshed = RefreshToken.objects.filter(authorization=OuterRef("pk"), created__gt=since)
    return Authorization.objects.live().filter(
        # The consent page promises that an unused authorization ends (accounts/oauth/consent_lifetimes.py).
        Q(created_at__gt=since) | Exists(refreshed),
        consent__user=user,
        consent__client=client,
        client_fingerprint=client.fingerprint,
        redirect_uri=redirect_uri,
        resource=target.identifier if target is not None else "",
    )
