"""JWTs as a server reads them that has only this one's metadata: its issuer, and its keys."""

from typing import Any

import jwt
from django.test import Client as Browser


def published_keys() -> list[dict[str, str]]:
    response = Browser().get("/oauth/jwks")
    assert response.status_code == 200
    keys: list[dict[str, str]] = response.json()["keys"]
    return keys


def verified(token: str, audience: str, type_: str = "at+jwt") -> dict[str, Any]:
    """Return the claims of `token`, as RFC 9068 section 4 has it verified. Raises a PyJWTError."""
    header = jwt.get_unverified_header(token)
    if header["typ"] != type_:
        raise jwt.InvalidTokenError(f"typ is {header['typ']}")
    key = next(jwt.PyJWK.from_dict(each) for each in published_keys() if each["kid"] == header["kid"])
    claims: dict[str, Any] = jwt.decode(
        token, key, algorithms=["ES256", "RS256"], audience=audience, issuer="http://localhost"
    )
    return claims
