"""The scope catalogue: what a token may be allowed, in words for the consent page.

Unknown scopes are narrowed away, never refused: a client that asks for one of its own
inventions still connects.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from oauth2_provider.scopes import BaseScopes

if TYPE_CHECKING:
    # Apps declare scopes before models can be imported.
    from accounts.models import Client, User

DEFAULT = "read"
OFFLINE_ACCESS = "offline_access"
# Of scopes in one text, as clients send them: hundreds of names.
LONGEST_SCOPE = 4000


@dataclass(frozen=True)
class Scope:
    name: str
    description: str
    # False for what the authorization server itself offers; a protected resource does not list it.
    of_resource: bool = True


# The worst that something may do.
Does = Literal["reads", "adds", "destroys"]
DOES_IN_WORDS: dict[Does, str] = {"reads": "only reads", "adds": "adds", "destroys": "may change or delete"}


@dataclass(frozen=True, slots=True)
class PreviewItem:
    """Something that a scope opens. `also_needs` are the scopes that it takes besides."""

    kind: str
    name: str
    title: str
    does: Does
    also_needs: tuple[str, ...] = ()


# Scopes that somebody would grant a client -> what each of them opens to it, now.
PreviewProvider = Callable[[list[str], "Client"], dict[str, list[PreviewItem]]]

_catalogue: dict[str, Scope] = {}


def declare(name: str, description: str, *, of_resource: bool = True) -> None:
    """Add the scope `name`; `description` completes "This client will be able to …" on the consent page."""
    _catalogue[name] = Scope(name, description, of_resource)


declare(DEFAULT, "Read your information and use tools that change nothing")
declare("write", "Use tools that create, change or delete things in your name")
declare(OFFLINE_ACCESS, "Stay connected until you disconnect it", of_resource=False)


# Whoever knows what scopes open to the clients of a person: the apps whose resources they are for.
_preview_factories: list[Callable[[User], PreviewProvider]] = []


def register_provider(factory: Callable[[User], PreviewProvider]) -> None:
    _preview_factories.append(factory)


def preview_for(person: User) -> PreviewProvider:
    """What `person` would open to a client with all of some scopes, by the scope that it is shown under."""
    providers = [factory(person) for factory in _preview_factories]

    def preview(scopes: list[str], client: Client) -> dict[str, list[PreviewItem]]:
        items: dict[str, list[PreviewItem]] = {scope: [] for scope in scopes}
        for provider in providers:
            for scope, opened in provider(scopes, client).items():
                items[scope] += opened
        return items

    return preview


def names(*, of_resource_only: bool = False) -> list[str]:
    return [scope.name for scope in _catalogue.values() if scope.of_resource or not of_resource_only]


def describe(scopes: list[str]) -> list[Scope]:
    return [_catalogue[name] for name in scopes]


def of_resource(known: list[str]) -> list[str]:
    """Those of `known` that allow something at the resource: what a person is asked for."""
    return [name for name in known if _catalogue[name].of_resource]


def is_of_resource(name: str) -> bool:
    """Whether it is known, and allows something at the resource."""
    return name in _catalogue and _catalogue[name].of_resource


def narrow(asked: list[str], client: Client | None = None) -> list[str]:
    """The known ones of `asked`, in order; failing one of the resource's, the client's registered ones or `read`."""
    known = [name for name in dict.fromkeys(asked) if name in _catalogue]
    if of_resource(known):
        return known
    registered = narrow(client.scope.split()) if client is not None else [DEFAULT]
    return [*registered, *(name for name in known if name not in registered)]


class Scopes(BaseScopes):
    """The catalogue as django-oauth-toolkit asks for it."""

    def get_all_scopes(self) -> dict[str, str]:
        return {scope.name: scope.description for scope in _catalogue.values()}

    def get_available_scopes(self, application: Client | None = None, *args: object, **kwargs: object) -> list[str]:
        return names()

    def get_default_scopes(self, application: Client | None = None, *args: object, **kwargs: object) -> list[str]:
        return narrow([], application)
