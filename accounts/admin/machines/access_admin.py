"""Admin of service access: which clients act as which service person, with which scopes."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from accounts.admin.machines.access_form import AccessFields, problem_of
from accounts.admin.rights import has_rights_of
from accounts.admin_base.filters import ClientFilter, PersonFilter
from accounts.admin_base.links import related, summary_of
from accounts.admin_base.mixins import LargeTableMixin
from accounts.models import Authorization, Client, ServiceAccess
from accounts.user_model import User
from accounts.user_model import fields as user_fields

TERMS = ("acts_as", "ceiling", "resources", "lifetime_minutes")


class AccessForm(AccessFields, forms.ModelForm):
    """The client is chosen once; each later change ends the tokens that were issued before it."""

    operator: User | AnonymousUser = AnonymousUser()

    class Meta:
        model = ServiceAccess
        fields = ("client", "resources", "lifetime_minutes")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "ceiling" in self.fields:
            self.fields["ceiling"].initial = self.instance.scope or "read"
            self.fields["acts_as"].initial = self.instance.user_id
            self.prepare(self.operator)

    def clean_client(self) -> Client:
        client: Client = self.cleaned_data["client"]
        if problem := problem_of(client):
            raise forms.ValidationError(problem)
        return client

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not self.errors:
            self.instance.user, self.instance.scope = cleaned["acts_as"], cleaned["ceiling"]
        return cleaned


@admin.register(ServiceAccess)
class ServiceAccessAdmin(LargeTableMixin):
    form = AccessForm
    autocomplete_fields = ("client",)
    list_display = ("id", "shown_client", "person", "scope", "lifetime_minutes", "created_at")
    list_select_related = ("client", "user")
    list_filter = (PersonFilter.by("user"), ClientFilter.by("client__client_id"))
    search_fields = ("client__name", "=client__client_id", f"user__{user_fields.USERNAME}")
    readonly_fields = ("shown_client", "access", "created_at")
    shown_client, person = related("client", _("client")), related("user", _("acts as"))

    def get_fieldsets(self, request: HttpRequest, obj: ServiceAccess | None = None) -> Any:
        if obj is None:
            return ((None, {"fields": ("client", *TERMS)}),)
        shown = TERMS if self.has_change_permission(request, obj) else ("person", "scope", *TERMS[2:])
        return ((None, {"fields": ("shown_client", *shown, "access", "created_at")}),)

    def get_readonly_fields(self, request: HttpRequest, obj: ServiceAccess | None = None) -> Any:
        return (*self.readonly_fields, "person")

    def get_form(self, request: HttpRequest, obj: ServiceAccess | None = None, **kwargs: Any) -> Any:  # type: ignore[override]
        """Return a form that offers the service people whom this operator may choose."""
        made = super().get_form(request, obj, **kwargs)
        return type(made.__name__, (made,), {"operator": request.user})

    # --- Permissions: with the credentials of the client, an operator could act as its service person -------

    def has_change_permission(self, request: HttpRequest, obj: ServiceAccess | None = None) -> bool:
        allowed = super().has_change_permission(request, obj)
        return allowed and (obj is None or has_rights_of(request.user, obj.user))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[ServiceAccess]) -> None:
        # One by one, because each deletion locks its client.
        for access in queryset:
            access.delete()

    @admin.display(description=_("authorizations"))
    def access(self, given: ServiceAccess) -> SafeString:
        own = Authorization.objects.filter(consent__client=given.client, consent__user=given.user)
        return summary_of(own, on=given, client=given.client.client_id, person=given.user_id)
