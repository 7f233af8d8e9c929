"""Scopes that an app adds beside its tools."""

import re

from accounts import scopes
from mcp_api.schemas.declaration_errors import DeclarationError, collected

# RFC 6749, section 3.3: scope-token.
SCOPE_TOKEN = re.compile(r"[\x21\x23-\x5B\x5D-\x7E]+")


def scope(name: str, description: str) -> None:
    """Add the scope `name`, for tools to ask for and people to grant.

    `description` tells people what it lets a client do: "Lend books in your name".
    """
    with collected(f"scope({name!r})"):
        if not SCOPE_TOKEN.fullmatch(name):
            hint = "It has no spaces, quotes or backslashes, and none but ASCII characters: library:lend."
            raise DeclarationError("mcp_api.E010", f"{name!r} cannot be the name of a scope.", hint)
        if name in scopes.names():
            hint = "Use another name, such as your app's label, a colon and what it allows: library:lend."
            raise DeclarationError("mcp_api.E010", f"There is a scope {name!r} already.", hint)
        scopes.declare(name, description)
