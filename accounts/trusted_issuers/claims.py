"""Unverified claims of an assertion, which may have any type."""

from typing import Any

from accounts.trusted_issuers.refusals import AssertionRefused

Claims = dict[str, Any]
# In seconds since 1970: every time of the next million years. It is not greater than NaN.
LATEST = 10**15


def text(claims: Claims, name: str, longest: int) -> str:
    """Return the claim `name`, a text that the database can store. Raises AssertionRefused for every other value."""
    value = claims.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= longest or not value.isprintable():
        raise _invalid(f"{name} must be a text of 1 to {longest} visible characters")
    return value


def optional_text(claims: Claims, name: str, longest: int) -> str:
    """Return the claim `name`, or "" where it is missing or has another form."""
    try:
        return text(claims, name, longest)
    except AssertionRefused:
        return ""


def check_time(claims: Claims, name: str) -> None:
    """Raise AssertionRefused unless the claim `name` is missing, or a NumericDate (RFC 7519 section 2)."""
    value = claims.get(name, 0)
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < LATEST:
        raise _invalid(f"{name} must be a number of seconds since 1970")


def scopes(claims: Claims) -> list[str] | None:
    """Return the scopes that an ID-JAG is limited to, or None (RFC 6749 section 3.3)."""
    value = claims.get("scope")
    if value is None:
        return None
    if not isinstance(value, str):
        raise _invalid("scope must be a text")
    return value.split()


def resources(claims: Claims) -> list[str]:
    """Return the resources of an ID-JAG: its `resource` is a URI, or an array of these."""
    value = claims.get("resource")
    listed = value if isinstance(value, list) else [value]
    uris = [each for each in listed if isinstance(each, str) and each.strip()]
    if not uris or len(uris) < len(listed):
        raise _invalid("resource must be an address")
    return uris


def _invalid(sentence: str) -> AssertionRefused:
    return AssertionRefused("invalid_assertion", f"The assertion is not valid. Its {sentence}.")
