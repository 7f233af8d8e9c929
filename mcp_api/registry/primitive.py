"""Base class of tools, prompts and resources."""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, ClassVar

from django.utils.functional import Promise

from accounts.scopes import Does
from mcp_api.conf import conf
from mcp_api.schemas.declaration_errors import DeclarationError
from mcp_api.schemas.input_schema import InputSchema
from mcp_api.schemas.rows import with_texts

# The default of timeout=: the setting CALL_TIMEOUT_SECONDS. Compared by identity.
DEFAULT_TIMEOUT = float("nan")

# The check of options whose values have the wrong type.
OPTION_CHECK = "mcp_api.E036"

NameOrNames = str | Iterable[str]
# A text, or a lazy one (gettext_lazy), which each client gets in its language.
Text = str | Promise


@dataclass(frozen=True, slots=True, kw_only=True)
class Primitive:
    """A function that an app declares for clients, with its description and its access rules."""

    name: str
    title: Text
    description: Text
    function: Callable[..., Any]
    arguments: InputSchema
    # A call requires all of these scopes of the token, and all of these Django permissions of the person.
    scopes: tuple[str, ...]
    permissions: tuple[str, ...] = ()
    icons: list[dict[str, Any]] = field(default_factory=list)
    # Further data for clients: `_meta`.
    meta: dict[str, Any] = field(default_factory=dict)
    # In seconds; None for no limit.
    timeout: float | None = None

    # "tool", "resource", "prompt" or "skill": with the key, it names the operator's rule.
    kind: ClassVar[str]

    def listed(self) -> dict[str, Any]:
        """Return the members that an entry of any list has, in the current language, without those that are empty."""
        members = {
            "title": str(self.title),
            "description": str(self.description),
            "icons": self.icons,
            "_meta": with_texts(self.meta),
        }
        return {name: value for name, value in members.items() if value}

    @property
    def ruled_by(self) -> "Primitive":
        """The primitive whose rules of the operator apply to this one: itself, or the tool whose app it is."""
        return self

    @property
    def effect(self) -> Does:
        """The most serious effect that a call may have."""
        return "reads"

    @property
    def key(self) -> str:
        """The key among primitives of this kind, which is unique in a list, and by which lists are sorted."""
        return self.name

    @property
    def declared_in(self) -> str:
        """The module that declares it."""
        return self.function.__module__


def validated_timeout(seconds: float | None, default: float | None = None) -> float | None:
    """Return the timeout in seconds, or None. DEFAULT_TIMEOUT means `default`, or else the setting.

    Raises DeclarationError.
    """
    if seconds is DEFAULT_TIMEOUT:
        return float(conf.CALL_TIMEOUT_SECONDS) if default is None else default
    is_number = isinstance(seconds, int | float) and not isinstance(seconds, bool)
    if seconds is None or (is_number and 0 < seconds < math.inf):
        return seconds
    message = f"timeout must be a positive number of seconds, or None, not {seconds!r:.80}."
    raise DeclarationError("mcp_api.E012", message, "Pass seconds, such as 60 or 0.5; None means no limit.")


def title_of(name: str) -> str:
    """Return the default title: the function's name in words."""
    return name.replace("_", " ").capitalize()


def as_tuple(names: NameOrNames) -> tuple[str, ...]:
    """Return one name, or several, as a tuple. Raises DeclarationError for what is neither."""
    listed = (names,) if isinstance(names, str) or not isinstance(names, Iterable) else tuple(names)
    if not all(isinstance(name, str) for name in listed):
        message = f"{names!r:.80} is neither a name nor a list of names."
        raise DeclarationError(OPTION_CHECK, message, 'Write one name as text, or several as ["read", "write"].')
    return tuple(filter(None, listed))


def validated_name(name: Any, function: Callable[..., Any]) -> str:
    """Return `name`, or else that of the function. Raises DeclarationError for a name that is no text."""
    if name is not None and not isinstance(name, str):
        message = f"The name of {function.__name__} is {name!r:.80}, which is no text."
        raise DeclarationError(OPTION_CHECK, message, "Write name= as text, or leave it out.")
    return name or function.__name__
