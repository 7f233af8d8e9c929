"""Client authentication by JWT assertions (RFC 7523 section 3)."""

from datetime import UTC, datetime, timedelta
from functools import partial

import jwt
from django.db import IntegrityError, transaction
from django.utils import timezone
from oauthlib.oauth2.rfc6749.errors import InvalidClientError

from accounts import fetching
from accounts.client_credentials import keys as client_keys
from accounts.client_credentials.key_replacement import may_replace
from accounts.clients.public_keys import ALGORITHMS, MOST_KEYS
from accounts.crypto.token_values import checksum
from accounts.key_sets import signatures
from accounts.key_sets.signatures import LEEWAY, UNREADABLE, Claims
from accounts.models import Client, ClientAssertion

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
REQUIRED_CLAIMS = ["iss", "sub", "aud", "exp", "jti"]
# Enough for a certificate chain in its header, which some libraries add. A longer one is an `invalid_client` error, and
# not a malformed request.
LONGEST_ASSERTION = 16_000
# RFC 7523 section 3: "The authorization server MAY reject JWTs with an "exp" claim value that is
# unreasonably far in the future." Each jti is stored until then.
LONGEST_LIFE = timedelta(hours=1)


def unverified_client_id(assertion: str) -> str:
    """Return the client_id that an assertion names, without verifying it. Raises InvalidClientError."""
    refuse_long(assertion)
    try:
        subject = jwt.decode(assertion, options={"verify_signature": False}).get("sub", "")
    except UNREADABLE as error:
        raise InvalidClientError(description="The client_assertion cannot be read: it must be a signed JWT.") from error
    if not isinstance(subject, str) or not subject or not subject.isprintable():
        raise InvalidClientError(description="The client_assertion names no client: its sub must be the client_id.")
    return subject


def verify(client: Client, assertion: str, audiences: list[str], *, requester: str = "") -> None:
    """Raise InvalidClientError unless `assertion` is `client`'s, for one of `audiences`, and was not used before.

    The client's keys are fetched only after all other checks. `requester` identifies the caller whose concurrent
    fetches are limited. Raises fetching.Unavailable where the keys cannot be fetched at the moment.
    """
    refuse_long(assertion)
    try:
        claims = plausible_claims(client, assertion)
        refuse_other_audiences(claims, audiences)
        expires = expiry(claims)
        refuse_used(client, claims)
        verify_signature(client, assertion, requester=requester)
    except fetching.Unavailable:
        raise
    except fetching.FetchError as error:
        raise InvalidClientError(description=f"The client's keys cannot be fetched. {error}") from error
    except UNREADABLE as error:
        raise InvalidClientError(description=f"The client_assertion is not valid: {error}") from error
    use_once(client, claims, expires)


def refuse_long(assertion: str) -> None:
    if len(assertion) > LONGEST_ASSERTION:
        raise InvalidClientError(description=f"The client_assertion is longer than {LONGEST_ASSERTION} characters.")


def plausible_claims(client: Client, assertion: str) -> Claims:
    """Return the validated claims, before the signature is verified. Raises the exceptions in UNREADABLE."""
    algorithm = jwt.get_unverified_header(assertion).get("alg")
    if algorithm not in allowed_algorithms(client):
        raise jwt.InvalidAlgorithmError("The specified alg value is not allowed")
    return signatures.claims_alone(assertion, REQUIRED_CLAIMS, issuer=client.client_id, subject=client.client_id)


def refuse_other_audiences(claims: Claims, audiences: list[str]) -> None:
    """Raise InvalidAudienceError unless the only audience is this server.

    `aud` must be a string, not an array: one of several servers could present the assertion to another
    (draft-ietf-oauth-rfc7523bis section 4).
    """
    if not isinstance(claims["aud"], str):
        raise jwt.InvalidAudienceError(f"aud must be one string, not an array: {audiences[0]}")
    if claims["aud"] not in audiences:
        raise jwt.InvalidAudienceError(f"aud must be {' or '.join(audiences)}")


def expiry(claims: Claims) -> datetime:
    """Return when the assertion expires. Raises InvalidClientError where that is more than LONGEST_LIFE from now."""
    expires_at = int(claims["exp"])
    if expires_at > (timezone.now() + LONGEST_LIFE + LEEWAY).timestamp():
        raise InvalidClientError(description="The client_assertion may be valid for at most an hour.")
    return datetime.fromtimestamp(expires_at, UTC)


def refuse_used(client: Client, claims: Claims) -> None:
    if ClientAssertion.objects.filter(client=client, jti=checksum(claims["jti"])).exists():
        raise InvalidClientError(description="The client_assertion was used before.")


def verify_signature(client: Client, assertion: str, *, requester: str) -> None:
    """Raise a PyJWTError unless a key of the client signed it, and FetchError where the keys cannot be fetched."""
    key_set = partial(_key_set, client, requester)
    # The official SDKs send no kid: during an overlap, each key that the operator entered is tried.
    tried = MOST_KEYS if may_replace(client) else 1
    signatures.verify(assertion, key_set, allowed_algorithms(client), signer="the client", most_tried=tried)


def _key_set(client: Client, requester: str, refetch: bool) -> dict[str, object]:
    return client_keys.key_set(client, refetch=refetch, requester=requester)


def allowed_algorithms(client: Client) -> list[str]:
    declared = client.token_endpoint_auth_signing_alg
    return [declared] if declared in ALGORITHMS else ALGORITHMS


def use_once(client: Client, claims: Claims, expires: datetime) -> None:
    """Store the assertion's id until it expires. Raises InvalidClientError where it is stored already."""
    try:
        with transaction.atomic():
            ClientAssertion.objects.create(client=client, jti=checksum(claims["jti"]), expires_at=expires + LEEWAY)
    except IntegrityError as error:
        raise InvalidClientError(description="The client_assertion was used before.") from error
