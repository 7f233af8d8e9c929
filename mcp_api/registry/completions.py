"""Functions that propose values for an argument while somebody types it: `complete={"title": titles}`."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from mcp_api.schemas.declaration_errors import DeclarationError
from mcp_api.schemas.signature import Arguments, InputSchema, arguments_of

FAULT = "mcp_api.E015"

Proposer = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Completion:
    """`typed` is the function's parameter for what was typed; the others are arguments that were chosen already."""

    function: Proposer
    takes: Arguments
    typed: str

    def arguments(self, typed: str, chosen: Mapping[str, Any]) -> dict[str, Any]:
        """What to call it with. Raises InvalidArguments."""
        known = {name: value for name, value in chosen.items() if name in self.takes.names.values()}
        return self.takes.check({**known, self.typed: typed})


def completions_of(complete: Mapping[str, Proposer] | None, arguments: InputSchema) -> dict[str, Completion]:
    """By argument. Raises DeclarationError for one that is not among `arguments`, and for functions that do not fit."""
    names = {name for name, _, _ in arguments.parameters()}
    for unknown in set(complete or ()) - names:
        hint = f"It is one of {', '.join(sorted(names)) or 'none'}."
        raise DeclarationError(FAULT, f"complete= proposes values for {unknown!r}, which is no argument.", hint)
    return {name: _completion(propose, names - {name}) for name, propose in (complete or {}).items()}


def _completion(propose: Proposer, others: set[str]) -> Completion:
    takes = arguments_of(propose)
    typed, *further = takes.names.values() or [""]
    hint = "It takes what was typed and, each with a default, arguments that were chosen before: (typed, author='')."
    if not typed or not set(further) <= others:
        raise DeclarationError(FAULT, f"{propose.__name__} cannot propose values.", hint)
    parameters = inspect.signature(propose).parameters
    if any(parameters[name].default is inspect.Parameter.empty for name in further):
        raise DeclarationError(FAULT, f"{propose.__name__} needs what may not be chosen yet.", hint)
    return Completion(propose, takes, typed)
