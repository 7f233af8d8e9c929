"""Completion functions, which propose values for an argument while a person types it: `complete={"title": titles}`."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from mcp_api.schemas.declaration_errors import DeclarationError
from mcp_api.schemas.input_schema import Arguments, InputSchema, arguments_of

CHECK_ID = "mcp_api.E015"

CompletionFunction = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Completion:
    """A completion function. `typed` names its parameter for the typed text; the others are arguments chosen before."""

    function: CompletionFunction
    input_schema: Arguments
    typed: str

    def arguments(self, typed: str, chosen: Mapping[str, Any]) -> dict[str, Any]:
        """Return the keyword arguments for the function. Raises InvalidArguments."""
        known = {name: value for name, value in chosen.items() if name in self.input_schema.names.values()}
        return self.input_schema.check({**known, self.typed: typed})


def completions_of(complete: Mapping[str, CompletionFunction] | None, arguments: InputSchema) -> dict[str, Completion]:
    """Return the completions by argument. Raises DeclarationError for an unknown argument or an unfit function."""
    names = {name for name, _, _ in arguments.parameters()}
    for unknown in set(complete or ()) - names:
        hint = f"The arguments are {', '.join(sorted(names))}." if names else "The function has no arguments."
        raise DeclarationError(CHECK_ID, f"complete= names {unknown!r}, which is not an argument.", hint)
    return {name: _completion(propose, names - {name}) for name, propose in (complete or {}).items()}


def _completion(propose: CompletionFunction, others: set[str]) -> Completion:
    arguments = arguments_of(propose)
    typed, *further = arguments.names.values() or [""]
    hint = "Its parameters are the typed text and, with defaults, arguments chosen before: (typed, author='')."
    if not typed or not set(further) <= others:
        raise DeclarationError(CHECK_ID, f"{propose.__name__} has the wrong parameters for a completion.", hint)
    parameters = inspect.signature(propose).parameters
    if any(parameters[name].default is inspect.Parameter.empty for name in further):
        raise DeclarationError(CHECK_ID, f"{propose.__name__} requires an argument that may not be chosen yet.", hint)
    return Completion(propose, arguments, typed)
