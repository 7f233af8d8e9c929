"""Refusals of assertions."""

from oauthlib.oauth2.rfc6749.errors import InvalidGrantError


class AssertionRefused(InvalidGrantError):
    """RFC 7523 section 3.1: the value of `error` MUST be `invalid_grant`. `reason` is for the audit log."""

    def __init__(self, reason: str, description: str) -> None:
        super().__init__(description=description)
        self.reason = reason


# The longest part of an unverified claim that a message repeats.
LONGEST_SHOWN = 200


def shown(value: object) -> str:
    """Return an unverified claim as a message can repeat it: printable ASCII without quotes, cut."""
    text = value if isinstance(value, str) else f"a {type(value).__name__}"
    return "".join(char for char in text[:LONGEST_SHOWN] if " " <= char <= "~" and char not in '"\\')
