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


def verify(token: str, key_set: KeySet, algorithms: list[str], *, signer: str, most_tried: int = 1) -> None:
    """Raise a PyJWTError unless a key in `key_set` signed `token`. Fetches keys last. Raises FetchError.

    A token without a `kid` is verified by each key for its `alg` where there are at most `most_tried`.
    """
    *others, last = _candidates(token, key_set, signer, most_tried)
    for key in others:
        try:
            return _decode(token, key, algorithms)
        except jwt.InvalidSignatureError:
            continue
    _decode(token, last, algorithms)


def _decode(token: str, key: jwt.PyJWK, algorithms: list[str]) -> None:
    jwt.decode(token, key=key, algorithms=algorithms, leeway=LEEWAY, options={"verify_aud": False})


def _candidates(token: str, key_set: KeySet, signer: str, most_tried: int) -> list[jwt.PyJWK]:
    """Return the keys that may have signed `token`, one at least. Raises a PyJWTError where there is none."""
    header = jwt.get_unverified_header(token)
    keys = find(key_set(False), header, most_tried) or find(key_set(True), header, most_tried)
    if not keys:
        raise jwt.InvalidTokenError(f"{signer} does not publish the key that signed it, for its alg.")
    return keys


def find(key_set: dict[str, Any], header: dict[str, Any], most_tried: int) -> list[jwt.PyJWK]:
    """Return the key with the `kid` in `header`, for its `alg`; without a `kid`, all for that `alg`, if few enough."""
    keys, key_id = verifying(key_set, header["alg"]), header.get("kid")
    if key_id is None:
        return keys if len(keys) <= most_tried else []
    return next(([key] for key in keys if key.key_id == key_id), [])
