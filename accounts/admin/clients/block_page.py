"""The pages on which an operator chooses what to block, and confirms what that suspends."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.defaultfilters import pluralize
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from accounts.admin.clients.block_impact import Impact, digest, impact_of, suspend
from accounts.admin_base.audited import AuditedMixin
from accounts.db.short_transactions import short_transaction
from accounts.models import BlockedDomain, Client
from accounts.revocation.authorizations import BATCH

CHANGED = "What this would suspend has changed meanwhile. Look at it again, then confirm."
NOT_TICKED = "Tick each domain that other clients share, or go back and choose fewer."


def may_block(request: HttpRequest) -> bool:
    """To block a domain adds a blocked domain and suspends clients: it takes the permission for each."""
    return request.user.has_perms(["accounts.add_blockeddomain", "accounts.change_client"])


def is_confirmed(request: HttpRequest, impacts: Sequence[Impact]) -> bool:
    """Whether the form that was sent confirms exactly `impacts`; a message says why it does not."""
    shown = request.POST.get("shown")
    if shown is None:
        return False
    if shown != digest(impacts):
        messages.warning(request, CHANGED)
        return False
    ticked = request.POST.getlist("also")
    if any(impact.shared_with and impact.domain not in ticked for impact in impacts):
        messages.error(request, NOT_TICKED)
        return False
    return True


def confirmation_page(
    by: admin.ModelAdmin, request: HttpRequest, impacts: Sequence[Impact], **context: Any
) -> HttpResponse:
    """The page that names what `impacts` suspend; `fields` are (name, value) pairs to be sent along."""
    page = {
        **by.admin_site.each_context(request),
        "title": f"Block {', '.join(impact.domain for impact in impacts)}?",
        "opts": by.opts,
        "impacts": impacts,
        "shown": digest(impacts),
        **context,
    }
    return TemplateResponse(request, "admin/accounts/blockeddomain/confirm.html", page)


def block(by: AuditedMixin, request: HttpRequest, impact: Impact, *, reason: str) -> int:
    """Block the domain of `impact` and suspend the clients that it names; returns how many those were.

    Raises ValidationError for what is not a domain.
    """
    if not BlockedDomain.objects.filter(domain=impact.domain).exists():
        blocked = BlockedDomain(domain=impact.domain, reason=reason[:255])
        with transaction.atomic():
            blocked.full_clean()
            blocked.save()
            by.log_addition(request, blocked, [{"added": {}}])
    return suspend_named(by, request, impact)


def suspend_named(by: AuditedMixin, request: HttpRequest, impact: Impact) -> int:
    """Suspend the clients that `impact` names, then write that to their histories, a batch in a transaction.

    Strangers decide how many there are. Not to be called inside a transaction.
    """
    suspended = suspend(impact)
    for start in range(0, len(suspended), BATCH):
        with short_transaction():
            by.log_bulk(request, suspended[start : start + BATCH], f"Suspended: {impact.domain} is blocked.")
    return len(suspended)


class BlockDomainsMixin(AuditedMixin):
    """Blocks domains that a client comes from or is answered at, from the client's own page."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.block_view)
        return [path("<int:number>/block/", view, name="accounts_client_block"), *super().get_urls()]

    def block_view(self, request: HttpRequest, number: int) -> HttpResponse:
        """First a choice of domains, then a page to confirm. Raises PermissionDenied and Http404."""
        if not (may_block(request) and self.has_view_permission(request)):
            raise PermissionDenied
        client = Client.objects.filter(pk=number).first()
        if client is None or not client.hosts:
            raise Http404
        chosen = sorted(client.hosts.intersection(request.POST.getlist("host")))
        if request.method != "POST" or not chosen or "choose" in request.POST:
            return self._choice(request, client, chosen)
        return self._confirm(request, client, chosen)

    def _confirm(self, request: HttpRequest, client: Client, chosen: list[str]) -> HttpResponse:
        impacts = [impact_of(host, of=client) for host in chosen]
        if not is_confirmed(request, impacts):
            fields = [("host", host) for host in chosen]
            return confirmation_page(self, request, impacts, client=client, fields=fields)
        for impact in impacts:
            self._block(request, client, impact)
        return HttpResponseRedirect(reverse("admin:accounts_client_change", args=(client.pk,)))

    def _choice(self, request: HttpRequest, client: Client, chosen: list[str]) -> HttpResponse:
        if request.method == "POST" and not chosen:
            messages.error(request, "Choose at least one domain.")
        context = {
            **self.admin_site.each_context(request),
            "title": f"Block domains of {client}",
            "opts": self.opts,
            "client": client,
            "impacts": [impact_of(host, of=client) for host in sorted(client.hosts)],
            "blocked": set(BlockedDomain.objects.filter(domain__in=client.hosts).values_list("domain", flat=True)),
        }
        return TemplateResponse(request, "admin/accounts/client/block.html", context)

    def _block(self, request: HttpRequest, client: Client, impact: Impact) -> None:
        try:
            suspended = block(self, request, impact, reason=f"Blocked from the page of {client}.")
        except ValidationError as error:
            self.message_user(request, f"{impact.domain} was not blocked: {' '.join(error.messages)}", messages.ERROR)
            return
        self.log_bulk(request, [client], f"Blocked {impact.domain}.")
        told = f"Blocked {impact.domain}: {suspended} client{pluralize(suspended)} suspended."
        self.message_user(request, told, messages.SUCCESS)
