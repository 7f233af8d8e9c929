"""Responses to introspection as JWTs (RFC 9701)."""

import time
from typing import Any

from django.http import HttpRequest

from accounts.signing import jwts

TYPE = "token-introspection+jwt"
MEDIA_TYPE = f"application/{TYPE}"


def is_requested(request: HttpRequest) -> bool:
    """Return whether the request prefers a JWT over JSON (section 4), by its Accept header."""
    return request.get_preferred_type(["application/json", MEDIA_TYPE]) == MEDIA_TYPE


def sign(response: dict[str, Any], *, issuer: str, audience: str) -> str:
    """Return `response` in a JWT for `audience`, the client ID of the resource. Raises keys.KeyUnreadable.

    Section 5: it has no `sub` and no `exp`, so that it cannot be used as an access token.
    """
    claims = {"iss": issuer, "aud": audience, "iat": int(time.time()), "token_introspection": response}
    return jwts.sign(claims, TYPE)
