"""Messages that people start a conversation with: `@prompt` on a function that returns them."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar, overload

from django.core.exceptions import ImproperlyConfigured
from mcp_types import Icon

from accounts import scopes as scope_catalogue
from mcp_api.icons import described_icons
from mcp_api.schema import Arguments, arguments_of, in_words

Function = TypeVar("Function", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Prompt:
    """A function whose value is what to say to the model."""

    name: str
    title: str
    description: str
    function: Callable[..., Any]
    scopes: tuple[str, ...]
    arguments: Arguments
    complete: dict[str, Callable[..., Any]] = field(default_factory=dict)
    icons: list[dict[str, Any]] = field(default_factory=list)


prompts: dict[str, Prompt] = {}


@overload
def prompt(function: Function) -> Function: ...


@overload
def prompt(
    *,
    name: str = ...,
    title: str = ...,
    scopes: tuple[str, ...] | list[str] = ...,
    complete: dict[str, Callable[..., Any]] | None = ...,
    icons: list[Icon] | None = ...,
) -> Callable[[Function], Function]: ...


def prompt(
    function: Any = None,
    *,
    name: str = "",
    title: str = "",
    scopes: tuple[str, ...] | list[str] = (scope_catalogue.DEFAULT,),
    complete: dict[str, Callable[..., Any]] | None = None,
    icons: list[Icon] | None = None,
) -> Any:
    """Offer a function's value as a prompt: a string, a content block, or a list of those and of PromptMessage.

    Clients send every argument as text. `complete` names, for an argument, a function that
    proposes values: given what was typed, it returns strings.
    """

    def register(function: Function) -> Function:
        called = name or function.__name__
        if called in prompts:
            raise ImproperlyConfigured(f"Two prompts are called {called!r}.")
        prompts[called] = Prompt(
            name=called,
            title=title or in_words(called),
            description=inspect.getdoc(function) or "",
            function=function,
            scopes=tuple(scopes),
            arguments=arguments_of(function),
            complete=complete or {},
            icons=described_icons(icons),
        )
        return function

    return register if function is None else register(function)
