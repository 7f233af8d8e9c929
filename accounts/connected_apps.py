"""Each person's own page: what they let in, what it did, and how to end it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.db.models import Max
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.cache import never_cache

from accounts import scopes
from accounts.attempts.attempt import Attempt
from accounts.attempts.timeline import recent
from accounts.destinations import Destination, distinct
from accounts.models import Authorization, AuthorizationQuerySet, Client, Event, User
from accounts.revocation import revoke

MOST_CALLS = 20
MOST_ATTEMPTS = 5


@dataclass(slots=True)
class ConnectedApp:
    """A client that a person lets in. `ends_at` is None where it goes on until somebody ends it."""

    client: Client
    destinations: list[Destination]
    scopes: list[tuple[scopes.Scope, list[scopes.Unlocked]]]
    since: datetime
    ends_at: datetime | None
    last_used: datetime | None


@method_decorator(never_cache, name="dispatch")
class ConnectedAppsView(LoginRequiredMixin, View):
    http_method_names = ["get", "head", "post"]

    def get(self, request: HttpRequest) -> HttpResponse:
        person = cast(User, request.user)
        context = {"apps": apps_of(person), "calls": calls_of(person), "attempts": failed_attempts_of(person)}
        return render(request, "accounts/connected_apps.html", context)

    def post(self, request: HttpRequest) -> HttpResponse:
        """Disconnect the app of the client whose number is sent as `client`, or every one where that is `all`."""
        chosen = request.POST.get("client", "")
        authorizations = live_ones(cast(User, request.user))
        if chosen != "all":
            number = int(chosen) if chosen.isdecimal() and len(chosen) < 19 else 0
            authorizations = authorizations.filter(consent__client_id=number)
        ended = revoke(authorizations, reason="person")
        messages.success(request, "Disconnected." if ended else "There was nothing to disconnect any more.")
        return HttpResponseRedirect(reverse("connected_apps"))


def live_ones(person: User) -> AuthorizationQuerySet:
    return Authorization.objects.live().filter(consent__user=person)


def apps_of(person: User) -> list[ConnectedApp]:
    """The one that was used last first."""
    by_client: dict[Client, list[Authorization]] = {}
    for authorization in live_ones(person).select_related("consent__client").order_by("pk"):
        by_client.setdefault(authorization.consent.client, []).append(authorization)
    used, opened_by = last_uses(person, by_client), scopes.opener_for(person)
    apps = [app_of(client, live, used.get(client.client_id), opened_by) for client, live in by_client.items()]
    return sorted(apps, key=lambda app: app.last_used or app.since, reverse=True)


def app_of(
    client: Client, live: list[Authorization], last_used: datetime | None, opened_by: scopes.Opener
) -> ConnectedApp:
    granted = {name for authorization in live for name in authorization.scope.split()}
    known = scopes.of_resource([name for name in scopes.names() if name in granted])
    unlocked = opened_by(known, client)
    ends = [authorization.expires_at for authorization in live]
    return ConnectedApp(
        client=client,
        destinations=distinct(each.redirect_uri for each in live if each.redirect_uri),
        scopes=[(scope, unlocked[scope.name]) for scope in scopes.describe(known)],
        since=live[0].created_at,
        ends_at=None if None in ends else max(end for end in ends if end is not None),
        last_used=last_used,
    )


def last_uses(person: User, clients: Iterable[Client]) -> dict[str, datetime]:
    used = Event.objects.filter(user_id=person.pk, kind=Event.Kind.MCP, client_id__in=[c.client_id for c in clients])
    return dict(used.order_by().values_list("client_id").annotate(Max("at")))


def calls_of(person: User) -> list[Event]:
    """The newest tool calls in their name."""
    calls = Event.objects.filter(user_id=person.pk, kind=Event.Kind.MCP, action__startswith="tools/call ")
    return list(calls.order_by("-pk")[:MOST_CALLS])


def failed_attempts_of(person: User) -> list[Attempt]:
    return [attempt for attempt in recent(user_id=person.pk) if attempt.explanation is not None][:MOST_ATTEMPTS]
