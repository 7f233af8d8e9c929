"""The page *Your apps*: the clients that a person connected, their calls, and a button to disconnect each."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.db.models import Count, Max, Min, Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views import View
from django.views.decorators.cache import never_cache

from accounts import scopes
from accounts.clients.identity.apps import App, identify_all, identify_ids
from accounts.conf import conf
from accounts.diagnosis.attempt import Attempt
from accounts.diagnosis.timeline import recent
from accounts.models import ALLOWED, UNFINISHED, Authorization, AuthorizationQuerySet, Client, Event, ProtectedResource
from accounts.people.origins import words_of
from accounts.protected_resources import endpoints
from accounts.revocation.authorizations import revoke
from accounts.user_model import User

# Further apps are counted, and *Disconnect all* includes them.
MOST_APPS = 100
MOST_CALLS = 20
MOST_ATTEMPTS = 5
# Uses of other servers on the person's behalf, of all apps.
MOST_FURTHER_USES = 200


# Returns a further section of the page as HTML, or "": other apps append theirs (mcp_api/apps.py).
Section = Callable[[HttpRequest], str]
sections: list[Section] = []


@dataclass(frozen=True, slots=True)
class FurtherUse:
    """A server that used another one on the person's behalf, by a token that it exchanged."""

    actor: str
    server: str
    at: datetime | None


@dataclass(slots=True)
class ConnectedApp:
    """A client with live authorizations of a person.

    `ends_at` is None if one of them never expires. `is_by_company`: an identity provider connects it again by itself.
    """

    client: Client
    identity: App
    scopes: list[tuple[scopes.Scope, list[scopes.PreviewItem]]]
    since: datetime
    ends_at: datetime | None
    last_used: datetime | None
    further_uses: list[FurtherUse]
    ways: list[str]
    is_by_company: bool


@method_decorator(never_cache, name="dispatch")
class ConnectedAppsView(LoginRequiredMixin, View):
    http_method_names = ["get", "head", "post"]

    def get(self, request: HttpRequest) -> HttpResponse:
        person = cast(User, request.user)
        apps, attempts = apps_of(person), failed_attempts_of(person)
        context = {
            "apps": apps,
            "more": number_of_apps(person) - len(apps) if len(apps) == MOST_APPS else 0,
            "calls": calls_of(person),
            "server_name": conf.SERVER_NAME,
            "sections": [html for section in sections if (html := section(request))],
            "attempts": attempts,
            "identities": identify_ids(attempt.client_id for attempt in attempts),
        }
        return render(request, "oauth_mcp/connected_apps.html", context)

    def post(self, request: HttpRequest) -> HttpResponse:
        """Disconnect the client whose primary key is sent as `client`, or every client if that is `all`."""
        chosen = request.POST.get("client", "")
        authorizations = live_authorizations(cast(User, request.user))
        if chosen != "all":
            number = int(chosen) if chosen.isdecimal() and len(chosen) < 19 else 0
            authorizations = authorizations.filter(consent__client_id=number)
        ended = revoke(authorizations, reason="person")
        messages.success(request, _("Disconnected.") if ended else _("Nothing to disconnect."))
        return HttpResponseRedirect(reverse("oauth_mcp:connected_apps"))


def live_authorizations(person: User) -> AuthorizationQuerySet:
    return Authorization.objects.live().filter(consent__user=person)


def number_of_apps(person: User) -> int:
    return live_authorizations(person).order_by().values("consent__client").distinct().count()


def apps_of(person: User) -> list[ConnectedApp]:
    """Return the MOST_APPS connected most recently, sorted by their last use, newest first.

    The database aggregates: one person may have very many authorizations.
    """
    newest = (
        live_authorizations(person)
        .order_by()
        .values("consent__client")
        .annotate(
            since=Min("created_at"),
            ends_at=Max("expires_at"),
            endless=Count("pk", filter=Q(expires_at=None)),
            by_company=Count("pk", filter=Q(origin=Authorization.Origin.ID_JAG)),
            newest=Max("pk"),
        )
        .order_by("-newest")[:MOST_APPS]
    )
    found: dict[int, Any] = {int(row["consent__client"]): row for row in newest}
    clients = Client.objects.in_bulk(found)
    used, preview_of = last_uses(person, clients.values()), scopes.preview_for(person)
    granted, uris = granted_to(person, found)
    identities, further = identify_all(clients.values(), uris), further_uses(person)
    ways = ways_of(person, found)
    others = resources_of({uri for each in granted.values() for uri in each if uri})
    apps = []
    for pk, client in clients.items():
        own = granted[pk].get("", set())
        known = scopes.of_resource([name for name in scopes.names() if name in own])
        preview = preview_of(known, client)
        app = ConnectedApp(
            client=client,
            identity=identities[client.client_id],
            scopes=[(scope, preview[scope.name]) for scope in scopes.describe(known)] + elsewhere(granted[pk], others),
            since=found[pk]["since"],
            ends_at=None if found[pk]["endless"] else found[pk]["ends_at"],
            last_used=used.get(client.client_id),
            further_uses=further[pk],
            ways=ways[pk],
            is_by_company=found[pk]["by_company"] > 0,
        )
        apps.append(app)
    return sorted(apps, key=lambda app: app.last_used or app.since, reverse=True)


def resources_of(identifiers: Collection[str]) -> list[ProtectedResource]:
    """Return the resources with these identifiers: other servers, and further endpoints of this one."""
    found = [endpoints.at(identifier) for identifier in sorted(identifiers)]
    return [*filter(None, found), *ProtectedResource.objects.filter(identifier__in=identifiers)]


def elsewhere(
    granted: dict[str, set[str]], others: Iterable[ProtectedResource]
) -> list[tuple[scopes.Scope, list[scopes.PreviewItem]]]:
    """Return the scopes of `granted`, by the identifier of their resource, at `others`. They have no preview."""
    found: list[tuple[scopes.Scope, list[scopes.PreviewItem]]] = []
    for resource in others:
        names = scopes.of_resource(sorted(granted.get(resource.identifier, ())))
        described = scopes.describe(names, resource.described_scopes)
        found += [(scopes.Scope(each.name, f"{resource.name}: {each.description}"), []) for each in described]
    return found


def granted_to(person: User, clients: Iterable[int]) -> tuple[dict[int, dict[str, set[str]]], dict[int, list[str]]]:
    """Return, by the client's primary key, the scopes at each resource, and the redirect URIs by their first use.

    The resource of this server itself is "".
    """
    granted: dict[int, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    uris: dict[int, list[str]] = defaultdict(list)
    theirs = live_authorizations(person).filter(consent__client__in=clients).order_by()
    columns = theirs.values_list("consent__client", "resource", "scope", "redirect_uri")
    for pk, resource, scope, uri, _first in columns.annotate(first=Min("pk")).order_by("first"):
        granted[pk][resource].update(scope.split())
        if uri and uri not in uris[pk]:
            uris[pk].append(uri)
    return granted, uris


def further_uses(person: User) -> dict[int, list[FurtherUse]]:
    """Return, by the client's primary key, which servers used others on behalf of `person`, the last first."""
    exchanged = Authorization.objects.filter(consent__user=person, exchanged_from__isnull=False, revoked_at=None)
    rows = list(
        exchanged.order_by()
        .values_list("consent__client", "actors", "resource")
        .annotate(last=Max("access_tokens__created"))
        .order_by("-last")[:MOST_FURTHER_USES]
    )
    known = [each for _, actors, resource, _ in rows for each in (actors.split()[0], resource)]
    resources = ProtectedResource.objects.filter(identifier__in=known)
    names = dict(resources.values_list("identifier", "name"))
    found: dict[int, list[FurtherUse]] = defaultdict(list)
    for pk, actors, resource, last in rows:
        actor = actors.split()[0]
        found[pk].append(FurtherUse(names.get(actor, actor), names.get(resource, resource), last))
    return found


def ways_of(person: User, clients: Iterable[int]) -> dict[int, list[str]]:
    """Return, by the client's primary key, how its live authorizations came about, in words."""
    theirs = live_authorizations(person).filter(consent__client__in=clients).order_by()
    found: dict[int, list[str]] = defaultdict(list)
    rows = theirs.values_list("consent__client", "origin", "issuer__name").annotate(Count("pk")).order_by("origin")
    for pk, origin, issuer, _number in rows:
        found[int(pk)].append(words_of(origin, issuer))
    return found


def last_uses(person: User, clients: Iterable[Client]) -> dict[str, datetime]:
    used = Event.objects.filter(ALLOWED, user_id=person.pk, client_id__in=[c.client_id for c in clients])
    return dict(used.order_by().values_list("client_id").annotate(Max("at")))


def calls_of(person: User) -> list[Event]:
    """Return the newest tool calls on behalf of `person` that have ended."""
    calls = Event.objects.filter(user_id=person.pk, kind=Event.Kind.MCP, action__startswith="tools/call ")
    return list(calls.exclude(reason__in=UNFINISHED).order_by("-pk")[:MOST_CALLS])


def failed_attempts_of(person: User) -> list[Attempt]:
    return [attempt for attempt in recent(user_id=person.pk) if attempt.explanation is not None][:MOST_ATTEMPTS]
