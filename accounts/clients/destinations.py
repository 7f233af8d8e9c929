"""Description of a redirect URI's destination, as the pages show it."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from accounts.clients import redirect_uris
from accounts.http import web_address
from accounts.models import Client


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
    """Raises web_address.InvalidAddress for a URI that may be read in more than one way."""
    address = web_address.parse(uri)
    if not address.is_web:
        return Destination(f"{address.scheme}:", Kind.DEVICE)
    return Destination(address.shown_host, Kind.WEBSITE if redirect_uris.is_remote(uri) else Kind.COMPUTER)


def other_destinations(client: Client, redirect_uri: str) -> list[Destination]:
    """Where else than at `redirect_uri` the client may be answered, each place once."""
    usable = [uri for uri in client.redirect_uris.split() if redirect_uris.matches(uri, uri)]
    shown = _place(destination_of(redirect_uri))
    return [other for other in distinct(usable) if _place(other) != shown]


def distinct(uris: Iterable[str]) -> list[Destination]:
    """The places that `uris` lead to, each once.

    All loopback addresses are one place: the same programs can listen on each of them.
    """
    return list({_place(found): found for found in map(destination_of, uris)}.values())


def _place(destination: Destination) -> str:
    return Kind.COMPUTER if destination.is_computer else destination.host.lower()
