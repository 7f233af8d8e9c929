"""Admin of blocked domains, whose clients are refused."""

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from accounts.admin.clients.block_impact import Impact, impact_of, sentence_of
from accounts.admin.clients.block_page import confirmation_page, is_confirmed, may_block, suspend_and_log
from accounts.admin_base.mixins import LargeTableMixin
from accounts.models import BlockedDomain


@admin.register(BlockedDomain)
class BlockedDomainAdmin(LargeTableMixin):
    """Blocking a domain suspends its clients. Unblocking it accepts new ones, and reinstates none."""

    list_display = ("domain", "reason", "created_at")
    search_fields = ("domain", "reason")
    fields = ("domain", "reason")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return may_block(request)

    def get_readonly_fields(self, request: HttpRequest, obj: BlockedDomain | None = None) -> tuple[str, ...]:
        return ("domain",) if obj else ()

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if request.method == "POST" and self.has_add_permission(request):
            form = self.get_form(request)(request.POST)
            if form.is_valid():
                impact = impact_of(form.instance.domain)
                if not is_confirmed(request, [impact]):
                    fields = [(name, form.cleaned_data[name]) for name in self.fields]
                    return confirmation_page(self, request, [impact], fields=fields)
                return self._add(request, impact, form_url, extra_context)
        return super().add_view(request, form_url, extra_context)

    def _add(
        self, request: HttpRequest, impact: Impact, form_url: str, extra_context: dict[str, Any] | None
    ) -> HttpResponse:
        """Add the domain, so that new clients are refused, then suspend the existing ones."""
        response = super().add_view(request, form_url, extra_context)
        if BlockedDomain.objects.filter(domain=impact.domain).exists():
            suspended = suspend_and_log(self, request, impact)
            self.message_user(request, sentence_of(suspended), messages.INFO)
        return response

    def get_form(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        help_texts = {"domain": _("Includes its subdomains. Clients of this domain are suspended.")}
        return super().get_form(request, *args, **{**kwargs, "help_texts": help_texts})
