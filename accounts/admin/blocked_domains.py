"""The domains that no client may come from."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db import transaction
from django.http import HttpRequest
from django.template.defaultfilters import pluralize

from accounts.admin.mixins import Roomy
from accounts.audited import Audited
from accounts.blocked_domains import suspend_clients_of
from accounts.models import BlockedDomain


@admin.register(BlockedDomain)
class BlockedDomainAdmin(Roomy):
    """To block one suspends its clients; to unblock it lets new ones in, and reinstates none."""

    list_display = ("domain", "reason", "created_at")
    search_fields = ("domain", "reason")
    fields = ("domain", "reason")

    def get_readonly_fields(self, request: HttpRequest, obj: BlockedDomain | None = None) -> tuple[str, ...]:
        return ("domain",) if obj else ()

    @transaction.atomic
    def save_model(self, request: HttpRequest, obj: BlockedDomain, form: forms.ModelForm, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if not change:
            suspended = suspend_theirs(self, request, obj.domain)
            self.message_user(request, f"{suspended} client{pluralize(suspended)} suspended.", messages.INFO)

    def get_form(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        help_texts = {"domain": "With all that is below it. The clients that come from there are suspended at once."}
        return super().get_form(request, *args, **{**kwargs, "help_texts": help_texts})


def block(by: Audited, request: HttpRequest, domain: str, *, reason: str) -> int:
    """Block `domain`, if it is not blocked already; returns how many clients that suspended."""
    BlockedDomain.objects.get_or_create(domain=domain, defaults={"reason": reason})
    return suspend_theirs(by, request, domain)


def suspend_theirs(by: Audited, request: HttpRequest, domain: str) -> int:
    """Suspend the clients of `domain`, with the reason in the history of each; returns how many that were."""
    suspended = suspend_clients_of(domain)
    by.log_bulk(request, suspended, f"Suspended: {domain} is blocked.")
    return len(suspended)
