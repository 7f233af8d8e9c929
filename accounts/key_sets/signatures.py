"""Verification of a JWT's signature by a key set."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, cast

import jwt
from jwt.types import Options

from accounts.clients.public_keys import verifying

Claims = dict[str, Any]
# Returns the key set of the JWT's signer, fetched again where `refetch` is true. Raises fetching.FetchError.
KeySet = Callable[[bool], dict[str, Any]]
# The difference between two clocks.
LEEWAY = timedelta(seconds=60)
# Exceptions that an unverified JWT can cause: its JSON may be deeply nested.
UNREADABLE = (jwt.PyJWTError, ValueError, TypeError, OverflowError, RecursionError)
VERIFIED_CLAIMS = ("exp", "nbf", "iat", "iss", "sub", "jti")
CLAIMS_ALONE = {"verify_signature": False} | {f"verify_{claim}": True for claim in VERIFIED_CLAIMS}


def claims_alone(token: str, required: list[str], **expected: str) -> Claims:
    """Return the claims of `token`, which are validated, but whose signature is not verified.

    `expected` are the `issuer` and the `subject`. Raises the exceptions in UNREADABLE.
    """
    options = cast("Options", {**CLAIMS_ALONE, "require": required})
    return jwt.decode(token, leeway=LEEWAY, options=options, **expected)  # type: ignore[arg-type]


def verify(token: str, key_set: KeySet, algorithms: list[str], *, signer: str) -> None:
    """Raise a PyJWTError unless a key in `key_set` signed `token`. Fetches keys last. Raises FetchError."""
    jwt.decode(
        token,
        key=_signing_key(token, key_set, signer),
        algorithms=algorithms,
        leeway=LEEWAY,
        options={"verify_aud": False},
    )


def _signing_key(token: str, key_set: KeySet, signer: str) -> jwt.PyJWK:
    """Return the key that `token` names, for its algorithm. Raises a PyJWTError where there is none."""
    header = jwt.get_unverified_header(token)
    key = find(key_set(False), header) or find(key_set(True), header)
    if key is None:
        raise jwt.InvalidTokenError(f"{signer} does not publish the key that signed it, for its alg.")
    return key


def find(key_set: dict[str, Any], header: dict[str, Any]) -> jwt.PyJWK | None:
    """Return the key with the `kid` in `header`, for its `alg`; without a `kid`, the only key for that `alg`."""
    keys, key_id = verifying(key_set, header["alg"]), header.get("kid")
    if key_id is None:
        return keys[0] if len(keys) == 1 else None
    return next((key for key in keys if key.key_id == key_id), None)
