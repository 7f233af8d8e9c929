"""DPoP proofs (RFC 9449 section 4.3): JWTs by which a client shows, for one request, that it has a key."""

import json
import re
import time
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import Any

from accounts.conf import conf
from accounts.crypto.token_values import checksum
from accounts.dpop import nonces
from accounts.dpop.errors import InvalidProof, NonceRequired
from accounts.dpop.keys import Key, decode, digest, key_of
from accounts.http.address import same_resource

# The largest key and signature, of 4096 bits, are 1,400 characters together.
LONGEST_PROOF = 4096
LONGEST_ID = 255
LONGEST_URI = 2000
# Unpadded base64url. Two header fields are joined by a comma, which is refused here.
FORM = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
UNREADABLE = "Its signature is wrong, or its claims cannot be read."
# The accepted age of a proof without a nonce, and the accepted difference of a clock that is ahead.
MOST_AGE = timedelta(minutes=5)
MOST_AHEAD = timedelta(minutes=1)

Claims = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Proof:
    """A verified proof: the thumbprint of its key, the hash by which it is used once, and its nonce or ""."""

    thumbprint: str
    identifier: str
    nonce: str


def key_in(header: str) -> Key:
    """Return the key of an unverified proof, the value of a DPoP header. Raises InvalidProof."""
    if len(header) > LONGEST_PROOF:
        raise InvalidProof(f"It is longer than {LONGEST_PROOF} characters.")
    if not FORM.fullmatch(header):
        raise InvalidProof("The DPoP header must be sent once, with one signed JWT.")
    return key_of(header.partition(".")[0])


def verify(header: str, *, method: str, uri: str, access_token: str = "") -> Proof:
    """Return the proof in a DPoP header of a request with `method` to `uri`. Raises InvalidProof and NonceRequired.

    `access_token` is the token of the same request, at a protected resource. Whether the proof was used before is not
    checked: accounts/dpop/replays.py does.
    """
    key = key_in(header)
    claims = _signed_claims(header, key)
    _refuse_other_requests(claims, method, uri)
    # RFC 9449 section 4.3, 12: the hash of the token, and so of no other.
    if access_token and claims.get("ath") != digest(access_token.encode()):
        raise InvalidProof("Its ath must be the SHA-256 of the access token, in base64url.")
    nonce = _fresh_nonce(claims)
    return Proof(key.thumbprint, checksum(f"{key.thumbprint} {_id_in(claims)}"), nonce)


def _signed_claims(header: str, key: Key) -> Claims:
    """Return the claims, once the signature is verified.

    The header is verified with its key (keys.py), so that it is not parsed again with each proof.
    """
    signed, _, signature = header.rpartition(".")
    try:
        is_signed = key.has_signed(signed.encode(), decode(signature))
        claims = json.loads(decode(signed.partition(".")[2])) if is_signed else None
    except (ValueError, RecursionError) as error:
        raise InvalidProof(UNREADABLE) from error
    if not isinstance(claims, dict):
        raise InvalidProof(UNREADABLE)
    return claims


def _refuse_other_requests(claims: Claims, method: str, uri: str) -> None:
    if claims.get("htm") != method:
        raise InvalidProof(f"Its htm must be {method}.")
    sent = claims.get("htu")
    if not isinstance(sent, str) or len(sent) > LONGEST_URI or not is_same_uri(sent, uri):
        raise InvalidProof(f"Its htu must be {uri}.")


@lru_cache(maxsize=256)
def is_same_uri(sent: str, uri: str) -> bool:
    """Return whether `sent`, without its query and fragment, is `uri` (RFC 9449 section 4.3, 9)."""
    return same_resource(re.split(r"[?#]", sent, maxsplit=1)[0], uri)


def _id_in(claims: Claims) -> str:
    identifier = claims.get("jti")
    if not isinstance(identifier, str) or not 0 < len(identifier) <= LONGEST_ID:
        raise InvalidProof(f"Its jti must be a string of 1 to {LONGEST_ID} characters.")
    return identifier


def _fresh_nonce(claims: Claims) -> str:
    """Return the nonce, or "" where there is none and the proof is recent by its iat.

    A valid nonce shows that the proof is recent, whatever the client's clock says. So a client whose clock is wrong is
    asked for a nonce, and not refused for ever (RFC 9449 section 11.1).
    """
    issued_at, nonce = claims.get("iat"), claims.get("nonce", "")
    if isinstance(issued_at, bool) or not isinstance(issued_at, int | float):
        raise InvalidProof("Its iat must be a number.")
    if nonce != "":
        if not isinstance(nonce, str) or not nonces.is_valid(nonce):
            raise NonceRequired("The nonce of the DPoP proof has expired, or is not from this server.")
        return nonce
    if conf.DPOP_NONCE_REQUIRED:
        raise NonceRequired("This server requires a nonce.")
    now = time.time()
    # Compared rather than subtracted, as an integer of any size can be.
    if not now - MOST_AGE.total_seconds() <= issued_at <= now + MOST_AHEAD.total_seconds():
        raise NonceRequired("The iat of the DPoP proof is not within five minutes of the clock of this server.")
    return ""
