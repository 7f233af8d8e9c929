"""Admin of protected resources: other servers that accept tokens of this one."""

import json
from datetime import timedelta
from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.widgets import AdminTextareaWidget
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts import scopes
from accounts.admin.clients.forms import ScopesField
from accounts.admin.clients.secrets import shown_once
from accounts.admin.resources.exchanges import AllowedExchangeInline, end_changed
from accounts.admin_base.confirmation import asks
from accounts.admin_base.mixins import LargeTableMixin, ObjectActionsMixin
from accounts.admin_base.states import badge
from accounts.client_credentials.secrets import OVERLAP, generate, rotate
from accounts.http.address import endpoint, issuer
from accounts.models import ProtectedResource
from accounts.numbers import count
from accounts.protected_resources.ending import switch_off
from accounts.protected_resources.metadata import document_of

SECRET = _("This is the secret for introspection and token exchange. Copy it now, because it is not shown again.")
COPYABLE = '<span class="copyable"><code data-copy="{}">{}</code></span>'


class ProtectedResourceForm(forms.ModelForm):
    scope = ScopesField(
        required=False,
        label=_("Scopes of this server"),
        choices=lambda: [(s.name, s.name) for s in scopes.describe(scopes.names(of_resource_only=True))],
        help_text=_("Those that it uses. None selected: all, unless it has scopes of its own."),
    )

    class Meta:
        widgets = {
            "token_format": forms.RadioSelect,
            "own_scopes": AdminTextareaWidget(attrs={"rows": 4, "spellcheck": "false", "autocapitalize": "off"}),
        }


@admin.register(ProtectedResource)
class ProtectedResourceAdmin(ObjectActionsMixin, LargeTableMixin):
    """The server generates the secret, shows it once on the next page, and stores it hashed."""

    form = ProtectedResourceForm
    inlines = (AllowedExchangeInline,)
    list_display = ("name", "identifier", "token_format", "state", "live_authorizations", "created_at")
    search_fields = ("name", "identifier")
    object_actions = ("rotate_secret", "replace_secret", "switch_off", "switch_on")
    add_fieldsets: ClassVar[Any] = (
        (None, {"fields": ("identifier", "name")}),
        (_("Scopes"), {"fields": ("scope", "own_scopes")}),
        (_("Tokens"), {"fields": ("token_format", "token_lifetime")}),
    )
    fieldsets: ClassVar[Any] = (
        (None, {"fields": ("identifier", "name", "state", "live_authorizations")}),
        *add_fieldsets[1:],
        (_("Introspection and token exchange"), {"fields": ("introspection_endpoint", "shown_id")}),
        (_("Verification of JWTs"), {"fields": ("jwks_uri", "issuer")}),
        (_("Its metadata"), {"fields": ("metadata",)}),
    )
    computed = (
        "state",
        "live_authorizations",
        *("introspection_endpoint", "shown_id", "jwks_uri", "issuer", "metadata"),
    )

    def get_fieldsets(self, request: HttpRequest, obj: ProtectedResource | None = None) -> Any:
        return self.add_fieldsets if obj is None else super().get_fieldsets(request, obj)

    def get_readonly_fields(self, request: HttpRequest, obj: ProtectedResource | None = None) -> tuple[str, ...]:
        # Tokens keep the identifier that they were issued for.
        return ("identifier", *self.computed) if obj else self.computed

    def get_object(self, request: HttpRequest, *args: Any, **kwargs: Any) -> ProtectedResource | None:
        found = super().get_object(request, *args, **kwargs)
        if found is not None:
            found.issued_by = issuer(request)
        return found

    def is_applicable(self, action: str, obj: ProtectedResource) -> bool:
        if action in ("switch_off", "switch_on"):
            return obj.is_active == (action == "switch_off")
        return True

    @admin.display(description=_("state"))
    def state(self, obj: ProtectedResource) -> SafeString:
        return badge("active" if obj.is_active else "off")

    def get_queryset(self, request: HttpRequest) -> QuerySet[ProtectedResource]:
        return super().get_queryset(request).with_connections()  # type: ignore[attr-defined]

    @admin.display(description=_("connections"), ordering="connections")
    def live_authorizations(self, obj: ProtectedResource) -> int:
        return obj.connections  # type: ignore[attr-defined] # an annotation

    @admin.display(description=_("endpoint"))
    def introspection_endpoint(self, obj: ProtectedResource) -> SafeString:
        return format_html(COPYABLE, gettext("Copy the address"), endpoint(issuer_of(obj), "oauth_mcp:introspect"))

    @admin.display(description=_("keys (jwks_uri)"))
    def jwks_uri(self, obj: ProtectedResource) -> SafeString:
        return format_html(
            COPYABLE, gettext("Copy the address of the keys"), endpoint(issuer_of(obj), "oauth_mcp:jwks")
        )

    @admin.display(description=_("issuer"))
    def issuer(self, obj: ProtectedResource) -> SafeString:
        return format_html(COPYABLE, gettext("Copy the issuer"), issuer_of(obj))

    @admin.display(description=_("client ID"))
    def shown_id(self, obj: ProtectedResource) -> SafeString:
        return format_html(COPYABLE, gettext("Copy the client ID"), obj.client_id)

    @admin.display(description=_("publish this document"))
    def metadata(self, obj: ProtectedResource) -> SafeString:
        document = json.dumps(document_of(obj, issuer_of(obj)), indent=2)
        path = f"/{obj.identifier.partition('://')[2].partition('/')[2]}".rstrip("/")
        at = f"/.well-known/oauth-protected-resource{path}"
        return format_html(gettext("<pre>{}</pre> at <code>{}</code> of that server (RFC 9728)"), document, at)

    @admin.action(description=_("Rotate secret…"), permissions=["change"])
    @asks(
        _("Rotate the secret of {}?"),
        _(
            "The next page shows a new secret, once. The former one is accepted for another day: enter the new one "
            "in that server’s settings until then."
        ),
        button=_("Rotate secret"),
    )
    def rotate_secret(self, request: HttpRequest, queryset: QuerySet[ProtectedResource]) -> None:
        """Set a new secret; the former one is accepted for OVERLAP."""
        self._rotate(request, queryset.get(), OVERLAP)

    @admin.action(description=_("Replace secret at once…"), permissions=["change"])
    @asks(
        _("Replace the secret of {} at once?"),
        _(
            "The next page shows a new secret, once. The former one is refused from now on: that server cannot ask "
            "about tokens until the new one is in its settings."
        ),
        button=_("Replace secret at once"),
        is_risky=True,
    )
    def replace_secret(self, request: HttpRequest, queryset: QuerySet[ProtectedResource]) -> None:
        self._rotate(request, queryset.get(), timedelta())

    def _rotate(self, request: HttpRequest, resource: ProtectedResource, overlap: timedelta) -> None:
        secret = rotate(resource, overlap)
        self.log_bulk(request, [resource], "Rotated the secret." if overlap else "Replaced the secret at once.")
        self.show_once(request, resource, secret)

    def show_once(self, request: HttpRequest, resource: ProtectedResource, secret: str) -> None:
        self.message_user(request, shown_once(resource, secret, SECRET), messages.WARNING)

    @admin.action(description=_("Switch off, and end its tokens…"), permissions=["change"])
    @asks(
        _("Switch off {}, and end its tokens?"),
        _(
            "All connections to that server end at once, and no further tokens are issued for it. Once it is "
            "switched on again, each person must connect again."
        ),
        button=_("Switch off"),
        is_risky=True,
    )
    def switch_off(self, request: HttpRequest, queryset: QuerySet[ProtectedResource]) -> None:
        for resource in queryset:
            self.log_bulk(request, [resource], "Switched off.")
            ended = switch_off(resource)
            self.message_user(
                request,
                gettext("Switched off. Connections ended: %(number)s.") % {"number": count(ended)},
                messages.SUCCESS,
            )

    @admin.action(description=_("Switch on…"), permissions=["change"])
    @asks(
        _("Switch on {}?"),
        _("Tokens are issued for that server again. Each person must connect again."),
        button=_("Switch on"),
    )
    def switch_on(self, request: HttpRequest, queryset: QuerySet[ProtectedResource]) -> None:
        self.log_bulk(request, queryset, "Switched on.")
        queryset.update(is_active=True)
        self.message_user(request, gettext("Switched on. Each person must connect again."), messages.SUCCESS)

    def save_model(self, request: HttpRequest, obj: ProtectedResource, form: forms.ModelForm, change: bool) -> None:
        secret = "" if change else generate(obj)
        super().save_model(request, obj, form, change)
        if secret:
            self.show_once(request, obj, secret)

    def get_inlines(self, request: HttpRequest, obj: ProtectedResource | None) -> Any:
        # A new one shows its secret first.
        return super().get_inlines(request, obj) if obj is not None else ()

    def save_formset(self, request: HttpRequest, form: forms.ModelForm, formset: Any, change: bool) -> None:
        ended = end_changed(formset)
        super().save_formset(request, form, formset, change)
        if ended:
            self.message_user(
                request, gettext("Connections ended: %(number)s.") % {"number": count(ended)}, messages.SUCCESS
            )

    def response_post_save_add(self, request: HttpRequest, obj: ProtectedResource) -> HttpResponseRedirect:
        """Redirect to the resource's page, which shows its client ID beside the secret."""
        return HttpResponseRedirect(reverse("admin:oauth_mcp_protectedresource_change", args=(obj.pk,)))


def issuer_of(resource: ProtectedResource) -> str:
    """Return this server's issuer, which `get_object` adds to the row."""
    issued_by: str = resource.issued_by  # type: ignore[attr-defined]
    return issued_by
