"""The pages on which an operator chooses domains to block, and confirms which clients that suspends."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.admin.clients.block_impact import Affected, Impact, digest, impact_of, sentence_of, suspend
from accounts.admin_base import confirmation
from accounts.admin_base.audited import AuditedMixin
from accounts.db.short_transactions import short_transaction
from accounts.models import BlockedDomain, Client
from accounts.revocation.authorizations import BATCH

CHANGED = _("The clients that this would suspend have changed. Look at them again, then confirm.")
NOT_TICKED = _("Tick each domain that other clients use too, or go back and choose fewer domains.")


def may_block(request: HttpRequest) -> bool:
    """Return whether the operator has both permissions: to add a blocked domain and to suspend clients."""
    return request.user.has_perms(["oauth_mcp.add_blockeddomain", "oauth_mcp.change_client"])


def is_confirmed(request: HttpRequest, impacts: Sequence[Impact]) -> bool:
    """Return whether the form that was sent confirms exactly `impacts`. If not, a message says why."""
    if not confirmation.is_confirmed(request, digest(impacts), changed=CHANGED):
        return False
    ticked = request.POST.getlist("also")
    if any(impact.shared_with and impact.domain not in ticked for impact in impacts):
        messages.error(request, NOT_TICKED)
        return False
    return True


def confirmation_page(
    model_admin: admin.ModelAdmin, request: HttpRequest, impacts: Sequence[Impact], **context: Any
) -> HttpResponse:
    """Return the page that names the clients of `impacts`. `fields` are (name, value) pairs that its form sends too."""
    return confirmation.confirmation_page(
        model_admin,
        request,
        "admin/oauth_mcp/blockeddomain/confirm.html",
        title=gettext("Block %(domains)s?") % {"domains": ", ".join(impact.domain for impact in impacts)},
        digest=digest(impacts),
        impacts=impacts,
        **context,
    )


def block(model_admin: AuditedMixin, request: HttpRequest, impact: Impact, *, reason: str) -> list[Affected]:
    """Block the domain of `impact`, suspend its clients, and return these. Raises ValidationError."""
    if not BlockedDomain.objects.filter(domain=impact.domain).exists():
        blocked = BlockedDomain(domain=impact.domain, reason=reason[:255])
        with transaction.atomic():
            blocked.full_clean()
            blocked.save()
            model_admin.log_addition(request, blocked, [{"added": {}}])
    return suspend_and_log(model_admin, request, impact)


def suspend_and_log(model_admin: AuditedMixin, request: HttpRequest, impact: Impact) -> list[Affected]:
    """Suspend the clients of `impact`, write that to their histories, and return these.

    Clients register themselves without a limit, so each batch has its own transaction. Must not be called in one.
    """
    suspended = suspend(impact)
    for start in range(0, len(suspended), BATCH):
        with short_transaction():
            clients = [each.client for each in suspended[start : start + BATCH]]
            model_admin.log_bulk(request, clients, f"Suspended: {impact.domain} is blocked.")
    return suspended


class BlockDomainsMixin(AuditedMixin):
    """Adds pages to block the domains of a client: those of its metadata document and its redirect URIs."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.block_view)
        return [path("<int:number>/block/", view, name="oauth_mcp_client_block"), *super().get_urls()]

    def block_view(self, request: HttpRequest, number: int) -> HttpResponse:
        """Show the choice of domains, then the confirmation. Raises PermissionDenied and Http404."""
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
        impacts = [impact_of(host, client=client) for host in chosen]
        if not is_confirmed(request, impacts):
            fields = [("host", host) for host in chosen]
            return confirmation_page(self, request, impacts, client=client, fields=fields)
        for impact in impacts:
            self._block(request, client, impact)
        return HttpResponseRedirect(reverse("admin:oauth_mcp_client_change", args=(client.pk,)))

    def _choice(self, request: HttpRequest, client: Client, chosen: list[str]) -> HttpResponse:
        if request.method == "POST" and not chosen:
            messages.error(request, gettext("Choose at least one domain."))
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Block domains of %(client)s") % {"client": client},
            "opts": self.opts,
            "client": client,
            "impacts": [impact_of(host, client=client) for host in sorted(client.hosts)],
            "blocked": set(BlockedDomain.objects.filter(domain__in=client.hosts).values_list("domain", flat=True)),
        }
        return TemplateResponse(request, "admin/oauth_mcp/client/block.html", context)

    def _block(self, request: HttpRequest, client: Client, impact: Impact) -> None:
        try:
            suspended = block(self, request, impact, reason=f"Blocked from the page of {client}.")
        except ValidationError as error:
            values = {"domain": impact.domain, "problem": " ".join(error.messages)}
            self.message_user(request, gettext("%(domain)s was not blocked: %(problem)s") % values, messages.ERROR)
            return
        self.log_bulk(request, [client], f"Blocked {impact.domain}.")
        done = gettext("Blocked %(domain)s.") % {"domain": impact.domain}
        self.message_user(request, f"{done} {sentence_of(suspended)}", messages.SUCCESS)
