"""Prompts: `@prompt` on a function that returns messages to start a conversation with."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar, TypeVar, overload

from mcp_types import Icon

from accounts import scopes as scope_catalogue
from mcp_api.registry.completions import Completion, completions_of
from mcp_api.registry.icons import icon_objects
from mcp_api.registry.names import OTHER_NAME, prefixed
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
from mcp_api.schemas.declaration_errors import DeclarationError, errors_collected, require_unique
from mcp_api.schemas.docstrings import description_of
from mcp_api.schemas.input_schema import InputSchema, accepts_text, arguments_of

Function = TypeVar("Function", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt(Primitive):
    """A function that returns messages for the model."""

    kind: ClassVar[str] = "prompt"
    complete: dict[str, Completion] = field(default_factory=dict)


prompts: dict[str, Prompt] = {}


@overload
def prompt(function: Function) -> Function: ...


@overload
def prompt(
    *,
    name: str = ...,
    title: Text = ...,
    description: Text = ...,
    scopes: NameOrNames = ...,
    permission: NameOrNames = ...,
    timeout: float | None = ...,
    complete: dict[str, Callable[..., Any]] | None = ...,
    icons: list[Icon] | None = ...,
    meta: dict[str, Any] | None = ...,
) -> Callable[[Function], Function]: ...


def prompt(  # noqa: PLR0913 - the public options of a prompt
    function: Any = None,
    *,
    name: str = "",
    title: Text = "",
    description: Text = "",
    scopes: NameOrNames = scope_catalogue.DEFAULT,
    permission: NameOrNames = (),
    timeout: float | None = DEFAULT_TIMEOUT,
    complete: dict[str, Callable[..., Any]] | None = None,
    icons: list[Icon] | None = None,
    meta: dict[str, Any] | None = None,
) -> Any:
    """Declare a prompt. The function returns a string, a content block, or a list of those and of PromptMessage.

    Clients send every argument as text. `complete` maps an argument to a completion function: it gets the typed text,
    and returns strings. Its further parameters are arguments that were chosen before:
    `def titles(typed: str, author: str = "")`.
    """

    def register(function: Function) -> Function:
        with errors_collected(function):
            unprefixed = validated_name(name, function)
            called = prefixed(unprefixed, function)
            arguments = arguments_of(function)
            require_text(called, arguments)
            require_unique(prompts, called, f"Two prompts are called {called!r}", OTHER_NAME)
            prompts[called] = Prompt(
                name=called,
                title=title or title_of(unprefixed),
                description=description or description_of(function),
                function=function,
                arguments=arguments,
                scopes=as_tuple(scopes),
                permissions=as_tuple(permission),
                timeout=validated_timeout(timeout),
                icons=icon_objects(icons),
                meta=meta or {},
                complete=completions_of(complete, arguments),
            )
        return function

    return register if function is None else register(function)


def require_text(name: str, arguments: InputSchema) -> None:
    """Raise DeclarationError for a parameter whose values cannot be read from text, as clients send them."""
    definitions = arguments.json_schema().get("$defs", {})
    for parameter, schema, _ in arguments.parameters():
        if not accepts_text(schema, definitions):
            message = f"The parameter {parameter} of {name} cannot be text, as clients send it."
            hint = "Use str, and parse it in the function, as in `names.split(',')`; or use int, bool, a date, an enum."
            raise DeclarationError("mcp_api.E018", message, hint)
