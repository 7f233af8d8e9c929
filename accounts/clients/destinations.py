"""Descriptions of the destinations of redirect URIs, for pages."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from django.utils.translation import gettext, ngettext

from accounts.clients import redirect_uris
from accounts.http import web_address
from accounts.models import Client
from accounts.models.clients import UNNAMED


class Kind(StrEnum):
    WEBSITE = "website"
    COMPUTER = "computer"  # a loopback address
    DEVICE = "device"  # an app's private-use scheme


@dataclass(frozen=True, slots=True)
class Destination:
    """`host` is the host with its port, or the scheme of an app with a colon."""

    host: str
    kind: Kind

    @property
    def is_website(self) -> bool:
        return self.kind == Kind.WEBSITE

    @property
    def is_computer(self) -> bool:
        return self.kind == Kind.COMPUTER


def destination_of(uri: str) -> Destination:
    """Return the destination of `uri`. Raises web_address.InvalidAddress where programs interpret it differently."""
    address = web_address.parse(uri)
    if not address.is_web:
        return Destination(f"{address.scheme}:", Kind.DEVICE)
    return Destination(address.shown_host, Kind.WEBSITE if redirect_uris.is_remote(uri) else Kind.COMPUTER)


def label_of(client: Client) -> str:
    """Return the client's name with the hosts that it sends people to, in plain text: "Claude at claude.ai"."""
    places = distinct(filter(web_address.read, client.redirect_uris.split()))
    hosts = [client.document_host] if client.document_host else [_where(place) for place in places]
    if not hosts:
        return str(client)
    return gettext("%(app)s at %(places)s") % {"app": client.name or UNNAMED, "places": _listed(hosts)}


def _listed(hosts: Sequence[str]) -> str:
    """Return `hosts` as words: "a.example", "a.example and b.example", "a.example, b.example and 2 more"."""
    if len(hosts) == 1:
        return hosts[0]
    first, second, *more = hosts
    if not more:
        return gettext("%(first)s and %(second)s") % {"first": first, "second": second}
    text = ngettext("%(first)s, %(second)s and %(count)s more", "%(first)s, %(second)s and %(count)s more", len(more))
    return text % {"first": first, "second": second, "count": len(more)}


def _where(place: Destination) -> str:
    if place.is_computer:
        return gettext("this computer")
    return place.host if place.is_website else gettext("this device")


def other_destinations(client: Client, redirect_uri: str) -> list[Destination]:
    """Return the other destinations of the client's redirect URIs, each once."""
    usable = [uri for uri in client.redirect_uris.split() if redirect_uris.matches(uri, uri)]
    shown = _comparable(destination_of(redirect_uri))
    return [other for other in distinct(usable) if _comparable(other) != shown]


def distinct(uris: Iterable[str]) -> list[Destination]:
    """Return the destinations of `uris`, each once.

    All loopback addresses are one destination: the same programs can listen on each of them.
    """
    return list({_comparable(found): found for found in map(destination_of, uris)}.values())


def _comparable(destination: Destination) -> str:
    return Kind.COMPUTER if destination.is_computer else destination.host.lower()
