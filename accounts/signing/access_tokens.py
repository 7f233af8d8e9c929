"""JWT access tokens (RFC 9068), for protected resources that verify tokens by themselves.

Each has a row, as an opaque one has: so it is listed, revoked and introspected in the same way. Its `jti` is the
checksum in that row. The value behind the checksum is never sent to anybody, so that the `jti`, which may be written
to logs, is no credential. A refresh that is repeated gets a JWT of the same row again, which differs in its signature
alone.
"""

from datetime import timedelta

from accounts.conf import conf
from accounts.crypto.token_values import checksum
from accounts.models import AccessToken, Authorization, ProtectedResource
from accounts.protected_resources.exchanges import actor_claim
from accounts.signing import jwts

TYPE = "at+jwt"
# The scopes and the identifier of its resource are the operator's; a client ID may be an address.
LONGEST_JWT = 16_000


def lifetime(authorization: Authorization) -> timedelta | None:
    """Return the lifetime of the JWTs for an `authorization`; None where its tokens are opaque."""
    if not authorization.resource:
        return None
    resource = ProtectedResource.objects.filter(identifier=authorization.resource).first()
    if resource is None or not resource.issues_jwts:
        return None
    return timedelta(minutes=min(resource.token_lifetime, conf.ACCESS_TOKEN_EXPIRE_MINUTES))


def sign(access: AccessToken, issuer: str) -> str:
    """Return the JWT of the row `access`, which is saved. Raises keys.KeyUnreadable."""
    return jwts.sign(claims_of(access, issuer), TYPE)


def claims_of(access: AccessToken, issuer: str) -> jwts.Claims:
    """Return the claims of the row `access` (RFC 9068 section 2.2)."""
    assert access.user is not None
    assert access.application is not None
    return {
        "iss": issuer,
        "exp": int(access.expires.timestamp()),
        "aud": access.authorization.resource,
        # Stable, unlike a username or an email address. The same as introspection says.
        "sub": str(access.user.pk),
        "client_id": access.application.client_id,
        "iat": int(access.created.timestamp()),
        "jti": access.token_checksum,
        "scope": access.scope,
        # RFC 9449 section 6.1: the key that each request with the token must prove.
        **({"cnf": {"jkt": access.dpop_jkt}} if access.dpop_jkt else {}),
        **({"act": actor} if (actor := actor_claim(access.authorization)) is not None else {}),
    }


def checksum_of(value: str) -> str:
    """Return the checksum under which the access token `value`, opaque or a JWT, has its row.

    For a text that is neither, it is one that no row has.
    """
    if "." in value and len(value) <= LONGEST_JWT:
        claims = jwts.verified_claims(value, TYPE)
        if claims is not None and isinstance(claims.get("jti"), str):
            return str(claims["jti"])
    return checksum(value)
