"""The canonical form of an email address, in which addresses are stored and compared character by character.

A case-insensitive comparison in the database is not safe: in a UTF-8 locale, PostgreSQL's UPPER() maps the dotless i
(U+0131) to I and the long s (U+017F) to S. Python's lower() maps the Kelvin sign (U+212A) to k. Addresses with these
letters are different addresses.
"""

import string

import idna
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

NOT_ASCII = _("Write the part before the @ in ASCII letters, digits and signs.")
NOT_A_DOMAIN = _("Write an international domain in its encoded form: xn--…")
# The limit of RFC 1035 section 2.3.4. A longer domain is cut before it is encoded, so that it is refused quickly.
LONGEST_DOMAIN = 253

_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


def canonical(email: str) -> str:
    """Return `email` in lower-case ASCII, its domain as A-labels (RFC 5890 section 2.3.2.1). Raises ValidationError."""
    local, at, domain = _lower(email).rpartition("@")
    if not local.isascii():
        raise ValidationError(NOT_ASCII)
    return f"{local}{at}{_encoded(domain)}"


def stored(email: str) -> str:
    """Return the form in which `email` is stored: canonical, or in lower-case ASCII if it has no canonical form."""
    try:
        return canonical(email)
    except ValidationError:
        return _lower(email)


def _lower(email: str) -> str:
    return email.strip().translate(_LOWER)


def _encoded(domain: str) -> str:
    """Return `domain` as A-labels. Raises ValidationError if decoding them would not return `domain`."""
    if domain.isascii():
        return domain
    try:
        encoded = idna.encode(domain[: LONGEST_DOMAIN + 1]).decode()
        is_itself = idna.decode(encoded) == domain
    except (idna.IDNAError, UnicodeError):
        is_itself = False
    if not is_itself:
        raise ValidationError(NOT_A_DOMAIN)
    return encoded
