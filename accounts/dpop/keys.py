"""Public keys in the headers of DPoP proofs, and their thumbprints (RFC 7638)."""

import base64
import hashlib
import json
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from accounts.clients.public_keys import RSA_ALGORITHMS, InvalidKey, algorithms_of, parse, public_part
from accounts.dpop.errors import InvalidProof

# Elliptic curves first, as they are the quickest. RFC 9449 section 11.6: no symmetric algorithm and not "none".
ALGORITHMS = ["ES256", "ES384", "ES512", "EdDSA", *RSA_ALGORITHMS]
TYPE = "dpop+jwt"
# RFC 7518 sections 6.2.2, 6.3.2 and 6.4, RFC 8037 section 2.
PRIVATE_MEMBERS = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
# RFC 7638 section 3.2, RFC 8037 section 2.
THUMBPRINT_MEMBERS = {"EC": ("crv", "kty", "x", "y"), "OKP": ("crv", "kty", "x"), "RSA": ("e", "kty", "n")}
# In bits. A larger modulus makes signatures slow to verify, and a smaller one can be factored.
SMALLEST_MODULUS, LARGEST_MODULUS = 2048, 4096
# The usual exponent, 65537, has 17 bits.
LONGEST_EXPONENT = 32
# Proofs of one key have the same header, so that few keys are parsed twice.
KEYS_KEPT = 512


@dataclass(frozen=True, slots=True)
class Key:
    """A key, parsed for signatures by `algorithm`."""

    jwk: jwt.PyJWK
    algorithm: str
    thumbprint: str

    def has_signed(self, message: bytes, signature: bytes) -> bool:
        return self.jwk.Algorithm.verify(message, self.jwk.key, signature)


@lru_cache(maxsize=KEYS_KEPT)
def key_of(encoded_header: str) -> Key:
    """Return the key in the encoded header of a proof. Raises InvalidProof (RFC 9449 section 4.3, 4 to 6 and 8)."""
    header = _header_in(encoded_header)
    algorithm, public = header.get("alg"), header.get("jwk")
    if header.get("typ") != TYPE:
        raise InvalidProof(f"Its typ must be {TYPE}.")
    if algorithm not in ALGORITHMS:
        raise InvalidProof(f"Its alg must be one of {', '.join(ALGORITHMS)}.")
    if not isinstance(public, dict) or PRIVATE_MEMBERS & public.keys():
        raise InvalidProof("Its jwk must be a public key, without any private member.")
    return _parse(public, algorithm)


def _header_in(encoded_header: str) -> dict[str, Any]:
    try:
        header = json.loads(decode(encoded_header))
    except (ValueError, RecursionError) as error:
        raise InvalidProof("It is not a JWT.") from error
    if not isinstance(header, dict) or "crit" in header:
        raise InvalidProof("Its header must be an object without crit.")
    return header


def _parse(jwk: dict[str, Any], algorithm: str) -> Key:
    try:
        public = public_part(jwk)
        if algorithm not in algorithms_of(public):
            raise InvalidProof("Its alg does not fit its jwk.")
        key = parse(jwk, algorithm)
    except InvalidKey as error:
        raise InvalidProof(f"Its jwk cannot be used. {error}") from error
    _refuse_unusual_size(key.key)
    return Key(key, algorithm, thumbprint(public))


def _refuse_unusual_size(key: Any) -> None:
    if not isinstance(key, RSAPublicKey):
        return
    if not SMALLEST_MODULUS <= key.key_size <= LARGEST_MODULUS:
        raise InvalidProof(f"An RSA key must have {SMALLEST_MODULUS} to {LARGEST_MODULUS} bits.")
    if key.public_numbers().e.bit_length() > LONGEST_EXPONENT:
        raise InvalidProof(f"The exponent of an RSA key may have at most {LONGEST_EXPONENT} bits.")


def thumbprint(public: dict[str, str]) -> str:
    """Return the SHA-256 thumbprint of a key (RFC 7638 section 3)."""
    members = {name: public[name] for name in THUMBPRINT_MEMBERS[public["kty"]]}
    return digest(json.dumps(members, separators=(",", ":"), sort_keys=True).encode())


def digest(value: bytes) -> str:
    """Return the SHA-256 of `value` in unpadded base64url."""
    return base64.urlsafe_b64encode(hashlib.sha256(value).digest()).rstrip(b"=").decode()


def decode(value: str) -> bytes:
    """Return the bytes of unpadded base64url. Raises ValueError."""
    return base64.urlsafe_b64decode(value + "=" * (-len(value) % 4))
