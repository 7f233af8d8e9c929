"""The page on which an operator confirms the approval of clients, each as it is shown there."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.text import format_lazy
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from accounts.admin.clients.block_impact import Affected
from accounts.admin_base import confirmation
from accounts.admin_base.ending.summary import label
from accounts.clients.destinations import destination_of
from accounts.clients.identity.apps import App, identify_all
from accounts.http import web_address
from accounts.models import Client

# Part of the signed value: it must not change when the module moves.
SALT = "accounts.admin.approval_page"
CHANGED = _("The clients have changed since this page was opened. Look at them again, then confirm.")
# A longer page would be confirmed unread.
MOST_AT_ONCE = 25
TOO_MANY = format_lazy(_("Approve at most {number} clients at a time. Select fewer."), number=MOST_AT_ONCE)


@dataclass(frozen=True, slots=True)
class Destination:
    """A redirect URI of a client: the registered `uri`, and its `host` in readable form."""

    host: str
    note: str
    uri: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """A client to approve, as the page shows it. `app` has the warning where its name is that of another app."""

    client: Client
    app: App
    origin: str
    destinations: list[Destination]


def candidate_of(client: Client, app: App) -> Candidate:
    destinations = [describe(uri) for uri in client.redirect_uris.split()]
    return Candidate(client, app, Affected(client, 0).origin, destinations)


def describe(uri: str) -> Destination:
    try:
        destination = destination_of(uri)
    except web_address.InvalidAddress:
        # Such an address can only be an old one: it is refused at registration now, and at authorization.
        return Destination(gettext("an invalid address"), gettext("is refused"), uri)
    if destination.is_website:
        return Destination(destination.host, "", uri)
    return Destination(destination.host, gettext("on the person’s own device"), uri)


def digest(clients: Sequence[Client]) -> str:
    """Return a value that changes with `clients` and their fingerprints."""
    return confirmation.digest_of(sorted((client.pk, client.fingerprint) for client in clients), salt=SALT)


def is_confirmed(request: HttpRequest, clients: Sequence[Client]) -> bool:
    """Return whether the form that was sent confirms exactly `clients`. If they have changed, a message says so."""
    return confirmation.is_confirmed(request, digest(clients), changed=CHANGED)


def confirmation_page(
    model_admin: admin.ModelAdmin, request: HttpRequest, clients: Sequence[Client], *, cancel_url: str
) -> HttpResponse:
    """Return the page that shows each of `clients`. Its form sends the action again, with the digest."""
    apps = identify_all(clients)
    candidates = [candidate_of(client, apps[client.client_id]) for client in clients]
    name, number = label(clients[0]), len(clients)
    several = ngettext("Approve %(number)s client?", "Approve %(number)s clients?", number) % {"number": number}
    title = gettext("Approve %(name)s?") % {"name": name} if number == 1 else several
    return confirmation.confirmation_page(
        model_admin,
        request,
        "admin/oauth_mcp/client/approve.html",
        title=title,
        digest=digest(clients),
        candidates=candidates,
        warned=sum(candidate.app.known_at is not None for candidate in candidates),
        fields=confirmation.fields_of(request),
        cancel_url=cancel_url,
    )
