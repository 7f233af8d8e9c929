"""Rows for tests: small functions, one for each thing that a test may need."""

import secrets
from datetime import timedelta
from typing import Any

from django.utils import timezone
from oauth2_provider.models import set_token_value

from accounts.audit import events
from accounts.crypto.token_values import checksum
from accounts.models import AccessToken, Authorization, Client, Consent, Event, Grant, RefreshToken, User
from tests.support.oauth.pkce import CHALLENGE

PASSWORD = "correct horse battery"
RESOURCE = "http://localhost/mcp"


def make_user(username: str = "", *, password: str | None = None, **fields: Any) -> User:
    """A person; without a `password` they cannot sign in with one, which saves the time to hash it."""
    return User.objects.create_user(username or f"person-{secrets.token_hex(4)}", password=password, **fields)


def make_client(**fields: Any) -> Client:
    """A client with a secret, unless told otherwise; pass `client_secret` to know it."""
    defaults = {"name": "Test client", "redirect_uris": "http://localhost:8080/callback", "scope": "read write"}
    return Client.objects.create(**{**defaults, **fields})


def make_authorization(user: User, client: Client, *, scope: str = "read", **fields: Any) -> Authorization:
    """Return the rows that exist once `user` has approved `client`."""
    consent, _ = Consent.objects.get_or_create(user=user, client=client, defaults={"scope": scope})
    return Authorization.objects.create(consent=consent, scope=scope, **fields)


def make_tokens(
    authorization: Authorization,
    *,
    expires_in: timedelta = timedelta(minutes=30),
    source: RefreshToken | None = None,
    resource: str = RESOURCE,
    dpop_jkt: str = "",
) -> tuple[AccessToken, RefreshToken, str]:
    """The pair issued under `authorization`, and the raw access token. `source` is the refresh token it came from."""
    common = {**_common(authorization, resource), "dpop_jkt": dpop_jkt}
    access = AccessToken(**common, expires=timezone.now() + expires_in, source_refresh_token=source)
    raw = secrets.token_urlsafe(32)
    set_token_value(access, raw)
    access.save()
    refresh = RefreshToken(**common, access_token=access)
    set_token_value(refresh, secrets.token_urlsafe(32))
    refresh.save()
    return access, refresh, raw


def make_grant(authorization: Authorization, code: str = "", *, resource: str = RESOURCE, **fields: Any) -> Grant:
    """An authorization code that was not redeemed yet; only its checksum is stored."""
    defaults = {
        "code": checksum(code or secrets.token_urlsafe(32)),
        "expires": timezone.now() + timedelta(minutes=1),
        "redirect_uri": authorization.consent.client.redirect_uris.split()[0],
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
    }
    return Grant.objects.create(**_common(authorization, resource), **{**defaults, **fields})


def make_event(kind: str, **what: Any) -> Event:
    """Record an event of `what` (accounts/audit/events.py)."""
    events.record(kind, **what)
    return Event.objects.latest("pk")


def _common(authorization: Authorization, resource: str) -> dict[str, Any]:
    return {
        "user": authorization.consent.user,
        "application": authorization.consent.client,
        "authorization": authorization,
        "scope": authorization.scope,
        "resource": [resource],
    }
