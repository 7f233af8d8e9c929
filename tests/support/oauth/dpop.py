"""A client's key, and the DPoP proofs that it makes (RFC 9449)."""

import base64
import hashlib
import json
import secrets
import time
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

TOKEN_URL = "http://localhost/oauth/token"
MCP_URL = "http://localhost/mcp"


def ec_key(curve: ec.EllipticCurve | None = None) -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(curve or ec.SECP256R1())


def rsa_key(bits: int = 2048) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


def ed25519_key() -> ed25519.Ed25519PrivateKey:
    return ed25519.Ed25519PrivateKey.generate()


class Prover:
    """A key by which a client signs proofs."""

    def __init__(self, key: Any = None, algorithm: str = "ES256") -> None:
        self.key, self.algorithm = key or ec_key(), algorithm
        self.jwk = self._jwk(self.key.public_key())

    @property
    def thumbprint(self) -> str:
        """The thumbprint by RFC 7638, of the members that it names for this type of key."""
        members = {name: self.jwk[name] for name in ("crv", "e", "kty", "n", "x", "y") if name in self.jwk}
        return b64(hashlib.sha256(json.dumps(members, separators=(",", ":")).encode()).digest())

    @property
    def private_jwk(self) -> dict[str, Any]:
        return self._jwk(self.key)

    def claims(self, method: str = "POST", uri: str = TOKEN_URL, token: str = "", **changes: Any) -> dict[str, Any]:
        """Return the claims of a proof; None in `changes` leaves one out."""
        made = {"jti": secrets.token_urlsafe(16), "htm": method, "htu": uri, "iat": int(time.time())}
        if token:
            made["ath"] = b64(hashlib.sha256(token.encode()).digest())
        return {name: value for name, value in {**made, **changes}.items() if value is not None}

    def proof(
        self, method: str = "POST", uri: str = TOKEN_URL, token: str = "", *, header: Any = None, **changes: Any
    ) -> str:
        return self.sign(self.claims(method, uri, token, **changes), **(header or {}))

    def sign(self, claims: dict[str, Any], **header: Any) -> str:
        headers = {"typ": "dpop+jwt", "jwk": self.jwk, **header}
        return jwt.encode(claims, self.key, algorithm=self.algorithm, headers=headers)

    def for_mcp(self, token: str, method: str = "POST", uri: str = MCP_URL, **changes: Any) -> dict[str, str]:
        """Return the headers of a request with `token`."""
        return {"Authorization": f"DPoP {token}", "DPoP": self.proof(method, uri, token, **changes)}

    def _jwk(self, key: Any) -> dict[str, Any]:
        made = jwt.get_algorithm_by_name(self.algorithm).to_jwk(key, as_dict=True)
        return {name: value for name, value in made.items() if name != "key_ops"}


def b64(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def encoded(part: Any) -> str:
    """Return a part of a JWT, as it is encoded there."""
    return b64(json.dumps(part).encode())
