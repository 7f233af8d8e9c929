"""User codes (RFC 8628 section 6.1): short codes that a person reads on one device and types on another."""

import secrets
from collections.abc import Iterator
from unicodedata import normalize

from django.conf import settings
from django.utils.crypto import salted_hmac

# The base-20 set of RFC 8628 section 6.1: no vowels, so that no words result, and no letters that look like digits.
ALPHABET = "BCDFGHJKLMNPQRSTVWXZ"
LENGTH = 8
# Of what a person types, in characters. Longer texts are no code.
LONGEST_TYPED = 64
# Part of the stored value: it must not change when the module moves.
SALT = "accounts.user_codes"


def generate() -> str:
    """Return a random code, as it is shown: `WDJB-MJHT`. There are 20^8 of them, more than 2^34."""
    code = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
    return f"{code[:4]}-{code[4:]}"


def read(typed: str) -> str:
    """Return the code in `typed`, as it is shown; "" where it is none.

    RFC 8628 section 6.1: case is ignored, and characters outside of the set, such as dashes and spaces, are removed.
    """
    if len(typed) > LONGEST_TYPED:
        return ""
    letters = [letter for letter in normalize("NFKC", typed).upper() if letter in ALPHABET]
    return "".join([*letters[:4], "-", *letters[4:]]) if len(letters) == LENGTH else ""


def checksum(code: str) -> str:
    """Return a keyed hash of `code`, as the database stores it: so short a code can be found by its plain hash."""
    return next(checksums(code))


def checksums(code: str) -> Iterator[str]:
    """Yield the hash of `code` under the current SECRET_KEY, then under each former one."""
    for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        yield salted_hmac(SALT, code, secret=key, algorithm="sha256").hexdigest()
