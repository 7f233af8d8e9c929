"""Parsing of public keys: JSON Web Keys (RFC 7517) that a client registered, or publishes at its `jwks_uri`."""

from itertools import islice
from typing import Any

import jwt

# Only asymmetric algorithms: with a shared secret, or none, anyone who has the public document could sign.
RSA_ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"]
# By the type and the curve of a key (RFC 7518 section 3.1, RFC 8037 section 3.1).
ALGORITHMS_OF_KEYS = {
    ("RSA", ""): RSA_ALGORITHMS,
    ("EC", "P-256"): ["ES256"],
    ("EC", "P-384"): ["ES384"],
    ("EC", "P-521"): ["ES512"],
    ("OKP", "Ed25519"): ["EdDSA"],
    ("OKP", "Ed448"): ["EdDSA"],
}
ALGORITHMS = [*RSA_ALGORITHMS, "ES256", "ES384", "ES512", "EdDSA"]
PUBLIC_KEY_MEMBERS = ("kty", "crv", "x", "y", "n", "e", "kid", "alg", "use")
# Keys of a set that are read, and usable ones that are kept.
MOST_LISTED = 100
MOST_KEYS = 10
# The longest value of each member of a key: an RSA modulus of 16,384 bits, a coordinate or exponent of 1,024.
LONGEST_MODULUS = 2731
LONGEST_COORDINATE = 172
LONGEST_KEY_ID = 255
LONGEST_MEMBERS = {"n": LONGEST_MODULUS, "kid": LONGEST_KEY_ID, "x": LONGEST_COORDINATE, "y": LONGEST_COORDINATE}
LONGEST_MEMBER = 64


class InvalidKey(ValueError):
    """A key that cannot be used. The message says why."""


def public_keys(document: dict[str, Any]) -> dict[str, list[dict[str, str]]]:
    """Return the key set in `document`, reduced to the public parts of usable keys; it may be empty.

    RFC 7517 section 5: "Implementations SHOULD ignore JWKs within a JWK Set that use "kty" (key type) values that are
    not understood by them, that are missing required members, or for which values are out of the supported ranges."
    """
    keys = document.get("keys")
    listed = keys[:MOST_LISTED] if isinstance(keys, list) else []
    return {"keys": list(islice((public_part(key) for key in listed if is_usable(key)), MOST_KEYS))}


def verifying(document: dict[str, Any], algorithm: str) -> list[jwt.PyJWK]:
    """Return the keys in `document` that may verify signatures by `algorithm`, parsed for it."""
    keys = public_keys(document)["keys"]
    return [parse(key, algorithm) for key in keys if algorithm in algorithms_of(key)]


def is_usable(key: Any) -> bool:
    try:
        parse(key)
    except InvalidKey:
        return False
    return True


def parse(key: Any, algorithm: str = "") -> jwt.PyJWK:
    """Return `key`, parsed for signatures by `algorithm`, or else by the first that it allows. Raises InvalidKey."""
    public = public_part(key)
    allowed = algorithms_of(public)
    if not allowed or is_for_encryption(key):
        raise InvalidKey("A public key for signatures is required, by an algorithm that this server accepts.")
    try:
        return jwt.PyJWK.from_dict(public, algorithm or allowed[0])
    except Exception as error:
        # The key is untrusted input, and the library raises different exceptions for each key type.
        raise InvalidKey("This is not a public key that this server can use.") from error


def algorithms_of(public: dict[str, str]) -> list[str]:
    """Return the algorithms by which a key may verify: its `alg` alone, or all that its type and curve allow."""
    key_type = public.get("kty", "")
    curve = "" if key_type == "RSA" else public.get("crv", "")
    allowed = ALGORITHMS_OF_KEYS.get((key_type, curve), [])
    return [algorithm for algorithm in allowed if public.get("alg", algorithm) == algorithm]


def is_for_encryption(key: dict[str, Any]) -> bool:
    """Return whether `use` or `key_ops` exclude signatures (RFC 7517 sections 4.2 and 4.3)."""
    operations = key.get("key_ops") or ["verify"]
    verifies = isinstance(operations, list) and ("verify" in operations or "sign" in operations)
    return not verifies or (key.get("use") or "sig") != "sig"


def public_part(key: Any) -> dict[str, str]:
    """Return the members of `key` that are public. Raises InvalidKey where one is not a string, or is too long.

    A member that is null counts as absent.
    """
    members = key if isinstance(key, dict) else {}
    public = {name: members[name] for name in PUBLIC_KEY_MEMBERS if members.get(name) is not None}
    if not all(isinstance(value, str) and value.isprintable() for value in public.values()):
        raise InvalidKey("A key's members must be plain strings.")
    for name, value in public.items():
        if len(value) > (longest := LONGEST_MEMBERS.get(name, LONGEST_MEMBER)):
            raise InvalidKey(f"A key's {name} may be at most {longest} characters long.")
    return public
