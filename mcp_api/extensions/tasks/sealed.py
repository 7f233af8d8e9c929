"""Encryption of what a task keeps of its call: request, questions, outcome."""

import json
from typing import Any

from cryptography.fernet import InvalidToken

from accounts.crypto.sealing import cipher

PURPOSE = "mcp_api.extensions.tasks"


class Unreadable(Exception):
    """A value was encrypted with a SECRET_KEY that this server does not have any more."""

    def __init__(self) -> None:
        super().__init__("The server's key has changed: this task cannot be read any more. Call the tool again.")


def seal(value: dict[str, Any]) -> str:
    """Return the JSON object `value`, encrypted."""
    return cipher(PURPOSE).encrypt(json.dumps(value).encode()).decode()


def unseal(sealed: str) -> dict[str, Any]:
    """Return the object that `seal` encrypted; an empty one for "". Raises Unreadable."""
    try:
        return dict(json.loads(cipher(PURPOSE).decrypt(sealed.encode()))) if sealed else {}
    except InvalidToken as error:
        raise Unreadable from error
