"""Encryption of what a task keeps of its call: request, questions, outcome."""

import json
from typing import Any

from accounts.crypto.sealing import cipher

PURPOSE = "mcp_api.extensions.tasks"


def seal(value: dict[str, Any]) -> str:
    """Return the JSON object `value`, encrypted."""
    return cipher(PURPOSE).encrypt(json.dumps(value).encode()).decode()


def unseal(sealed: str) -> dict[str, Any]:
    """Return the object that `seal` encrypted; an empty one for "". Raises InvalidToken for a key that is gone."""
    return dict(json.loads(cipher(PURPOSE).decrypt(sealed.encode()))) if sealed else {}
