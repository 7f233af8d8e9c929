"""The page on which an operator confirms the approval of several clients, each as it is shown there."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.http import HttpRequest, HttpResponse
from django.template.defaultfilters import pluralize
from django.template.response import TemplateResponse
from django.utils.crypto import salted_hmac

from accounts.admin.clients.block_impact import Affected
from accounts.clients.destinations import destination_of
from accounts.http import web_address
from accounts.models import Client

# Part of what is signed: it stays when the module moves.
SALT = "accounts.admin.approval_page"
CHANGED = "The clients have changed since this page was opened. Look at them again, then confirm."
# Nobody reads a longer page before they confirm it.
MOST_AT_ONCE = 25
TOO_MANY = f"Approve at most {MOST_AT_ONCE} clients at a time. Select fewer."


@dataclass(frozen=True, slots=True)
class Place:
    """Where answers to a client go: `host` as people should read it, and the registered `uri` with it."""

    host: str
    note: str
    uri: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """A client to approve, with all that the page shows of it."""

    client: Client
    origin: str
    places: list[Place]


def candidate_of(client: Client) -> Candidate:
    return Candidate(client, Affected(client, 0).origin, [place_of(uri) for uri in client.redirect_uris.split()])


def place_of(uri: str) -> Place:
    try:
        destination = destination_of(uri)
    except web_address.InvalidAddress:
        # It was stored before such an address was refused, and is refused at authorization.
        return Place("an invalid address", "is refused", uri)
    if destination.is_website:
        return Place(destination.host, "", uri)
    return Place(destination.host, "on the person’s own device", uri)


def digest(clients: Sequence[Client]) -> str:
    """Changes with the clients, and with what each of them is judged by."""
    shown = sorted((client.pk, client.fingerprint) for client in clients)
    return salted_hmac(SALT, repr(shown), algorithm="sha256").hexdigest()


def is_confirmed(request: HttpRequest, clients: Sequence[Client]) -> bool:
    """Whether the form that was sent confirms exactly `clients`; a message says why it does not."""
    shown = request.POST.get("shown")
    if shown is not None and shown != digest(clients):
        messages.warning(request, CHANGED)
    return shown == digest(clients)


def confirmation_page(by: admin.ModelAdmin, request: HttpRequest, clients: Sequence[Client]) -> HttpResponse:
    """The page that shows each of `clients`; its form sends the action again, with the digest of what it shows."""
    page = {
        **by.admin_site.each_context(request),
        "title": f"Approve {len(clients)} client{pluralize(len(clients))}?",
        "opts": by.opts,
        "candidates": [candidate_of(client) for client in clients],
        "shown": digest(clients),
        "checkbox": ACTION_CHECKBOX_NAME,
    }
    return TemplateResponse(request, "admin/accounts/client/approve.html", page)
