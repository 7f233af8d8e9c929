"""A client that proves itself by its key: JWT client assertions (RFC 7523 section 3)."""

from datetime import UTC, datetime, timedelta
from typing import Any, cast

import jwt
from django.db import IntegrityError, transaction
from django.utils import timezone
from jwt.types import Options
from oauthlib.oauth2.rfc6749.errors import InvalidClientError

from accounts import fetching
from accounts.client_credentials import keys as client_keys
from accounts.clients.public_keys import ALGORITHMS
from accounts.crypto.token_values import checksum
from accounts.models import Client, ClientAssertion

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
REQUIRED_CLAIMS = ["iss", "sub", "aud", "exp", "jti"]
# With a chain of certificates in its header, which some libraries add. This is its only limit: a longer one is answered
# as an assertion that does not prove the client, and not as a malformed request.
LONGEST_ASSERTION = 16_000
LEEWAY = timedelta(seconds=60)
# RFC 7523 section 3: "The authorization server MAY reject JWTs with an "exp" claim value that is
# unreasonably far in the future." We remember each jti until then.
LONGEST_LIFE = timedelta(hours=1)
# What a JWT whose content nobody has proven yet can raise: its JSON may be nested without end.
UNREADABLE = (jwt.PyJWTError, ValueError, TypeError, OverflowError, RecursionError)
VERIFIED_CLAIMS = ("exp", "nbf", "iat", "iss", "sub", "jti")
CLAIMS_ALONE = {"verify_signature": False} | {f"verify_{claim}": True for claim in VERIFIED_CLAIMS}

Claims = dict[str, Any]


def unverified_client_id(assertion: str) -> str:
    """The client that an assertion says it is of; nothing of it is proven yet."""
    refuse_long(assertion)
    try:
        subject = jwt.decode(assertion, options={"verify_signature": False}).get("sub", "")
    except UNREADABLE as error:
        raise InvalidClientError(description="The client_assertion cannot be read: it must be a signed JWT.") from error
    return subject if isinstance(subject, str) and subject.isprintable() else ""


def verify(client: Client, assertion: str, audiences: list[str], *, asked_by: str = "") -> None:
    """Raise InvalidClientError unless `assertion` is `client`'s, for one of `audiences`, and was not used before.

    What can be told without the client's keys comes first: only an assertion that would be accepted if it is
    signed makes us fetch them. `asked_by` names whose fetches count together.
    Raises fetching.Unavailable where the keys cannot be had at the moment.
    """
    refuse_long(assertion)
    try:
        claims = plausible_claims(client, assertion)
        refuse_other_audiences(claims, audiences)
        expires = expiry(claims)
        refuse_used(client, claims)
        verify_signature(client, assertion, asked_by=asked_by)
    except fetching.Unavailable:
        raise
    except fetching.FetchError as error:
        raise InvalidClientError(description=f"The client's keys cannot be had. {error}") from error
    except UNREADABLE as error:
        raise InvalidClientError(description=f"The client_assertion is not valid: {error}") from error
    use_once(client, claims, expires)


def refuse_long(assertion: str) -> None:
    if len(assertion) > LONGEST_ASSERTION:
        raise InvalidClientError(description=f"The client_assertion is longer than {LONGEST_ASSERTION} characters.")


def plausible_claims(client: Client, assertion: str) -> Claims:
    """The claims, right as far as they go; the signature is not verified yet. Raises what UNREADABLE names."""
    algorithm = jwt.get_unverified_header(assertion).get("alg")
    if algorithm not in allowed_algorithms(client):
        raise jwt.InvalidAlgorithmError("The specified alg value is not allowed")
    options = cast("Options", {**CLAIMS_ALONE, "require": REQUIRED_CLAIMS})
    return jwt.decode(
        assertion,
        issuer=client.client_id,
        subject=client.client_id,
        leeway=LEEWAY,
        options=options,
    )


def refuse_other_audiences(claims: Claims, audiences: list[str]) -> None:
    """One audience, and that is this server.

    An assertion for several servers could be presented to one by another: hence a string, not an array
    (draft-ietf-oauth-rfc7523bis section 4).
    """
    if not isinstance(claims["aud"], str):
        raise jwt.InvalidAudienceError(f"aud must be one string, not an array: {audiences[0]}")
    if claims["aud"] not in audiences:
        raise jwt.InvalidAudienceError(f"aud must be {' or '.join(audiences)}")


def expiry(claims: Claims) -> datetime:
    """When the assertion expires. Raises InvalidClientError where that is too far away."""
    expires_at = int(claims["exp"])
    if expires_at > (timezone.now() + LONGEST_LIFE + LEEWAY).timestamp():
        raise InvalidClientError(description="The client_assertion lives for too long: an hour at most.")
    return datetime.fromtimestamp(expires_at, UTC)


def refuse_used(client: Client, claims: Claims) -> None:
    if ClientAssertion.objects.filter(client=client, jti=checksum(claims["jti"])).exists():
        raise InvalidClientError(description="The client_assertion was used before.")


def verify_signature(client: Client, assertion: str, *, asked_by: str) -> None:
    """Raise a PyJWTError unless a key of the client signed it, and FetchError where those cannot be had."""
    jwt.decode(
        assertion,
        key=signing_key(client, assertion, asked_by=asked_by),
        algorithms=allowed_algorithms(client),
        leeway=LEEWAY,
        options={"verify_aud": False},
    )


def allowed_algorithms(client: Client) -> list[str]:
    declared = client.token_endpoint_auth_signing_alg
    return [declared] if declared in ALGORITHMS else ALGORITHMS


def use_once(client: Client, claims: Claims, expires: datetime) -> None:
    """Remember the assertion's id for as long as it could be presented. Raises InvalidClientError."""
    try:
        with transaction.atomic():
            ClientAssertion.objects.create(client=client, jti=checksum(claims["jti"]), expires_at=expires + LEEWAY)
    except IntegrityError as error:
        raise InvalidClientError(description="The client_assertion was used before.") from error


def signing_key(client: Client, assertion: str, *, asked_by: str) -> jwt.PyJWK:
    """The key of `client` that signed `assertion`, by its key id. Raises a PyJWTError where there is none."""
    key_id = jwt.get_unverified_header(assertion).get("kid")
    key = find(client_keys.key_set(client, asked_by=asked_by), key_id) or find(
        client_keys.key_set(client, again=True, asked_by=asked_by), key_id
    )
    if key is None:
        raise jwt.InvalidTokenError("it is signed by a key that the client does not publish.")
    return key


def find(keys: list[jwt.PyJWK], key_id: Any) -> jwt.PyJWK | None:
    """The key with that id; an assertion that names none is matched only where there is just one."""
    if key_id is None:
        return keys[0] if len(keys) == 1 else None
    return next((key for key in keys if key.key_id == key_id), None)
