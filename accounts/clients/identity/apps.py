"""The identity of an app, for the chip on pages (templates/accounts/app_chip.html).

A name proves nothing, because each client chooses its own. So the chip shows it together with the hosts that access
goes to, who vouches for them, and whether another app of that name is known at another domain.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from django.db.models import Case, Q, When

from accounts.clients import vouching
from accounts.clients.destinations import Destination, distinct
from accounts.clients.identity import domains
from accounts.http import web_address
from accounts.models import Authorization, Client, User

# Further places are counted.
MOST_PLACES = 3
# How many clients of the same names a page is compared with: those of the operator, then the oldest.
MOST_COMPARED = 500


class Trust(StrEnum):
    VERIFIED = "verified"
    ADDED = "added"
    APPROVED = "approved"
    UNVERIFIED = "unverified"


@dataclass(frozen=True, slots=True)
class Place:
    """A destination of an app's redirect URIs, with its host in parts."""

    host: domains.Host
    destination: Destination

    @property
    def domain(self) -> str:
        """The registrable domain of a website; otherwise ""."""
        return self.host.domain if self.destination.is_website else ""


@dataclass(frozen=True, slots=True)
class App:
    """A client as pages show it. `known_at` is the host of a known app with the same name elsewhere; "" without one."""

    client: Client
    places: Sequence[Place]
    trust: Trust
    known_at: domains.Host | None = None

    @property
    def is_unverified(self) -> bool:
        return self.trust is Trust.UNVERIFIED

    @property
    def label(self) -> str:
        match self.trust:
            case Trust.VERIFIED:
                return f"Verified by {self.client.document_origin.removeprefix('https://')}"
            case Trust.ADDED:
                return "Added by the administrator"
            case Trust.APPROVED:
                return "Approved by the administrator"
            case _:
                return "Unverified"

    @property
    def shown_places(self) -> Sequence[Place]:
        return self.places[:MOST_PLACES]

    @property
    def more_places(self) -> int:
        return max(0, len(self.places) - MOST_PLACES)

    @property
    def domains(self) -> set[str]:
        return {place.domain for place in self.places} - {""}


def identify(client: Client, uris: Iterable[str] = (), *, person: User | None = None) -> App:
    """Return the identity of `client` with `uris`, which are all of its redirect URIs where none are given.

    With `person`, an app that they have connected counts as known, too.
    """
    app = _described(client, uris)
    known = _known([client.name_key])
    found = _namesake(app, known) or (_namesake_of_person(app, person) if person is not None else None)
    return _with_namesake(app, found)


def identify_all(clients: Iterable[Client], uris: Mapping[int, Sequence[str]] | None = None) -> dict[str, App]:
    """Return the identities of `clients` by `client_id`, with `uris` by primary key, as `identify` does.

    The number of queries does not depend on the number of clients.
    """
    apps = [_described(client, (uris or {}).get(client.pk, ())) for client in clients]
    known = _known({app.client.name_key for app in apps})
    return {app.client.client_id: _with_namesake(app, _namesake(app, known)) for app in apps}


def identify_ids(client_ids: Iterable[str]) -> dict[str, App]:
    """Return the identities of the clients with these `client_ids`; an unknown one is left out."""
    return identify_all(Client.objects.filter(client_id__in={each for each in client_ids if each}))


def _described(client: Client, uris: Iterable[str] = ()) -> App:
    shown = list(uris) or client.redirect_uris.split()
    # Earlier versions registered addresses that are refused now.
    places = [Place(domains.split(each.host), each) for each in distinct(filter(web_address.read, shown))]
    return App(client, places, _trust_in(client, shown))


def _trust_in(client: Client, uris: Sequence[str]) -> Trust:
    if client.registration_source == Client.RegistrationSource.MANUAL:
        return Trust.ADDED
    if vouching.is_approved(client):
        return Trust.APPROVED
    is_verified = bool(uris) and all(client.verified_domain(uri) for uri in uris)
    return Trust.VERIFIED if is_verified else Trust.UNVERIFIED


def _known(name_keys: Iterable[str]) -> list[App]:
    """Return the usable apps of these names that somebody vouches for, those of the operator first."""
    keys = [key for key in name_keys if key]
    if not keys:
        return []
    sources = Client.RegistrationSource
    vouched = Q(registration_source=sources.MANUAL) | ~Q(vouched_fingerprint="")
    usable = Client.objects.filter(name_key__in=keys, suspended_at=None).exclude(approved_at=None)
    candidates = usable.filter(vouched | Q(registration_source=sources.CIMD))
    # Documents, which anybody may publish, must not displace the operator's.
    ordered = candidates.order_by(Case(When(vouched, then=0), default=1), "pk")[:MOST_COMPARED]
    return [app for app in map(_described, ordered) if not app.is_unverified and app.domains]


def _namesake(app: App, known: Iterable[App]) -> App | None:
    """Return the first of `known` with the name of `app`, but at other domains.

    Nobody can cast doubt on an app of the operator; and on an app that its document verifies, only one that the
    operator vouches for or that was here before.
    """
    if app.trust in (Trust.ADDED, Trust.APPROVED):
        return None
    return next((each for each in known if _is_namesake(app, each) and _outranks(each, app)), None)


def _is_namesake(app: App, other: App) -> bool:
    """Return whether `other` has the name of `app`, which (also) sends access to another domain."""
    same_name = other.client.name_key == app.client.name_key != ""
    is_elsewhere = not app.domains or not app.domains <= other.domains
    return same_name and other.client != app.client and is_elsewhere


def _outranks(known: App, app: App) -> bool:
    return app.is_unverified or known.trust is not Trust.VERIFIED or known.client.pk < app.client.pk


def _namesake_of_person(app: App, person: User) -> App | None:
    """Return an app of the same name, elsewhere, that `person` has connected."""
    if not app.is_unverified or not app.client.name_key:
        return None
    live = Authorization.objects.live().filter(consent__user=person, consent__client__name_key=app.client.name_key)
    connected = live.exclude(consent__client=app.client).select_related("consent__client").order_by("pk")[:MOST_PLACES]
    found = [_described(each.consent.client, [each.redirect_uri] if each.redirect_uri else ()) for each in connected]
    return next((each for each in found if each.domains and _is_namesake(app, each)), None)


def _with_namesake(app: App, known: App | None) -> App:
    if known is None:
        return app
    place = next(place for place in known.places if place.domain)
    return App(app.client, app.places, app.trust, place.host)
