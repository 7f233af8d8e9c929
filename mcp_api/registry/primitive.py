"""Base class of tools, prompts and resources."""

import inspect
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, ClassVar

from accounts.scopes import Does
from mcp_api.conf import conf
from mcp_api.schemas.declaration_errors import DeclarationError
from mcp_api.schemas.signature import InputSchema

# As a timeout: that of the settings.
UNNAMED = float("nan")  # compared by identity, as no number that an author writes means that

Names = str | Iterable[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Primitive:
    """A function that an app offers to clients, with what they are told of it and who may use it."""

    name: str
    title: str
    description: str
    function: Callable[..., Any]
    arguments: InputSchema
    # All of these are needed: scopes of the token, and Django permissions of the person.
    scopes: tuple[str, ...]
    permissions: tuple[str, ...] = ()
    icons: list[dict[str, Any]] = field(default_factory=list)
    # How long it may take, in seconds; None for as long as it likes.
    timeout: float | None = None

    # "tool", "resource" or "prompt".
    kind: ClassVar[str]

    @property
    def does(self) -> Does:
        """The worst that it may do."""
        return "reads"

    @property
    def key(self) -> str:
        """What tells it from others of its kind, and sorts it among them."""
        return self.name


def time_limit(seconds: float | None) -> float | None:
    """The limit that an author asks for: the server's where they name none. Raises DeclarationError."""
    if seconds is UNNAMED:
        return float(conf.CALL_TIMEOUT_SECONDS)
    is_number = isinstance(seconds, int | float) and not isinstance(seconds, bool)
    if seconds is None or (is_number and 0 < seconds < math.inf):
        return seconds
    hint = "Write seconds, more than 0; or None for no limit at all."
    raise DeclarationError("mcp_api.E012", f"A timeout of {seconds!r:.80} seconds is none.", hint)


def described(function: Callable[..., Any]) -> str:
    return inspect.getdoc(function) or ""


def in_words(name: str) -> str:
    """A function's name as people read it: the title of what declares none."""
    return name.replace("_", " ").capitalize()


def as_names(names: Names) -> tuple[str, ...]:
    """One name, or several."""
    return tuple(filter(None, (names,) if isinstance(names, str) else names))
