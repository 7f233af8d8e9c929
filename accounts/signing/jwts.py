"""Signatures of JWTs, and their verification by this server itself."""

from typing import Any

import jwt

from accounts.models import SigningKey
from accounts.signing import keys

# Exceptions that an unverified JWT can cause: its JSON may be deeply nested.
UNREADABLE = (jwt.PyJWTError, ValueError, TypeError, OverflowError, RecursionError)

Claims = dict[str, Any]


def sign(claims: Claims, type_: str) -> str:
    """Return a JWT with `claims`, of the explicit type `type_` (RFC 8725 section 3.11). Raises keys.KeyUnreadable."""
    key = keys.current()
    headers = {"typ": type_, "kid": key.kid}
    return jwt.encode(claims, keys.private_key(key), algorithm=key.algorithm, headers=headers)  # type: ignore[arg-type]


def verified_claims(value: str, type_: str) -> Claims | None:
    """Return the claims of a JWT that this server signed, of that type; None for any other text.

    An expired one counts, too: the caller looks at what it stands for.
    """
    try:
        header = jwt.get_unverified_header(value)
        key = _key(header.get("kid")) if header.get("typ") == type_ else None
        if key is None:
            return None
        public = jwt.PyJWK.from_dict(key.public_jwk)
        options: Any = {"verify_exp": False, "verify_nbf": False, "verify_iat": False, "verify_aud": False}
        # The algorithm is the key's own, not that of the header (RFC 8725 section 3.1).
        return jwt.decode(value, public, algorithms=[key.algorithm], options=options)
    except UNREADABLE:
        return None


def _key(kid: Any) -> SigningKey | None:
    # PostgreSQL cannot look for every string, such as one with NUL.
    is_possible = isinstance(kid, str) and kid.isprintable()
    return SigningKey.objects.published().filter(kid=kid).first() if is_possible else None
