"""The OAuth clients: registered by hand here, by themselves, or by their metadata document."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.widgets import AdminTextareaWidget, AdminTextInputWidget
from django.db import transaction
from django.db.models import QuerySet, When
from django.http import HttpRequest, HttpResponseRedirect
from django.template.defaultfilters import pluralize
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from oauth2_provider.generators import generate_client_secret

from accounts import events, scopes
from accounts.admin.links import summary_of
from accounts.admin.mixins import DeletesWithEverything, RevokesAuthorizations, Roomy
from accounts.admin.states import SUSPENDED, ShowsState, StateFilter, when
from accounts.models import Authorization, AuthorizationQuerySet, Client, Event

WAITING = "waiting"
REGISTERED: dict[str, str] = {
    Client.RegistrationSource.MANUAL: "by hand",
    Client.RegistrationSource.DCR: "by itself",
    Client.RegistrationSource.CIMD: "by its metadata document",
}


class OnePerLineField(forms.CharField):
    """Values that are stored separated by spaces and edited one per line."""

    widget = AdminTextareaWidget(attrs={"rows": 4, "spellcheck": "false", "autocapitalize": "off"})

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value.split()) if isinstance(value, str) else value

    def to_python(self, value: Any) -> str:
        return " ".join((super().to_python(value) or "").split())


class ScopesField(forms.MultipleChoiceField):
    """Scopes of the catalogue, stored separated by spaces."""

    widget = forms.CheckboxSelectMultiple

    def prepare_value(self, value: Any) -> Any:
        return value.split() if isinstance(value, str) else value

    def clean(self, value: Any) -> Any:
        return " ".join(super().clean(value))

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(self.prepare_value(initial), data)


class ClientForm(forms.ModelForm):
    name = forms.CharField(max_length=255, widget=AdminTextInputWidget, help_text="What people see when they consent.")
    redirect_uris = OnePerLineField(
        label="Redirect URIs",
        required=False,  # Client.clean() says better what is missing
        help_text="One per line. https, or http on a loopback address, where any port will match; "
        "a native app’s own scheme for a client without a secret.",
    )
    scope = ScopesField(
        label="Default scopes",
        required=False,
        choices=lambda: [(s.name, f"{s.name}: {s.description}") for s in scopes.describe(scopes.names())],
        help_text="What the client gets when it asks for no scope. Never a ceiling.",
    )

    client_uri = forms.URLField(
        label="Client URI",
        required=False,
        max_length=2000,
        assume_scheme="https",
        widget=forms.URLInput(attrs={"class": "vURLField"}),
        help_text="The client’s home page.",
    )

    class Meta:
        model = Client
        fields = ("name", "redirect_uris", "token_endpoint_auth_method", "scope", "client_uri")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        method = self.fields.get("token_endpoint_auth_method")  # absent where the page is read-only
        if isinstance(method, forms.ChoiceField):
            # No keys are entered here, so only a client that registered some can go on using them.
            by_keys = Client.AuthMethod.PRIVATE_KEY_JWT
            method.choices = [
                (value, label) for value, label in Client.AuthMethod.choices if value != by_keys or self._has_keys()
            ]

    def _has_keys(self) -> bool:
        return bool(self.instance.jwks_uri or self.instance.jwks)


class ClientAdmin(RevokesAuthorizations, DeletesWithEverything, ShowsState, Roomy):
    """The secret is the server's to draw. It is shown on the page that follows, once, and stored hashed."""

    form = ClientForm
    consents_by = "client"
    view_on_site = False
    states = ("active", WAITING, SUSPENDED)
    healthy_state = "active"
    list_display = ("shown_name", "short_client_id", "state_badge", "registered", "created")
    list_filter = (StateFilter, "registration_source", "token_endpoint_auth_method", "created")
    search_fields = ("name", "client_id", "redirect_uris")
    add_fieldsets = ((None, {"fields": ClientForm.Meta.fields}),)
    fieldsets = (
        (None, {"fields": ("name", "client_id", *ClientForm.Meta.fields[1:])}),
        ("Access", {"fields": ("state_badge", "approved_at", "suspended_at", "access")}),
        ("Registration", {"fields": ("registration_source", "grant_types", "created", "updated")}),
    )
    readonly_fields = (
        *("client_id", "state_badge", "approved_at", "suspended_at", "access"),
        *("registration_source", "grant_types", "created", "updated"),
    )
    actions = ["approve", "revoke_access", "suspend", "reinstate"]
    object_actions = ("approve", "rotate_secret", "suspend", "reinstate", "revoke_access")

    def state_conditions(self) -> list[When]:
        return [when(SUSPENDED, suspended_at__isnull=False), when(WAITING, approved_at=None)]

    def authorizations_of(self, rows: QuerySet[Any]) -> AuthorizationQuerySet:
        return Authorization.objects.filter(consent__client__in=rows)

    def get_fieldsets(self, request: HttpRequest, obj: Client | None = None) -> Any:
        return self.add_fieldsets if obj is None else super().get_fieldsets(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Client | None = None) -> bool:
        """What a metadata document says is changed there; here it would be overwritten."""
        by_document = obj is not None and obj.registration_source == Client.RegistrationSource.CIMD
        return not by_document and super().has_change_permission(request, obj)

    def offers(self, action: str, obj: Client) -> bool:
        if action == "rotate_secret":
            return obj.has_secret
        if action == "approve":
            return obj.approved_at is None
        if action in ("suspend", "reinstate"):
            return (action == "reinstate") == (obj.suspended_at is not None)
        return True

    @admin.display(description="name", ordering="name")
    def shown_name(self, client: Client) -> str:
        return str(client)

    @admin.display(description="client ID")
    def short_client_id(self, client: Client) -> SafeString:
        return format_html('<code class="short" title="{0}">{0}</code>', client.client_id)

    @admin.display(ordering="registration_source")
    def registered(self, client: Client) -> str:
        return REGISTERED[client.registration_source]

    @admin.display(description="authorizations")
    def access(self, client: Client) -> SafeString:
        return summary_of(Authorization.objects.filter(consent__client=client), client=client.client_id)

    @admin.action(description="Approve", permissions=["change"])
    @transaction.atomic
    def approve(self, request: HttpRequest, queryset: QuerySet[Client]) -> None:
        self._change(request, queryset.filter(approved_at=None), "approved", approved_at=timezone.now())

    @admin.action(description="Suspend", permissions=["change"])
    @transaction.atomic
    def suspend(self, request: HttpRequest, queryset: QuerySet[Client]) -> None:
        self._change(request, queryset.filter(suspended_at=None), "suspended", suspended_at=timezone.now())

    @admin.action(description="Reinstate", permissions=["change"])
    @transaction.atomic
    def reinstate(self, request: HttpRequest, queryset: QuerySet[Client]) -> None:
        self._change(request, queryset.exclude(suspended_at=None), "reinstated", suspended_at=None)

    @admin.action(description="Rotate secret", permissions=["change"])
    @transaction.atomic
    def rotate_secret(self, request: HttpRequest, queryset: QuerySet[Client]) -> None:
        client = queryset.get()
        if not client.has_secret:
            self.message_user(request, "This client has no secret.", messages.WARNING)
            return
        self.log_bulk(request, [client], "Rotated the secret.")
        secret = draw_secret(client)
        client.save(update_fields=["client_secret", "updated"])
        self._show_once(request, secret)

    def save_model(self, request: HttpRequest, obj: Client, form: forms.ModelForm, change: bool) -> None:
        # One that was public until now has no secret yet.
        had_secret = change and Client(token_endpoint_auth_method=form.initial["token_endpoint_auth_method"]).has_secret
        secret = draw_secret(obj) if obj.has_secret and not had_secret else ""
        super().save_model(request, obj, form, change)
        if secret:
            self._show_once(request, secret)
        if not change:
            events.record(Event.Kind.REGISTRATION, action="by_hand", request=request, user=request.user, client=obj)

    def response_post_save_add(self, request: HttpRequest, obj: Client) -> HttpResponseRedirect:
        """Go on to the client's own page, where its id stands beside the secret."""
        return HttpResponseRedirect(reverse("admin:accounts_client_change", args=(obj.pk,)))

    def _change(self, request: HttpRequest, clients: QuerySet[Client], what: str, **to: datetime | None) -> None:
        self.log_bulk(request, clients, f"{what.capitalize()}.")
        changed = clients.update(**to)
        self.message_user(request, f"{changed} client{pluralize(changed)} {what}.", messages.SUCCESS)

    def _show_once(self, request: HttpRequest, secret: str) -> None:
        text = "This is the client secret. Copy it now: it is not shown again. <code>{}</code>"
        self.message_user(request, format_html(text, secret), messages.WARNING)


def draw_secret(client: Client) -> str:
    """Give the unsaved `client` a new secret, which saving hashes, and return it to be shown."""
    client.client_secret = generate_client_secret()
    return client.client_secret
