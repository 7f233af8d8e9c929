"""Scopes that apps declare."""

import re

from accounts import scopes
from mcp_api.schemas.declaration_errors import DeclarationError, errors_collected

# RFC 6749, section 3.3: scope-token.
SCOPE_TOKEN = re.compile(r"[\x21\x23-\x5B\x5D-\x7E]+")


def scope(name: str, description: str) -> None:
    """Declare the scope `name`, which tools require and people grant.

    `description` is for the consent page: what the scope lets a client do, such as "Lend books on your behalf".
    """
    with errors_collected(f"scope({name!r})"):
        if not SCOPE_TOKEN.fullmatch(name):
            hint = "Use ASCII characters without spaces, quotes and backslashes: library:lend."
            raise DeclarationError("mcp_api.E010", f"{name!r} is not a valid name of a scope.", hint)
        if name in scopes.names():
            hint = "Use another name, such as your app's label, a colon and the action: library:lend."
            raise DeclarationError("mcp_api.E010", f"The scope {name!r} is declared already.", hint)
        scopes.declare(name, description)
