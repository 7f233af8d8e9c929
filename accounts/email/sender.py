"""The sender of emails: this server, by its name."""

from email.utils import formataddr, parseaddr

from django.conf import settings

from accounts.conf import conf

# In characters. The name is in two headers, each of which is better short.
LONGEST_NAME = 60


def server_name() -> str:
    """Return SERVER_NAME for a header: one line of printable characters. Empty if there is none."""
    words = " ".join(conf.SERVER_NAME.split())
    return "".join(character for character in words if character.isprintable())[:LONGEST_NAME].strip()


def from_address() -> str:
    """Return DEFAULT_FROM_EMAIL with the server's name, unless the operator wrote a name of their own into it."""
    name, address = parseaddr(settings.DEFAULT_FROM_EMAIL)
    if name or not address:
        return settings.DEFAULT_FROM_EMAIL
    return formataddr((server_name(), address))
