"""Resources: `@resource("library://books")`, or a template, `@resource("library://books/{id}")`."""

from collections.abc import Callable
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any, ClassVar, TypeVar

from mcp_types import Icon

from accounts import scopes as scope_catalogue
from mcp_api.registry.completions import Completion, completions_of
from mcp_api.registry.icons import icon_objects
from mcp_api.registry.primitive import (
    DEFAULT_TIMEOUT,
    NameOrNames,
    Primitive,
    Text,
    as_tuple,
    title_of,
    validated_name,
    validated_timeout,
)
from mcp_api.registry.uri_forms import has_other_forms, normal_form, normal_template, shape_of, without_version
from mcp_api.registry.uri_templates import Template, Values, require_scheme, template_of
from mcp_api.schemas.declaration_errors import DeclarationError, errors_collected, require_unique
from mcp_api.schemas.docstrings import description_of
from mcp_api.schemas.input_schema import arguments_of

Function = TypeVar("Function", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource(Primitive):
    """A function whose result clients read, at one URI or at each URI of its template."""

    kind: ClassVar[str] = "resource"
    uri: str
    mime_type: str
    # Of the URI as it was declared, and of its normal form (mcp_api/registry/uri_forms.py).
    template: Template
    normal_template: Template
    complete: dict[str, Completion] = field(default_factory=dict)

    @property
    def key(self) -> str:
        return self.uri

    @property
    def address(self) -> str:
        """The URI, or the template, that lists name."""
        return self.uri

    @property
    def contents_meta(self) -> dict[str, Any]:
        """`_meta` of the contents."""
        return {}

    def ttl_ms(self, uri: str) -> int:
        """Return how long clients may keep the contents at `uri`, in milliseconds: they may change at any time."""
        return 0

    @property
    def is_template(self) -> bool:
        return bool(self.template.variables)


class ResourceTable(dict[str, Resource]):
    """Resources by the URI that was declared, with an index by its normal form, made when one is looked for.

    Every way to change the table that is in use clears the index.
    """

    _by_normal_form: dict[str, Resource] | None = None

    def at_normal_form(self, uri: str) -> Resource | None:
        """Return the resource or template of which `uri` is the normal form."""
        index = self._by_normal_form
        if index is None:
            # In reverse, so that the one that was declared first remains.
            index = {normal_template(each.uri): each for each in reversed(self.values())}
            self._by_normal_form = index
        return index.get(uri)

    def __setitem__(self, uri: str, declared: Resource) -> None:
        self._by_normal_form = None
        super().__setitem__(uri, declared)

    def __delitem__(self, uri: str) -> None:
        self._by_normal_form = None
        super().__delitem__(uri)

    def update(self, *args: Any, **kwargs: Any) -> None:
        self._by_normal_form = None
        super().update(*args, **kwargs)

    def pop(self, *args: Any) -> Any:
        self._by_normal_form = None
        return super().pop(*args)

    def clear(self) -> None:
        self._by_normal_form = None
        super().clear()


resources = ResourceTable()


def resource(  # noqa: PLR0913 - the public options of a resource
    uri: str,
    *,
    name: str = "",
    title: Text = "",
    description: Text = "",
    mime_type: str = "",
    scopes: NameOrNames = scope_catalogue.DEFAULT,
    permission: NameOrNames = (),
    timeout: float | None = DEFAULT_TIMEOUT,
    complete: dict[str, Callable[..., Any]] | None = None,
    icons: list[Icon] | None = None,
    meta: dict[str, Any] | None = None,
) -> Callable[[Function], Function]:
    """Declare a resource at `uri`. The function returns text, bytes, or any JSON data.

    A `uri` with variables is a template (RFC 6570); the function takes them as parameters, with a default for each that
    may be left out: "library://books{/genre}{?author,year}". `{name}` stops at a slash, `{+path}` does not, `{/parts*}`
    is a list. `complete` maps a variable to a completion function: it gets the typed text, and returns strings. Its
    further parameters are variables that were chosen before: `def titles(typed: str, author: str = "")`.
    """

    def register(function: Function) -> Function:
        with errors_collected(function):
            called = validated_name(name, function)
            require_scheme(uri)
            require_unique(resources, uri, f"Two resources are at {uri!r}", "Give one of them another URI.")
            require_one_form(uri)
            arguments, template = arguments_of(function), template_of(uri)
            if template.variables != set(arguments.names.values()):
                message = f"The parameters of {function.__name__} must be the variables of {uri!r}."
                raise DeclarationError(
                    "mcp_api.E008", message, "Each {variable} of the URI is a parameter, and there are no others."
                )
            resources[uri] = Resource(
                uri=uri,
                name=called,
                title=title or title_of(called),
                description=description or description_of(function),
                function=function,
                arguments=arguments,
                scopes=as_tuple(scopes),
                permissions=as_tuple(permission),
                timeout=validated_timeout(timeout),
                icons=icon_objects(icons),
                meta=meta or {},
                mime_type=mime_type,
                template=template,
                normal_template=template_of(normal_template(uri)),
                complete=completions_of(complete, arguments),
            )
        return function

    return register


def find(uri: str) -> tuple[Resource, Values] | None:
    """Return the resource at `uri`, with the values of its variables.

    A client may send another form of the URI that it was told. A fixed URI takes precedence over a template, and the
    form that was declared over its normal form. A URI with a control character, or with `.` or `..` as
    a segment, is no form of one without.
    """
    fixed = resources.get(uri) or resources.get(without_version(uri))
    if fixed is not None and not fixed.is_template:
        return fixed, {}
    normal = normal_form(uri) if has_other_forms(uri) else uri
    found = resources.at_normal_form(normal)
    if found is not None and not found.is_template:
        return found, {}
    return _expanded(uri, attrgetter("template")) or _expanded(normal, attrgetter("normal_template"))


def declared_at(uri: str) -> Resource | None:
    """Return the resource with this URI or template, in any of its forms."""
    return resources.get(uri) or resources.at_normal_form(normal_template(uri))


def _expanded(uri: str, form: Callable[[Resource], Template]) -> tuple[Resource, Values] | None:
    """Return the resource whose template, in this form, expands to `uri`, with the values of its variables."""
    for candidate in resources.values():
        variables = form(candidate).match(uri) if candidate.is_template else None
        if variables is not None:
            return candidate, variables
    return None


def require_one_form(uri: str) -> None:
    """Raise DeclarationError if there is a resource at another form of `uri`, which clients could not tell apart."""
    for other in resources.values():
        if shape_of(other.uri) == shape_of(uri):
            message = f"{other.uri!r} and {uri!r} are the same URI for clients"
            require_unique({uri: other}, uri, message, "Give one of them another URI.")
