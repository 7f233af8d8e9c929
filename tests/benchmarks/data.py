"""Rows for this server's database, on PostgreSQL. To be imported where Django is set up for it."""

import secrets
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils import timezone
from oauth2_provider.models import set_token_value

from accounts.crypto.token_values import checksum
from accounts.http.address import RESOURCE_PATH
from accounts.models import AccessToken, Authorization, Client, Grant, RefreshToken
from tests.benchmarks.client import REDIRECT_URI
from tests.benchmarks.notes.models import Note
from tests.support.factories import make_authorization, make_client, make_tokens, make_user
from tests.support.oauth.pkce import CHALLENGE

LASTS = timedelta(hours=4)
NOTES = 1_000
# Pairs that nobody uses, of an authorization each.
CROWD = """
WITH numbered AS (SELECT n FROM generate_series(1, %(count)s) AS n),
authorized AS (
    INSERT INTO oauth_mcp_authorization (consent_id, scope, created_at)
    SELECT %(consent)s, 'read', now() FROM numbered RETURNING id
),
access AS (
    INSERT INTO oauth_mcp_accesstoken
        (user_id, application_id, authorization_id, scope, resource, expires, created, updated, token, token_checksum)
    SELECT %(person)s, %(client)s, id, 'read', %(resource)s, now() + interval '4 hours', now(), now(), '',
        'a' || lpad(id::text, 63, '0') FROM authorized RETURNING id, authorization_id
)
INSERT INTO oauth_mcp_refreshtoken
    (user_id, application_id, authorization_id, scope, resource, created, updated, access_token_id, token,
        token_checksum)
SELECT %(person)s, %(client)s, authorization_id, 'read', %(resource)s, now(), now(), id, '',
    'r' || lpad(id::text, 63, '0') FROM access
"""


@dataclass
class Fixture:
    """Data for a load: access tokens of several people, and codes and refresh tokens, each for one use."""

    tokens: list[str]
    clients: dict[str, dict[str, Any]] = field(default_factory=dict)


def make(tokens: int, people: int, exchanges: int) -> dict[str, Any]:
    """So many pairs of tokens in all, `people` with one that is told, and `exchanges` codes and refresh tokens for a
    public and for a confidential client.
    """
    first = make_authorization(make_user("demo"), make_client(), scope="read write")
    made = Fixture(
        [token_of(first), *(token_of(make_authorization(make_user(), make_client())) for _ in range(1, people))]
    )
    secret = secrets.token_urlsafe(48)
    for name, fields in {
        "public": {"token_endpoint_auth_method": "none"},
        "confidential": {"token_endpoint_auth_method": "client_secret_post", "client_secret": secret},
    }.items():
        client = make_client(name=name, redirect_uris=REDIRECT_URI, **fields)
        made.clients[name] = {
            "client_id": client.client_id,
            **({"client_secret": secret} if client.has_secret else {}),
            "codes": codes_for(client, exchanges),
            "refresh_tokens": refresh_tokens_for(client, exchanges),
        }
    crowd(first, tokens)
    Note.objects.bulk_create(Note(text=f"Note {number}") for number in range(NOTES))
    return asdict(made)


def resource() -> str:
    return settings.PUBLIC_URL + RESOURCE_PATH


def token_of(authorization: Authorization) -> str:
    *_, raw = make_tokens(authorization, expires_in=LASTS, resource=resource())
    return raw


def crowd(like: Authorization, count: int) -> None:
    values: dict[str, int | str | None] = {
        "count": count,
        "consent": like.consent_id,
        "person": like.consent.user_id,
        "client": like.consent.client_id,
        "resource": f'["{resource()}"]',
    }
    with connection.cursor() as cursor:
        cursor.execute(CROWD, values)
        cursor.execute("VACUUM ANALYZE")


def codes_for(client: Client, count: int) -> list[str]:
    raw = [secrets.token_urlsafe(32) for _ in range(count)]
    expires = timezone.now() + LASTS
    grants = [
        Grant(
            **common(authorization),
            code=checksum(code),
            expires=expires,
            redirect_uri=REDIRECT_URI,
            code_challenge=CHALLENGE,
            code_challenge_method="S256",
        )
        for code, authorization in zip(raw, authorizations_of(client, count), strict=True)
    ]
    Grant.objects.bulk_create(grants)
    return raw


def refresh_tokens_for(client: Client, count: int) -> list[str]:
    raw = [secrets.token_urlsafe(32) for _ in range(count)]
    expires = timezone.now() + LASTS
    authorizations = authorizations_of(client, count)
    access = AccessToken.objects.bulk_create(
        [
            AccessToken(**common(each), expires=expires, token_checksum=checksum(secrets.token_urlsafe()))
            for each in authorizations
        ]
    )
    refresh = [
        RefreshToken(**common(each), access_token=token) for each, token in zip(authorizations, access, strict=True)
    ]
    for token, value in zip(refresh, raw, strict=True):
        set_token_value(token, value)
    RefreshToken.objects.bulk_create(refresh)
    return raw


def authorizations_of(client: Client, count: int) -> list[Authorization]:
    consent = make_authorization(make_user(), client).consent
    return Authorization.objects.bulk_create([Authorization(consent=consent, scope="read") for _ in range(count)])


def common(authorization: Authorization) -> dict[str, Any]:
    return {
        "user": authorization.consent.user,
        "application": authorization.consent.client,
        "authorization": authorization,
        "scope": "read",
        "resource": [resource()],
    }
