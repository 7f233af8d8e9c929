"""The identity of an app, for the chip on pages (templates/oauth_mcp/app_chip.html).

A name proves nothing, because each client chooses its own. So the chip shows it together with the hosts that access
goes to, who vouches for them, and whether an app of that name, or of a similar name or host, is known elsewhere.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from django.db.models import Case, Q, Value, When
from django.utils.translation import gettext

from accounts.clients import vouching
from accounts.clients.destinations import Destination, distinct
from accounts.clients.identity import domains, similarity
from accounts.http import web_address
from accounts.models import Authorization, Client
from accounts.user_model import User

# Further places are counted.
MOST_PLACES = 3
# How many clients a page is compared with: those of the operator, then the oldest.
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
    """A client as pages show it. `known_name` and `known_at` are those of a known app that it could be taken for.

    An approved app has `also_at` instead, which only the operator's pages show: the approval was their decision.
    """

    client: Client
    places: Sequence[Place]
    trust: Trust
    known_at: domains.Host | None = None
    known_name: str = ""
    also_at: domains.Host | None = None

    @property
    def is_unverified(self) -> bool:
        return self.trust is Trust.UNVERIFIED

    @property
    def label(self) -> str:
        match self.trust:
            case Trust.VERIFIED:
                origin = self.client.document_origin.removeprefix("https://")
                return gettext("Verified by %(domain)s") % {"domain": origin}
            case Trust.ADDED:
                return gettext("Added by the administrator")
            case Trust.APPROVED:
                return gettext("Approved by the administrator")
            case _:
                return gettext("Unverified")

    @property
    def shown_places(self) -> Sequence[Place]:
        return self.places[:MOST_PLACES]

    @property
    def more_places(self) -> int:
        return max(0, len(self.places) - MOST_PLACES)

    @property
    def domains(self) -> set[str]:
        return {place.domain for place in self.places} - {""}

    @property
    def imitated_domains(self) -> set[str]:
        return similarity.imitated_domains(place.host for place in self.places if place.domain)


def identify(client: Client, uris: Iterable[str] = (), *, person: User | None = None) -> App:
    """Return the identity of `client` with `uris`, which are all of its redirect URIs where none are given.

    With `person`, an app that they have connected counts as known, too.
    """
    app = _described(client, uris)
    known = _known([app])
    found = _namesake(app, known) or (_namesake_of_person(app, person) if person is not None else None)
    return _with_namesake(app, found)


def identify_all(clients: Iterable[Client], uris: Mapping[int, Sequence[str]] | None = None) -> dict[str, App]:
    """Return the identities of `clients` by `client_id`, with `uris` by primary key, as `identify` does.

    The number of queries does not depend on the number of clients.
    """
    apps = [_described(client, (uris or {}).get(client.pk, ())) for client in clients]
    known = _known(apps)
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


def _known(apps: Iterable[App]) -> list[App]:
    """Return the usable apps that somebody vouches for and that one of `apps` could be taken for, the operator's first.

    They are compared one by one, because no index finds similar names.
    """
    doubtful = [app for app in apps if app.trust is not Trust.ADDED]
    if not doubtful:
        return []
    sources = Client.RegistrationSource
    vouched = Q(registration_source=sources.MANUAL) | ~Q(vouched_fingerprint="")
    usable = Client.objects.filter(suspended_at=None).exclude(approved_at=None)
    # Documents, which anybody may publish, must not displace the operator's.
    same_name = Q(name_key__in={app.client.name_key for app in doubtful} - {""})
    rank = Case(When(vouched & same_name, then=0), When(vouched, then=1), When(same_name, then=2), default=Value(3))
    candidates = usable.filter(vouched | Q(registration_source=sources.CIMD)).order_by(rank, "pk")[:MOST_COMPARED]
    compared = [(app.client, app.imitated_domains) for app in doubtful]
    alike = [each for each in candidates if any(_may_be_taken_for(*app, each) for app in compared)]
    return [app for app in map(_described, alike) if not app.is_unverified and app.domains]


def _may_be_taken_for(client: Client, imitated: Collection[str], known: Client) -> bool:
    """Return whether `client` has a similar name to `known`, or `imitated` a part of its addresses."""
    addresses = known.redirect_uris.lower()
    return _is_similar(client, known) or any(domain in addresses for domain in imitated)


def _namesake(app: App, known: Iterable[App]) -> App | None:
    """Return the first of `known` with the name of `app`, or else with a similar name or host, but at other domains.

    Nobody can cast doubt on an app of the operator, who alone is told of it (`also_at`); and on an app that its
    document verifies, only one that the operator vouches for or that was here before.
    """
    if app.trust is Trust.ADDED:
        return None
    rivals = [each for each in known if _is_elsewhere(app, each) and _outranks(each, app)]
    same_name = (each for each in rivals if _has_same_name(app, each))
    return next(same_name, None) or next((each for each in rivals if _is_lookalike(app, each)), None)


def _is_namesake(app: App, other: App) -> bool:
    """Return whether `other` has the name of `app`, which (also) sends access to another domain."""
    return _has_same_name(app, other) and _is_elsewhere(app, other)


def _has_same_name(app: App, other: App) -> bool:
    return other.client.name_key == app.client.name_key != ""


def _is_elsewhere(app: App, other: App) -> bool:
    return other.client != app.client and (not app.domains or not app.domains <= other.domains)


def _is_lookalike(app: App, known: App) -> bool:
    """Return whether `app` has a host like those of `known`, or a similar name.

    Documents, which anybody may publish, claim similar names only against later apps. An app whose own document is at
    a domain of `known` is by the same publisher.
    """
    if not app.imitated_domains.isdisjoint(known.domains):
        return True
    is_first = known.trust is not Trust.VERIFIED or known.client.pk < app.client.pk
    publisher = domains.registrable_domain(app.client.document_host)
    is_by_publisher = publisher in known.domains and app.domains <= known.domains
    return is_first and not is_by_publisher and _is_similar(app.client, known.client)


def _is_similar(client: Client, known: Client) -> bool:
    return similarity.is_similar_name(client.name, known.name)


def _outranks(known: App, app: App) -> bool:
    return (
        app.trust in (Trust.UNVERIFIED, Trust.APPROVED)
        or known.trust is not Trust.VERIFIED
        or known.client.pk < app.client.pk
    )


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
    if app.trust is Trust.APPROVED:
        return App(app.client, app.places, app.trust, None, known.client.name, also_at=place.host)
    return App(app.client, app.places, app.trust, place.host, known.client.name)
