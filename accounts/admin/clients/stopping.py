"""*Stop this app*: the operator suspends clients, revokes their access, or both, on a page that counts what ends."""

from collections.abc import Sequence
from datetime import datetime

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.admin.clients.block_page import may_block
from accounts.admin_base.audited import STORED_LANGUAGE, AuditedMixin
from accounts.admin_base.confirmation import asks, pks_of
from accounts.admin_base.ending.confirmed import Choice, Ending, confirmation_page, confirmed_choice
from accounts.admin_base.ending.summary import APP, Line, Summary, live_authorizations_of, summarize
from accounts.admin_base.mixins import Link, ObjectActionsMixin
from accounts.clients.blocked_domains import find_blocked
from accounts.models import Client
from accounts.revocation.authorizations import revoke

SUSPEND = Choice(
    "suspend",
    _("Suspend"),
    _("It can neither connect nor use its tokens. You can undo this: its tokens then work again."),
)
SUSPEND_AND_REVOKE = Choice(
    "suspend_and_revoke",
    _("Suspend, and revoke all access"),
    _(
        "Its tokens also end for good. Once you reinstate it, each person must connect it again; a "
        "program that acts as a service person requests another token by itself."
    ),
)
REVOKE = Choice(
    "revoke",
    _("Only revoke all access"),
    _(
        "Its tokens end for good, but people can connect it again at once, and a "
        "program that acts as a service person requests another token by itself."
    ),
)
# Messages are stored in a cookie, which limits their number.
MOST_MESSAGES = 5


def choices_of(request: HttpRequest) -> list[Choice]:
    """Return what the operator may do: each way takes its permissions."""
    suspends = request.user.has_perm("oauth_mcp.change_client")
    revokes = request.user.has_perm("oauth_mcp.change_authorization")
    allowed = {SUSPEND: suspends, SUSPEND_AND_REVOKE: suspends and revokes, REVOKE: revokes}
    return [choice for choice, is_allowed in allowed.items() if is_allowed]


def stop(
    model_admin: ObjectActionsMixin, request: HttpRequest, clients: QuerySet[Client], *, back_url: str
) -> HttpResponse | None:
    """Return the page that asks how to stop `clients`. Once that is confirmed, stop them and return None."""
    summary = summarize(live_authorizations_of(clients, APP), APP, clients)
    if not summary.rows:
        model_admin.message_user(request, gettext("Nothing to stop: the client was deleted."), messages.INFO)
        return None
    is_one = summary.rows == 1
    ending = Ending(
        summary=summary,
        pks=pks_of(clients),
        choices=choices_of(request),
        title=gettext("Stop %(subject)s?") % {"subject": summary.title},
        button=gettext("Stop this app") if is_one else gettext("Stop %(subject)s") % {"subject": summary.title},
        cancel_url=back_url,
        links=_links(request, clients) if is_one else [],
    )
    what = confirmed_choice(request, ending)
    if not what:
        return confirmation_page(model_admin, request, ending)
    chosen = Client.objects.filter(pk__in=ending.pks)
    if what != REVOKE.what:
        _suspend(model_admin, request, chosen, summary)
    if what != SUSPEND.what:
        _log(model_admin, request, chosen, "Revoked access", summary)
        revoke(live_authorizations_of(chosen, APP), reason="operator")
    model_admin.message_user(request, _message(summary, what, ending.pks), messages.SUCCESS)
    return None


def _message(summary: Summary, what: str, pks: Sequence[int]) -> SafeString | str:
    if what == REVOKE.what:
        return gettext("Access revoked: %(summary)s. People can connect again.") % {"summary": summary.sentence}
    if what == SUSPEND.what:
        told = gettext("Stopped: %(summary)s.") % {"summary": summary.sentence}
    else:
        told = gettext("Stopped, and access revoked: %(summary)s.") % {"summary": summary.sentence}
    if summary.rows == 1:
        page = reverse("admin:oauth_mcp_client_change", args=(pks[0],))
        undo = gettext('To undo the suspension, choose Reinstate on <a href="{}">its page</a>.')
    else:
        page = reverse("admin:oauth_mcp_client_changelist", query={"state": "suspended"})
        undo = gettext('To undo the suspension, choose Reinstate on <a href="{}">the list of suspended clients</a>.')
    return format_html("{} {}", told, format_html(undo, page))


def _links(request: HttpRequest, clients: QuerySet[Client]) -> list[Link]:
    client = clients.first()
    if client is None or not client.hosts or not may_block(request):
        return []
    label = gettext("Block its domain instead, with all apps there…")
    return [{"label": label, "url": reverse("admin:oauth_mcp_client_block", args=(client.pk,))}]


class StoppingMixin(ObjectActionsMixin):
    """Adds the actions to stop clients and to reinstate them."""

    def has_stop_permission(self, request: HttpRequest) -> bool:
        return bool(choices_of(request))

    @admin.action(description=_("Stop this app…"), permissions=["stop"])
    def stop(self, request: HttpRequest, queryset: QuerySet[Client]) -> HttpResponse | None:
        return stop(self, request, queryset, back_url=self.back_url(request, queryset))

    @admin.action(description=_("Reinstate…"), permissions=["change"])
    @asks(
        _("Reinstate {}?"),
        _("It can connect again, and its tokens work again at once, unless they were revoked or have expired."),
        button=_("Reinstate"),
    )
    @transaction.atomic
    def reinstate(self, request: HttpRequest, queryset: QuerySet[Client]) -> None:
        suspended = queryset.exclude(suspended_at=None)
        blocked = [client for client in suspended if find_blocked(client.hosts)]
        for client in blocked[:MOST_MESSAGES]:
            message = gettext("%(client)s stays suspended: its domain is blocked. Unblock the domain first.") % {
                "client": client
            }
            self.message_user(request, message, messages.WARNING)
        allowed = Client.objects.filter(pk__in=pks_of(suspended)).exclude(pk__in=[client.pk for client in blocked])
        summary = summarize(live_authorizations_of(allowed, APP), APP, allowed)
        change_clients(self, request, allowed, "reinstated", suspended_at=None)
        if summary.rows:
            self.message_user(
                request, gettext("Reinstated: %(summary)s.") % {"summary": summary.sentence}, messages.SUCCESS
            )
        elif not blocked:
            self.message_user(request, gettext("Nothing to reinstate: no client was suspended."), messages.INFO)


@transaction.atomic
def change_clients(
    model_admin: AuditedMixin, request: HttpRequest, clients: QuerySet[Client], what: str, **to: datetime | bool | None
) -> None:
    """Set the fields `to` of `clients`, and write `what` to their histories."""
    chosen = Client.objects.filter(pk__in=pks_of(clients))
    model_admin.log_bulk(request, chosen, f"{what[0].upper()}{what[1:]}.")
    chosen.update(**to)


@transaction.atomic
def _suspend(model_admin: AuditedMixin, request: HttpRequest, clients: QuerySet[Client], summary: Summary) -> None:
    active = Client.objects.filter(pk__in=pks_of(clients.filter(suspended_at=None)))
    _log(model_admin, request, active, "Suspended", summary)
    active.update(suspended_at=timezone.now())


def _log(
    model_admin: AuditedMixin, request: HttpRequest, clients: QuerySet[Client], what: str, summary: Summary
) -> None:
    """Write `what` to the histories of `clients`, with the hosts and numbers of those that `summary` has a line for."""
    lines = {line.app.client.pk: line for line in summary.lines if line.app is not None}
    for client in clients.filter(pk__in=lines):
        line = lines[client.pk]
        with translation.override(STORED_LANGUAGE):
            text = f"{what}{_places(line)} ({line.counts})."
        model_admin.log_bulk(request, [client], text)
    model_admin.log_bulk(request, clients.exclude(pk__in=lines), f"{what}.")


def _places(line: Line) -> str:
    hosts = [str(place.host) for place in line.app.shown_places] if line.app is not None else []
    return f" at {', '.join(hosts)}" if hosts else ""
