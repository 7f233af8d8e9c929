"""The scope catalogue: the scopes of this server, with descriptions for the consent page.

Unknown scopes are dropped, never refused: a client that requests a scope that does not exist still connects.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from django.utils.translation import gettext_lazy as _
from oauth2_provider.scopes import BaseScopes

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

    # Apps declare scopes before models can be imported.
    from accounts.models import Client
    from accounts.user_model import User

DEFAULT = "read"
OFFLINE_ACCESS = "offline_access"
# The longest scope parameter, in characters: hundreds of names.
LONGEST_SCOPE = 4000


@dataclass(frozen=True)
class Scope:
    name: str
    # Perhaps lazy: in the language of whoever reads the page.
    description: StrOrPromise
    # False for scopes of the authorization server itself, which the protected resource's metadata does not list.
    of_resource: bool = True


# The greatest effect that a tool, resource or prompt may have.
Does = Literal["reads", "adds", "destroys"]
DOES_IN_WORDS: dict[Does, StrOrPromise] = {
    "reads": _("Read-only"),
    "adds": _("Creates"),
    "destroys": _("Can change or delete"),
}


@dataclass(frozen=True, slots=True)
class PreviewItem:
    """A tool, resource or prompt that a scope gives access to. `also_needs` are the other scopes that it requires."""

    kind: str
    name: str
    title: str
    does: Does
    also_needs: tuple[str, ...] = ()


# Returns what each of the given scopes would give a client access to at the moment.
PreviewProvider = Callable[[list[str], "Client"], dict[str, list[PreviewItem]]]

_catalogue: dict[str, Scope] = {}


def declare(name: str, description: StrOrPromise, *, of_resource: bool = True) -> None:
    """Add the scope `name`; `description` completes "This client will be able to …" on the consent page."""
    _catalogue[name] = Scope(name, description, of_resource)


# Translators: These complete "It will be able to" on the consent page.
declare(DEFAULT, _("Read your information and use tools that change nothing"))
declare("write", _("Use tools that create, change or delete things on your behalf"))
declare(OFFLINE_ACCESS, _("Stay connected until you disconnect it"), of_resource=False)


# For each app with protected resources, a function that returns its preview for a person and an endpoint.
_preview_factories: list[Callable[[User, str], PreviewProvider]] = []


def register_provider(factory: Callable[[User, str], PreviewProvider]) -> None:
    _preview_factories.append(factory)


def preview_for(person: User, endpoint: str = "") -> PreviewProvider:
    """Return a function that lists what `person` would give a client access to, by the scope that it is shown under.

    `endpoint` is the name of the endpoint of this server at which the client would have it; "" for the first.
    """
    providers = [factory(person, endpoint) for factory in _preview_factories]

    def preview(scopes: list[str], client: Client) -> dict[str, list[PreviewItem]]:
        items: dict[str, list[PreviewItem]] = {scope: [] for scope in scopes}
        for provider in providers:
            for scope, opened in provider(scopes, client).items():
                items[scope] += opened
        return items

    return preview


def names(*, of_resource_only: bool = False) -> list[str]:
    return [scope.name for scope in _catalogue.values() if scope.of_resource or not of_resource_only]


def describe(scopes: list[str], own: Mapping[str, str] | None = None) -> list[Scope]:
    """Return `scopes` with their descriptions: those in `own`, of another protected resource, or this server's."""
    own = own or {}
    return [Scope(name, own[name]) if name in own else _catalogue.get(name, Scope(name, name)) for name in scopes]


def of_resource(requested: list[str]) -> list[str]:
    """Return the scopes of `requested` that give access to a protected resource, which the consent page shows."""
    return [name for name in requested if not is_of_server(name)]


def is_of_server(name: str) -> bool:
    """Return whether `name` is a scope of the authorization server itself."""
    return name in _catalogue and not _catalogue[name].of_resource


def is_of_resource(name: str) -> bool:
    """Return whether the scope `name` is known and gives access to the protected resource."""
    return name in _catalogue and _catalogue[name].of_resource


def narrow(requested: list[str], client: Client | None = None) -> list[str]:
    """Return the known scopes of `requested`, in order.

    Where none of them is the protected resource's, the scopes that `client` registered are added, or else `read`.
    """
    known = [name for name in dict.fromkeys(requested) if name in _catalogue]
    if of_resource(known):
        return known
    registered = narrow(client.scope.split()) if client is not None else [DEFAULT]
    return [*registered, *(name for name in known if name not in registered)]


class Scopes(BaseScopes):
    """The catalogue in the form that django-oauth-toolkit expects."""

    def get_all_scopes(self) -> dict[str, str]:
        return {scope.name: str(scope.description) for scope in _catalogue.values()}

    def get_available_scopes(self, application: Client | None = None, *args: object, **kwargs: object) -> list[str]:
        return names()

    def get_default_scopes(self, application: Client | None = None, *args: object, **kwargs: object) -> list[str]:
        return narrow([], application)
