"""Values that databases can store as JSON."""

import json
from typing import Any


def can_be_kept(value: Any) -> bool:
    """Return whether databases can store it as JSON: PostgreSQL has no NUL character, SQLite no infinity."""
    try:
        return "\\u0000" not in json.dumps(value, allow_nan=False)
    except ValueError:
        return False
