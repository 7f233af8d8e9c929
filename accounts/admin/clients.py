"""The OAuth clients: registered by hand here, by themselves, or by their metadata document."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.widgets import AdminTextareaWidget, AdminTextInputWidget
from django.db import transaction
from django.db.models import QuerySet, When
from django.http import HttpRequest, HttpResponse
from django.template.defaultfilters import pluralize
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from oauth2_provider.generators import generate_client_secret

from accounts import events, scopes
from accounts.admin.links import summary_of
from accounts.admin.mixins import DeletesWithEverything, RevokesAuthorizations, Roomy
from accounts.admin.states import SUSPENDED, ShowsState, StateFilter, when
from accounts.models import Authorization, AuthorizationQuerySet, Client, Event


class OnePerLineField(forms.CharField):
    """Values that are stored separated by spaces and edited one per line."""

    widget = AdminTextareaWidget(attrs={"rows": 4, "spellcheck": "false", "autocapitalize": "off"})

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value.split()) if isinstance(value, str) else value

    def to_python(self, value: Any) -> str:
        return " ".join(super().to_python(value).split())


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


class ClientAdmin(RevokesAuthorizations, DeletesWithEverything, ShowsState, Roomy):
    """The secret is the server's to draw. It is shown on the page that follows, once, and stored hashed."""

    form = ClientForm
    consents_by = "client"
    states = ("active", SUSPENDED)
    healthy_state = "active"
    list_display = (
        *("shown_name", "client_id", "state_badge"),
        *("registration_source", "token_endpoint_auth_method", "created"),
    )
    list_filter = (StateFilter, "registration_source", "token_endpoint_auth_method", "created")
    search_fields = ("name", "client_id", "redirect_uris")
    add_fieldsets = ((None, {"fields": ClientForm.Meta.fields}),)
    fieldsets = (
        (None, {"fields": ("name", "client_id", *ClientForm.Meta.fields[1:])}),
        ("Access", {"fields": ("state_badge", "suspended_at", "access")}),
        ("Registration", {"fields": ("registration_source", "grant_types", "created", "updated")}),
    )
    readonly_fields = (
        *("client_id", "state_badge", "suspended_at", "access"),
        *("registration_source", "grant_types", "created", "updated"),
    )
    actions = ("revoke_access", "suspend", "reinstate")
    object_actions = ("rotate_secret", "suspend", "reinstate", "revoke_access")

    def state_conditions(self) -> list[When]:
        return [when(SUSPENDED, suspended_at__isnull=False)]

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
            return uses_secret(obj.token_endpoint_auth_method)
        if action in ("suspend", "reinstate"):
            return (action == "reinstate") == (obj.suspended_at is not None)
        return True

    @admin.display(description="name", ordering="name")
    def shown_name(self, client: Client) -> str:
        return str(client)

    @admin.display(description="authorizations")
    def access(self, client: Client) -> SafeString:
        return summary_of(Authorization.objects.filter(consent__client=client), client=client.client_id)

    @admin.action(description="Suspend", permissions=["change"])
    @transaction.atomic
    def suspend(self, request: HttpRequest, queryset: QuerySet[Client]) -> None:
        self._set_suspended(request, queryset.filter(suspended_at=None), timezone.now(), "suspended")

    @admin.action(description="Reinstate", permissions=["change"])
    @transaction.atomic
    def reinstate(self, request: HttpRequest, queryset: QuerySet[Client]) -> None:
        self._set_suspended(request, queryset.exclude(suspended_at=None), None, "reinstated")

    @admin.action(description="Rotate secret", permissions=["change"])
    @transaction.atomic
    def rotate_secret(self, request: HttpRequest, queryset: QuerySet[Client]) -> None:
        client = queryset.get()
        if not uses_secret(client.token_endpoint_auth_method):
            self.message_user(request, "This client has no secret.", messages.WARNING)
            return
        self.log_bulk(request, [client], "Rotated the secret.")
        secret = draw_secret(client)
        client.save(update_fields=["client_secret", "updated"])
        self._show_once(request, secret)

    def save_model(self, request: HttpRequest, obj: Client, form: forms.ModelForm, change: bool) -> None:
        # One that was public until now has no secret yet.
        had_secret = change and uses_secret(form.initial["token_endpoint_auth_method"])
        secret = draw_secret(obj) if uses_secret(obj.token_endpoint_auth_method) and not had_secret else ""
        super().save_model(request, obj, form, change)
        if secret:
            self._show_once(request, secret)
        if not change:
            events.record(Event.Kind.REGISTRATION, action="by_hand", request=request, user=request.user, client=obj)

    def response_add(self, request: HttpRequest, obj: Client, post_url_continue: str | None = None) -> HttpResponse:
        """Go on to the client's own page, where its id stands beside the secret."""
        if "_addanother" not in request.POST:
            request.POST = request.POST.copy()  # type: ignore[assignment]
            request.POST["_continue"] = "1"  # type: ignore[index]
        return super().response_add(request, obj, post_url_continue)

    def _set_suspended(self, request: HttpRequest, clients: QuerySet[Client], at: datetime | None, what: str) -> None:
        self.log_bulk(request, clients, f"{what.capitalize()}.")
        changed = clients.update(suspended_at=at)
        self.message_user(request, f"{changed} client{pluralize(changed)} {what}.", messages.SUCCESS)

    def _show_once(self, request: HttpRequest, secret: str) -> None:
        text = "This is the client secret. Copy it now: it is not shown again. <code>{}</code>"
        self.message_user(request, format_html(text, secret), messages.WARNING)


def uses_secret(auth_method: str) -> bool:
    """Whether a client with that method authenticates with a secret (RFC 6749 section 2.3.1)."""
    return auth_method in (Client.AuthMethod.BASIC, Client.AuthMethod.POST)


def draw_secret(client: Client) -> str:
    """Give the unsaved `client` a new secret, which saving hashes, and return it to be shown."""
    client.client_secret = generate_client_secret()
    return client.client_secret
