"""Admin of the exchanges that the operator allows a protected resource, on its page (RFC 8693)."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts import scopes
from accounts.admin.clients.forms import ScopesField
from accounts.models import AllowedExchange, ProtectedResource
from accounts.protected_resources.ending import end_exchange

NO_SCOPE = _("Choose at least one scope: without one, no token could be exchanged. To allow none, delete this server.")


def known_scopes() -> list[str]:
    """Return the names of this server's scopes, and of those that protected resources have of their own."""
    own = [name for resource in ProtectedResource.objects.order_by("pk") for name in resource.described_scopes]
    return list(dict.fromkeys([*scopes.names(of_resource_only=True), *own]))


class AllowedExchangeForm(forms.ModelForm):
    scope = ScopesField(
        label=_("Scopes"),
        choices=lambda: [(name, name) for name in known_scopes()],
        help_text=_(
            "The most that its tokens for that server allow. They never allow more than the token that it got."
        ),
        error_messages={"required": NO_SCOPE},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk is None and "read" in known_scopes():
            self.initial.setdefault("scope", "read")


class AllowedExchangeInline(admin.StackedInline):
    """The servers that this one may call on behalf of the people whose tokens it receives."""

    model = AllowedExchange
    form = AllowedExchangeForm
    fk_name = "source"
    fields = ("target", "scope", "lifetime_minutes")
    extra = 0
    verbose_name = _("server to call")
    verbose_name_plural = _("calls of other servers")

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        formset = super().get_formset(request, obj, **kwargs)
        if (target := formset.form.base_fields.get("target")) is not None:
            # A new server has a page of its own, which shows its secret once.
            target.widget.can_add_related = target.widget.can_change_related = False
        return formset

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "target":
            source = request.resolver_match.kwargs.get("object_id") if request.resolver_match is not None else None
            others = ~Q(pk=int(source)) if source and source.isdecimal() else Q()
            kwargs["queryset"] = ProtectedResource.objects.filter(others).order_by("name")
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


def end_changed(formset: Any) -> int:
    """End the tokens of each exchange that `formset` changes or deletes, and lock it. Returns their number."""
    changed = [form.initial["target"] for form in formset.initial_forms if form.has_changed()]
    source = formset.instance
    return sum(end_exchange(source, target) for target in ProtectedResource.objects.filter(pk__in=changed))
