"""Parsing of public keys: JSON Web Keys (RFC 7517) that a client registered, or publishes at its `jwks_uri`."""

from typing import Any

import jwt

# Only asymmetric algorithms: with a shared secret, or none, anyone who has the public document could sign.
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
KEY_TYPES = ("RSA", "EC", "OKP")
PUBLIC_KEY_MEMBERS = ("kty", "crv", "x", "y", "n", "e", "kid", "alg", "use")
MOST_KEYS = 10
# The longest value of each member of a key: an RSA modulus of 16,384 bits, a coordinate or exponent of 1,024.
LONGEST_MODULUS = 2731
LONGEST_COORDINATE = 172
LONGEST_KEY_ID = 255
LONGEST_MEMBERS = {"n": LONGEST_MODULUS, "kid": LONGEST_KEY_ID, "x": LONGEST_COORDINATE, "y": LONGEST_COORDINATE}
LONGEST_MEMBER = 64


class InvalidKey(ValueError):
    """A key that cannot be used. The message says why."""


def public_keys(document: dict[str, Any]) -> dict[str, Any]:
    """Return the key set in `document`, reduced to the public parts of usable keys; it may be empty.

    RFC 7517 section 5: "Implementations SHOULD ignore JWKs within a JWK Set that use "kty" (key type) values that are
    not understood by them".
    """
    keys = document.get("keys")
    listed = keys[:MOST_KEYS] if isinstance(keys, list) else []
    return {"keys": [public_part(key) for key in listed if problem_of(key) == ""]}


def usable(document: dict[str, Any]) -> list[jwt.PyJWK]:
    """Return the keys in the result of `public_keys`, parsed for verification."""
    return [parse(key) for key in document["keys"] if problem_of(key) == ""]


def problem_of(key: Any) -> str:
    """Return the reason why `key` cannot be used, as a sentence; "" where it can."""
    try:
        parse(key)
    except InvalidKey as error:
        return str(error)
    return ""


def parse(key: Any) -> jwt.PyJWK:
    """Return `key`, parsed for verification. Raises InvalidKey."""
    public = public_part(key)
    if public.get("kty") not in KEY_TYPES or public.get("alg", ALGORITHMS[0]) not in ALGORITHMS:
        raise InvalidKey("A public key of type RSA, EC or OKP is required, for an algorithm that this server accepts.")
    try:
        parsed = jwt.PyJWK.from_dict(public)
    except Exception as error:
        # The key is untrusted input, and the library raises different exceptions for each key type.
        raise InvalidKey("This is not a public key that this server can use.") from error
    if parsed.algorithm_name not in ALGORITHMS:
        raise InvalidKey("This is not a public key that this server can use.")
    return parsed


def public_part(key: Any) -> dict[str, str]:
    """Return the members of `key` that are public. Raises InvalidKey where one is not a string, or is too long."""
    public = {name: key[name] for name in PUBLIC_KEY_MEMBERS if name in key} if isinstance(key, dict) else {}
    if not all(isinstance(value, str) and value.isprintable() for value in public.values()):
        raise InvalidKey("A key's members must be plain strings.")
    for name, value in public.items():
        if len(value) > (longest := LONGEST_MEMBERS.get(name, LONGEST_MEMBER)):
            raise InvalidKey(f"A key's {name} may be at most {longest} characters long.")
    return public
