"""Toolsets that apps declare in code. The operator can switch each off, or change it, in admin."""

import re
from dataclasses import dataclass

from accounts import scopes as scope_catalogue
from accounts.http.paths import ENDPOINT_NAME
from mcp_api.registry.primitive import NameOrNames, as_tuple
from mcp_api.schemas.declaration_errors import DeclarationError, errors_collected, line_of_caller

NAME = re.compile(ENDPOINT_NAME, re.ASCII)
CHECK_ID = "mcp_api.E037"
LONGEST_TITLE = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """A toolset as its author declared it. `declared_at` names the module and the line."""

    name: str
    title: str
    instructions: str
    apps: tuple[str, ...]
    include: tuple[str, ...]
    scopes: tuple[str, ...]
    declared_at: str


declarations: dict[str, Declaration] = {}


def toolset(
    name: str,
    *,
    title: str = "",
    instructions: str = "",
    apps: NameOrNames = (),
    include: NameOrNames = (),
    scopes: NameOrNames = (),
) -> None:
    """Declare the toolset that clients reach at /mcp/`name`.

    It has all that the `apps` with these labels declare, and all whose name matches a pattern of `include`: the name of
    a tool, prompt or skill, or the URI of a resource, in which `*` stands for any characters. `scopes` are those that
    it offers; without any, all that its tools need. `title` and `instructions` are for clients.
    """
    declared_at = line_of_caller()
    with errors_collected(f"toolset({name!r})"):
        declared = Declaration(
            name=name,
            title=title,
            instructions=instructions,
            apps=as_tuple(apps),
            include=as_tuple(include),
            scopes=as_tuple(scopes),
            declared_at=declared_at,
        )
        require_valid(declared)
        declarations[name] = declared


def require_valid(declared: Declaration) -> None:
    """Raise DeclarationError for a name that cannot be in an address or is taken, and for an unknown scope."""
    name = declared.name
    if not isinstance(name, str) or not NAME.fullmatch(name):
        hint = "Use up to 50 lower-case letters, digits and hyphens: billing."
        raise DeclarationError(CHECK_ID, f"{name!r:.80} is no name of a toolset.", hint)
    if name in declarations:
        hint = f"Use another name. The other is declared at {declarations[name].declared_at}."
        raise DeclarationError(CHECK_ID, f"Two toolsets have the name {name!r}.", hint)
    if not isinstance(declared.title, str) or not isinstance(declared.instructions, str):
        raise DeclarationError(CHECK_ID, f"title or instructions of {name} are no text.", "Write them as text.")
    if len(declared.title) > LONGEST_TITLE:
        hint = f"People see it when they sign in: at most {LONGEST_TITLE} characters."
        raise DeclarationError(CHECK_ID, f"The title of {name} is too long.", hint)
    for scope in declared.scopes:
        if not scope_catalogue.is_of_resource(scope):
            hint = "Declare it before, by scope(…), or use read or write."
            raise DeclarationError(CHECK_ID, f"{name} offers the scope {scope!r:.80}, which is not known.", hint)
    if not declared.apps and not declared.include:
        raise DeclarationError(CHECK_ID, f"{name} has no tools.", "Name apps, or patterns of names to include.")
