"""Values of codes and tokens, and the checksums by which the database stores them.

The pair that a refresh issues is derived from the refresh token that was presented, so that the
same refresh sent twice (a client that refreshes in parallel, or retries after a lost response)
gets the same pair, although only checksums are stored.
"""

import base64
import hashlib
import secrets
from collections.abc import Iterator
from typing import NamedTuple

from django.conf import settings
from django.utils.crypto import salted_hmac
from oauthlib.common import Request

RANDOM_BYTES = 32


class Pair(NamedTuple):
    access_token: str
    refresh_token: str


def checksum(value: str) -> str:
    """Return the SHA-256 of a token, code or secret in hexadecimal, as the database stores it."""
    return hashlib.sha256(value.encode("utf-8", "surrogatepass")).hexdigest()


def random_token() -> str:
    return secrets.token_urlsafe(RANDOM_BYTES)


def generate_access_token(request: Request) -> str:
    """Return the access token for an oauthlib token request: random for a code, derived for a refresh."""
    if request.grant_type != "refresh_token":
        return random_token()
    return _successor(request.refresh_token, settings.SECRET_KEY).access_token


def generate_refresh_token(request: Request) -> str:
    """Return the refresh token of the same pair."""
    if request.grant_type != "refresh_token":
        return random_token()
    return _successor(request.refresh_token, settings.SECRET_KEY).refresh_token


def successors(refresh_token: str) -> Iterator[Pair]:
    """Yield the pair derived from `refresh_token`: under the current SECRET_KEY, then under each former one."""
    for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        yield _successor(refresh_token, key)


def _successor(refresh_token: str, key: str) -> Pair:
    return Pair(
        _derive("accounts.tokens.access", refresh_token, key), _derive("accounts.tokens.refresh", refresh_token, key)
    )


def _derive(purpose: str, refresh_token: str, key: str) -> str:
    digest = salted_hmac(purpose, refresh_token, secret=key, algorithm="sha256").digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
