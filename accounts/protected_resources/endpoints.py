"""Further MCP endpoints of this server, below its first: /mcp/NAME, each a protected resource of its own (RFC 9728).

The app that serves them registers a provider: this app cannot import it.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from accounts import scopes
from accounts.conf import conf
from accounts.http.address import RESOURCE_PATH, resource_at, same_resource
from accounts.models import ProtectedResource
from accounts.user_model import User


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An endpoint that is switched on: its name in the address, its title for people, and the scopes that it offers.

    With `groups`, it is only for people in one of the groups with these primary keys.
    """

    name: str
    title: str
    scopes: tuple[str, ...]
    groups: frozenset[int] = frozenset()

    def is_for(self, person: User) -> bool:
        return not self.groups or person.groups.filter(pk__in=self.groups).exists()


# Returns the endpoints that are switched on now: all of them, or the one with that name.
Provider = Callable[[str | None], Iterable[Endpoint]]

_providers: list[Provider] = []


def register(provider: Provider) -> None:
    _providers.append(provider)


def active() -> list[Endpoint]:
    """Return the endpoints that are switched on, by name."""
    found = [each for provider in _providers for each in provider(None)]
    return sorted(found, key=lambda endpoint: endpoint.name)


def find(name: str) -> Endpoint | None:
    """Return the endpoint with that name, if it is switched on."""
    return next((each for provider in _providers for each in provider(name)), None)


def find_resource(identifier: str, own: str) -> ProtectedResource | None:
    """Return the resource of the endpoint with that identifier, below this server's `own`; None if there is none.

    It has no row: what it is belongs to the app that serves it.
    """
    name = identifier.rstrip("/").rpartition("/")[2]
    if not same_resource(identifier, resource_at(own, name)):
        return None
    endpoint = find(name)
    return resource_of(endpoint, own) if endpoint is not None else None


def at(identifier: str) -> ProtectedResource | None:
    """Return the resource of the endpoint for which an authorization was given; None for another server's.

    Without PUBLIC_URL, this server has each address on loopback.
    """
    own, _, name = identifier.rpartition("/")
    is_own = own == conf.PUBLIC_URL + RESOURCE_PATH if conf.PUBLIC_URL else own.endswith(RESOURCE_PATH)
    endpoint = find(name) if is_own else None
    return resource_of(endpoint, own) if endpoint is not None else None


def is_open_to(resource: ProtectedResource | None, person: User) -> bool:
    """Return whether `person` may have tokens for `resource`. Another server decides that itself, at each request."""
    endpoint = find(resource.endpoint) if resource is not None and resource.endpoint else None
    return endpoint is None or endpoint.is_for(person)


def resource_of(endpoint: Endpoint, own: str) -> ProtectedResource:
    """Return the resource, without a row, of an endpoint below this server's `own`."""
    resource = ProtectedResource(
        identifier=resource_at(own, endpoint.name),
        name=endpoint.title,
        scope=" ".join(endpoint.scopes or (scopes.DEFAULT,)),
    )
    resource.endpoint = endpoint.name
    return resource
