"""The scopes of a token for an assertion: what was asked for, within what the issuer grants and the operator allows."""

from collections.abc import Sequence

from oauthlib.oauth2.rfc6749.errors import InvalidScopeError

from accounts import scopes


def granted(requested: Sequence[str], asserted: Sequence[str] | None, ceiling: Sequence[str]) -> list[str]:
    """Return the scopes to grant; without `requested` ones, those `asserted`, or else all of the `ceiling`.

    RFC 7521 section 4.1: the scope "MUST be equal to or less than the scope originally granted". Raises
    InvalidScopeError where none is left.
    """
    allowed = [name for name in dict.fromkeys(ceiling) if scopes.is_of_resource(name)]
    if asserted is not None:
        allowed = [name for name in allowed if name in asserted]
    found = [name for name in allowed if name in requested] if requested else allowed
    if not found:
        raise InvalidScopeError(description="None of these scopes is allowed for this assertion.")
    return found
