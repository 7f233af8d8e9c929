"""Server-provided nonces of DPoP proofs (RFC 9449 sections 8 and 9).

A nonce is its time, signed by SECRET_KEY. So every process accepts the nonces of the others, and none is stored.
"""

import time
from datetime import timedelta

from django.core.signing import BadSignature, TimestampSigner, b62_decode

HEADER = "DPoP-Nonce"
LIFETIME = timedelta(minutes=5)
LONGEST_NONCE = 128
# Part of the signature: it must stay the same when the module moves.
SALT = "accounts.dpop.nonces"
SEPARATOR = "."
VALUE = "n"


def make() -> str:
    return _signer().sign(VALUE)


def is_valid(nonce: str) -> bool:
    """Return whether this server made `nonce` within its LIFETIME."""
    # Every nonce is ASCII. In JSON a text may have a lone surrogate, which cannot be encoded.
    if len(nonce) > LONGEST_NONCE or not nonce.isascii():
        return False
    try:
        return _signer().unsign(nonce, max_age=LIFETIME) == VALUE
    except BadSignature:
        return False


def renewal(nonce: str) -> str:
    """Return a new nonce for a client whose valid proof had `nonce`; "" while that is in the first half of its life."""
    is_fresh = nonce and time.time() - _made_at(nonce) < LIFETIME.total_seconds() / 2
    return "" if is_fresh else make()


def _made_at(nonce: str) -> int:
    return b62_decode(nonce.split(SEPARATOR)[1])


def _signer() -> TimestampSigner:
    return TimestampSigner(salt=SALT, sep=SEPARATOR)
