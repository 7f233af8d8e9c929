"""Narrowing of client metadata: what may not be registered is left out, so that the rest can be (RFC 7591 section 2).

RFC 7591 section 3.2.1: the response contains "all registered metadata about this client, including any fields
provisioned by the authorization server itself", so the client learns what was left out.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from accounts.clients import redirect_uris
from accounts.clients.redirect_uris import MOST_URIS, InvalidRedirectURI

# Of the redirect URIs in an event, whose detail has at most 500 characters.
MOST_NAMED = 4
LONGEST_NAMED = 60


@dataclass(frozen=True, slots=True)
class RedirectURIs:
    """The redirect URIs that are registered, and the values that were left out. `has_secret` may have become False."""

    registered: list[str]
    left_out: list[Any]
    has_secret: bool

    @property
    def of_native_app(self) -> list[str]:
        return [uri for uri in self.registered if redirect_uris.is_of_native_app(uri)]


def without_nulls(document: dict[str, Any]) -> dict[str, Any]:
    """Return `document` without members that are null: they count as absent."""
    return {name: value for name, value in document.items() if value is not None}


def narrow(requested: list[Any], *, has_secret: bool, keeps_secret: bool) -> RedirectURIs:
    """Return those of the `requested` redirect URIs that may be registered, at most MOST_URIS.

    A native app cannot keep a secret (RFC 8252 section 8.5), so a client with a private-use scheme is registered
    without one. With `keeps_secret` it has a secret already, so that such a URI is left out instead. Raises
    InvalidRedirectURI, with the reason of the first URI, where none is left.
    """
    registered: list[str] = []
    problems: list[tuple[Any, str]] = []
    for uri in requested:
        if uri in registered:
            continue
        problem = problem_of(uri, has_secret=keeps_secret)
        if not problem and len(registered) == MOST_URIS:
            problem = f"A client may register at most {MOST_URIS} redirect URIs."
        if problem:
            problems.append((uri, problem))
        else:
            registered.append(uri)
    if not registered:
        raise InvalidRedirectURI(problems[0][1] if problems else "At least one redirect URI is required.")
    is_native = any(map(redirect_uris.is_of_native_app, registered))
    return RedirectURIs(registered, [uri for uri, _ in problems], has_secret and not is_native)


def problem_of(uri: Any, *, has_secret: bool) -> str:
    """Return the reason why a client may not register `uri`, as a sentence; "" where it may."""
    if not isinstance(uri, str):
        return "A redirect URI must be a string."
    try:
        redirect_uris.check(uri, has_secret=has_secret)
    except InvalidRedirectURI as error:
        return str(error)
    return ""


def describe(narrowed: RedirectURIs, *, had_secret: bool) -> str:
    """Return sentences for the event of the registration; "" where nothing was narrowed."""
    sentences = []
    if narrowed.left_out:
        sentences.append(f"Redirect URIs that may not be registered were left out: {named(narrowed.left_out)}.")
    if had_secret and not narrowed.has_secret:
        sentences.append(
            f"Registered without a secret, which a native app cannot keep: {named(narrowed.of_native_app)}."
        )
    return " ".join(sentences)


def named(uris: Iterable[Any]) -> str:
    """Return the first of `uris` for an event."""
    listed = list(uris)
    more = len(listed) - MOST_NAMED
    return ", ".join(map(printable, listed[:MOST_NAMED])) + (f" and {more} more" if more > 0 else "")


def printable(uri: Any) -> str:
    """Return the beginning of `uri`, quoted, in ASCII and without control characters."""
    return (
        f"'{ascii(uri[:LONGEST_NAMED])[1:-1][:LONGEST_NAMED]}'" if isinstance(uri, str) else "a value of another type"
    )
