"""A client that proves itself by its key: JWT client assertions (RFC 7523 section 3)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
from django.core.cache import cache
from django.db import IntegrityError, transaction
from django.utils import timezone
from oauth2_provider.cimd import CIMDError, SafeMetadataFetcher
from oauthlib.oauth2.rfc6749.errors import InvalidClientError

from accounts.models import Client, ClientAssertion
from accounts.tokens import checksum

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
# Asymmetric ones alone: with a shared secret, or none, anyone who read the document could sign.
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
REQUIRED_CLAIMS = ["iss", "sub", "aud", "exp", "jti"]
LEEWAY = timedelta(seconds=60)
# RFC 7523 section 3: "The authorization server MAY reject JWTs with an "exp" claim value that is
# unreasonably far in the future." We remember each jti until then.
LONGEST_LIFE = timedelta(hours=1)
# An unknown key id makes us look again, but not more often than this.
REFETCH_SECONDS = 60


def unverified_client_id(assertion: str) -> str:
    """The client that an assertion says it is of; nothing of it is proven yet."""
    try:
        subject = jwt.decode(assertion, options={"verify_signature": False}).get("sub", "")
    except (jwt.InvalidTokenError, ValueError, RecursionError) as error:
        raise InvalidClientError(description="The client_assertion is no JWT.") from error
    return subject if isinstance(subject, str) and subject.isprintable() else ""


def verify(client: Client, assertion: str, audiences: list[str]) -> None:
    """Raise InvalidClientError unless `assertion` is `client`'s, for one of `audiences`, and was not used before."""
    try:
        claims = jwt.decode(
            assertion,
            key=signing_key(client, assertion),
            algorithms=allowed_algorithms(client),
            audience=audiences,
            issuer=client.client_id,
            subject=client.client_id,
            leeway=LEEWAY,
            options={"require": REQUIRED_CLAIMS},
        )
    except (jwt.PyJWTError, ValueError, RecursionError) as error:
        raise InvalidClientError(description=f"The client_assertion is not valid: {error}") from error
    use_once(client, claims)


def allowed_algorithms(client: Client) -> list[str]:
    declared = client.token_endpoint_auth_signing_alg
    return [declared] if declared in ALGORITHMS else ALGORITHMS


def use_once(client: Client, claims: dict[str, Any]) -> None:
    """Remember the assertion's id for as long as it could be presented. Raises InvalidClientError."""
    expires_at = int(claims["exp"])
    if expires_at > (timezone.now() + LONGEST_LIFE + LEEWAY).timestamp():
        raise InvalidClientError(description="The client_assertion lives for too long: an hour at most.")
    expires = datetime.fromtimestamp(expires_at, UTC)
    try:
        with transaction.atomic():
            ClientAssertion.objects.create(client=client, jti=checksum(str(claims["jti"])), expires_at=expires + LEEWAY)
    except IntegrityError as error:
        raise InvalidClientError(description="The client_assertion was used before.") from error


def signing_key(client: Client, assertion: str) -> jwt.PyJWK:
    """The key of `client` that signed `assertion`, by its key id. Raises a PyJWTError where there is none."""
    key_id = jwt.get_unverified_header(assertion).get("kid")
    key = find(key_set(client), key_id) or find(key_set(client, again=True), key_id)
    if key is None:
        raise jwt.InvalidTokenError("it is signed by a key that the client does not publish.")
    return key


def find(keys: list[jwt.PyJWK], key_id: Any) -> jwt.PyJWK | None:
    """The key with that id; an assertion that names none is matched only where there is just one."""
    if key_id is None:
        return keys[0] if len(keys) == 1 else None
    return next((key for key in keys if key.key_id == key_id), None)


def key_set(client: Client, *, again: bool = False) -> list[jwt.PyJWK]:
    """The keys that `client` publishes; with `again`, fetched anew where that was not just done."""
    document = client.jwks or fetched_keys(client.jwks_uri, again=again)
    try:
        return jwt.PyJWKSet.from_dict(document).keys if document else []
    except jwt.PyJWTError:
        return []


def fetched_keys(jwks_uri: str, *, again: bool) -> dict[str, Any] | None:
    """The document at `jwks_uri`, kept for as long as it allows. None where it cannot be had."""
    if not jwks_uri:
        return None
    name = f"accounts.client_assertions.keys.{checksum(jwks_uri)}"
    kept = cache.get(name)
    if kept is not None and not again:
        return kept
    if not cache.add(f"{name}.asked", True, REFETCH_SECONDS):
        return kept
    try:
        document, max_age = SafeMetadataFetcher().fetch(jwks_uri)
    except CIMDError:
        return kept
    cache.set(name, document, max_age)
    return document
