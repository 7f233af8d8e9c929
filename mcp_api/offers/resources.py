"""What clients may read: `@resource("library://books")`, or a template, `@resource("library://books/{id}")`."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar, TypeVar
from urllib.parse import unquote

from mcp_types import Icon

from accounts import scopes as scope_catalogue
from mcp_api.offers.faults import Misdeclared, collected
from mcp_api.offers.icons import described_icons
from mcp_api.offers.offered import UNNAMED, Names, Offered, as_names, described, in_words, time_limit
from mcp_api.offers.schema import arguments_of

Function = TypeVar("Function", bound=Callable[..., Any])

# RFC 6570: `{id}` stops at a slash, `{+path}` (reserved expansion) does not.
EXPRESSION = re.compile(r"\{(\+?)([A-Za-z_][A-Za-z0-9_]*)\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource(Offered):
    """A function whose value a client may read, at one URI or at each that its template makes."""

    kind: ClassVar[str] = "resource"
    uri: str
    mime_type: str
    pattern: re.Pattern[str]
    complete: dict[str, Callable[..., Any]] = field(default_factory=dict)

    @property
    def key(self) -> str:
        return self.uri

    @property
    def is_template(self) -> bool:
        return bool(self.pattern.groups)

    def match(self, uri: str) -> dict[str, str] | None:
        """The template's variables in `uri`; None where it is another URI."""
        found = self.pattern.fullmatch(uri)
        return None if found is None else {name: unquote(value) for name, value in found.groupdict().items()}


resources: dict[str, Resource] = {}


def resource(  # noqa: PLR0913 - the one place where authors say all that there is to say
    uri: str,
    *,
    name: str = "",
    title: str = "",
    mime_type: str = "",
    scopes: Names = scope_catalogue.DEFAULT,
    permission: Names = (),
    timeout: float | None = UNNAMED,
    complete: dict[str, Callable[..., Any]] | None = None,
    icons: list[Icon] | None = None,
) -> Callable[[Function], Function]:
    """Offer what a function returns, to be read at `uri`: text, bytes, or anything that JSON can hold.

    A `uri` with variables is a template; the function takes them as parameters. `complete` names,
    for a variable, a function that proposes values: given what was typed, it returns strings.
    """

    def register(function: Function) -> Function:
        called = name or function.__name__
        with collected(function):
            if uri in resources:
                raise Misdeclared("mcp_api.E001", f"Two resources are at {uri!r}.", "Give one another address.")
            takes, pattern = arguments_of(function), pattern_of(uri)
            if set(pattern.groupindex) != set(takes.names.values()):
                message = f"{function.__name__} must take the variables of {uri!r}, and nothing else."
                raise Misdeclared("mcp_api.E008", message, "Each {variable} of the address is a parameter.")
            resources[uri] = Resource(
                uri=uri,
                name=called,
                title=title or in_words(called),
                description=described(function),
                function=function,
                arguments=takes,
                scopes=as_names(scopes),
                permissions=as_names(permission),
                timeout=time_limit(timeout),
                icons=described_icons(icons),
                mime_type=mime_type,
                pattern=pattern,
                complete=complete or {},
            )
        return function

    return register


def pattern_of(uri: str) -> re.Pattern[str]:
    """A regular expression that matches what the template `uri` expands to."""
    pattern, at = "", 0
    for expression in EXPRESSION.finditer(uri):
        reserved, name = expression.groups()
        pattern += re.escape(uri[at : expression.start()]) + f"(?P<{name}>{'.+' if reserved else '[^/]+'})"
        at = expression.end()
    return re.compile(pattern + re.escape(uri[at:]))


def find(uri: str) -> tuple[Resource, dict[str, str]] | None:
    """The resource to be read at `uri`, with its variables. A fixed one goes before a template."""
    fixed = resources.get(uri)
    if fixed is not None and not fixed.is_template:
        return fixed, {}
    for candidate in resources.values():
        variables = candidate.match(uri) if candidate.is_template else None
        if variables is not None:
            return candidate, variables
    return None
