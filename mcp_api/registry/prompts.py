"""Messages that people start a conversation with: `@prompt` on a function that returns them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar, TypeVar, overload

from mcp_types import Icon

from accounts import scopes as scope_catalogue
from mcp_api.registry.completions import Completion, completions_of
from mcp_api.registry.icons import described_icons
from mcp_api.registry.primitive import UNNAMED, Names, Primitive, as_names, described, in_words, time_limit
from mcp_api.schemas.declaration_errors import DeclarationError, collected, require_free
from mcp_api.schemas.signature import InputSchema, arguments_of, takes_text

Function = TypeVar("Function", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt(Primitive):
    """A function whose value is what to say to the model."""

    kind: ClassVar[str] = "prompt"
    complete: dict[str, Completion] = field(default_factory=dict)


prompts: dict[str, Prompt] = {}


@overload
def prompt(function: Function) -> Function: ...


@overload
def prompt(
    *,
    name: str = ...,
    title: str = ...,
    scopes: Names = ...,
    permission: Names = ...,
    timeout: float | None = ...,
    complete: dict[str, Callable[..., Any]] | None = ...,
    icons: list[Icon] | None = ...,
) -> Callable[[Function], Function]: ...


def prompt(  # noqa: PLR0913 - as of @tool
    function: Any = None,
    *,
    name: str = "",
    title: str = "",
    scopes: Names = scope_catalogue.DEFAULT,
    permission: Names = (),
    timeout: float | None = UNNAMED,
    complete: dict[str, Callable[..., Any]] | None = None,
    icons: list[Icon] | None = None,
) -> Any:
    """Offer a function's value as a prompt: a string, a content block, or a list of those and of PromptMessage.

    Clients send every argument as text. `complete` names, for an argument, a function that
    proposes values: given what was typed, it returns strings. Its further parameters are
    arguments that were chosen already: `def titles(typed: str, author: str = "")`.
    """

    def register(function: Function) -> Function:
        called = name or function.__name__
        with collected(function):
            takes = arguments_of(function)
            require_text(called, takes)
            require_free(prompts, called, f"Two prompts are called {called!r}", "Give one of them another name=.")
            prompts[called] = Prompt(
                name=called,
                title=title or in_words(called),
                description=described(function),
                function=function,
                arguments=takes,
                scopes=as_names(scopes),
                permissions=as_names(permission),
                timeout=time_limit(timeout),
                icons=described_icons(icons),
                complete=completions_of(complete, takes),
            )
        return function

    return register if function is None else register(function)


def require_text(name: str, takes: InputSchema) -> None:
    """Raise DeclarationError for a parameter whose values cannot be read from text: clients send nothing else."""
    definitions = takes.json_schema().get("$defs", {})
    for parameter, schema, _ in takes.parameters():
        if not takes_text(schema, definitions):
            message = f"The parameter {parameter} of {name} can be no text, and clients send a prompt only text."
            hint = "Use str, and read it in the function, as in `names.split(',')`; or int, bool, a date, an enum."
            raise DeclarationError("mcp_api.E018", message, hint)
