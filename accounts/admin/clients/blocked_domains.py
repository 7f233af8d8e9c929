"""The domains that no client may come from."""

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.template.defaultfilters import pluralize

from accounts.admin.clients.block_impact import Impact, impact_of
from accounts.admin.clients.block_page import confirmation_page, is_confirmed, may_block, suspend_named
from accounts.admin_base.mixins import LargeTableMixin
from accounts.models import BlockedDomain


@admin.register(BlockedDomain)
class BlockedDomainAdmin(LargeTableMixin):
    """To block one suspends its clients; to unblock it lets new ones in, and reinstates none."""

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
        """Add the domain, so that no further client comes from there, then suspend those that are here."""
        response = super().add_view(request, form_url, extra_context)
        if BlockedDomain.objects.filter(domain=impact.domain).exists():
            suspended = suspend_named(self, request, impact)
            self.message_user(request, f"{suspended} client{pluralize(suspended)} suspended.", messages.INFO)
        return response

    def get_form(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        help_texts = {"domain": "With all that is below it. The clients that come from there are suspended."}
        return super().get_form(request, *args, **{**kwargs, "help_texts": help_texts})
