"""Resources: `@resource("library://books")`, or a template, `@resource("library://books/{id}")`."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar, TypeVar

from mcp_types import Icon

from accounts import scopes as scope_catalogue
from mcp_api.registry.completions import Completion, completions_of
from mcp_api.registry.icons import described_icons
from mcp_api.registry.primitive import UNNAMED, Names, Primitive, as_names, described, in_words, time_limit
from mcp_api.registry.uri_templates import Template, Values, require_scheme, template_of
from mcp_api.schemas.declaration_errors import DeclarationError, collected, require_free
from mcp_api.schemas.signature import arguments_of

Function = TypeVar("Function", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource(Primitive):
    """A function whose value a client may read, at one URI or at each that its template makes."""

    kind: ClassVar[str] = "resource"
    uri: str
    mime_type: str
    template: Template
    complete: dict[str, Completion] = field(default_factory=dict)

    @property
    def key(self) -> str:
        return self.uri

    @property
    def is_template(self) -> bool:
        return bool(self.template.variables)


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

    A `uri` with variables is a template (RFC 6570); the function takes them as parameters, with a default what may be
    left out: "library://books{/genre}{?author,year}". `{name}` stops at a slash, `{+path}` does not, `{/parts*}` is a
    list. `complete` names, for a variable, a function that proposes values: given what was typed, it returns strings.
    Its further parameters are variables that were chosen already: `def titles(typed: str, author: str = "")`.
    """

    def register(function: Function) -> Function:
        called = name or function.__name__
        with collected(function):
            require_scheme(uri)
            require_free(resources, uri, f"Two resources are at {uri!r}", "Give one of them another address.")
            takes, template = arguments_of(function), template_of(uri)
            if template.variables != set(takes.names.values()):
                message = f"{function.__name__} must take the variables of {uri!r}, and nothing else."
                raise DeclarationError("mcp_api.E008", message, "Each {variable} of the address is a parameter.")
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
                template=template,
                complete=completions_of(complete, takes),
            )
        return function

    return register


def find(uri: str) -> tuple[Resource, Values] | None:
    """The resource to be read at `uri`, with its variables. A fixed one goes before a template."""
    fixed = resources.get(uri)
    if fixed is not None and not fixed.is_template:
        return fixed, {}
    for candidate in resources.values():
        variables = candidate.template.match(uri) if candidate.is_template else None
        if variables is not None:
            return candidate, variables
    return None
