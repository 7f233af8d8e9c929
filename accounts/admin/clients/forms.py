"""Forms for the fields of a client that staff edit."""

from typing import Any

from django import forms
from django.contrib.admin.widgets import AdminTextareaWidget, AdminTextInputWidget
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts import scopes
from accounts.clients import names as client_names
from accounts.clients.metadata.grant_types import JWT_BEARER
from accounts.models import Client

NO_REDIRECTS = _("A client that connects by assertions alone has no redirect URI. Remove these, or untick the box.")


class OnePerLineField(forms.CharField):
    """Values that are stored separated by spaces, and edited one per line."""

    widget = AdminTextareaWidget(attrs={"rows": 4, "spellcheck": "false", "autocapitalize": "off"})

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value.split()) if isinstance(value, str) else value

    def to_python(self, value: Any) -> str:
        return " ".join((super().to_python(value) or "").split())


class RedirectURIsField(OnePerLineField):
    """Redirect URIs, of which at least one is required: Client.clean() says so, and what else is wrong with them."""

    def validate(self, value: Any) -> None:
        pass


class ScopesField(forms.MultipleChoiceField):
    """A choice of the known scopes, stored separated by spaces."""

    widget = forms.CheckboxSelectMultiple

    def prepare_value(self, value: Any) -> Any:
        return value.split() if isinstance(value, str) else value

    def clean(self, value: Any) -> Any:
        return " ".join(super().clean(value))

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(self.prepare_value(initial), data)


class NameForm(forms.ModelForm):
    """The name of a client, of visible characters."""

    name = forms.CharField(
        label=_("Name"),
        max_length=255,
        widget=AdminTextInputWidget,
        help_text=_("The name that people see when they consent."),
    )

    def clean_name(self) -> str:
        """Return the name without invisible characters. Raises ValidationError if nothing is left."""
        name = client_names.visible(self.cleaned_data["name"])
        if not name:
            raise forms.ValidationError(gettext("This name has no visible characters. Enter one that has."))
        return name


class ClientForm(NameForm):
    redirect_uris = RedirectURIsField(
        label=_("Redirect URIs"),
        help_text=_(
            "One per line: https, or http on a loopback address, where any port matches. Compared exactly. "
            "A client without a secret may also use a private scheme."
        ),
    )
    scope = ScopesField(
        label=_("Default scopes"),
        required=False,
        choices=lambda: [(s.name, f"{s.name}: {s.description}") for s in scopes.describe(scopes.names())],
        help_text=_("Granted when the client requests no scope. Not a limit."),
    )

    by_assertion = forms.BooleanField(
        label=_("By assertions alone"),
        required=False,
        help_text=_(
            "For a CI job, or an app of your company that opens no browser here: it has no redirect URI. Choose "
            "it on the page of a trusted issuer afterwards."
        ),
    )

    client_uri = forms.URLField(
        label=_("Client URI"),
        required=False,
        max_length=2000,
        assume_scheme="https",
        widget=forms.URLInput(attrs={"class": "vURLField"}),
        help_text=_("The client’s home page."),
    )

    class Meta:
        model = Client
        fields = ("name", "redirect_uris", "token_endpoint_auth_method", "scope", "client_uri")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk is not None:
            # Only a new client chooses.
            self.fields.pop("by_assertion", None)
        if "redirect_uris" in self.fields:
            self.fields["redirect_uris"].required = self.instance.needs_redirect_uri
        method = self.fields.get("token_endpoint_auth_method")  # missing if the page is read-only
        if isinstance(method, forms.ChoiceField):
            # Keys cannot be entered here, so the method is offered only to a client that registered some.
            by_keys = Client.AuthMethod.PRIVATE_KEY_JWT
            method.choices = [
                (value, label) for value, label in Client.AuthMethod.choices if value != by_keys or self._has_keys()
            ]

    def clean_client_uri(self) -> str:
        """Return the address. Raises ValidationError for invisible characters, some of which reverse what follows."""
        uri = str(self.cleaned_data["client_uri"])
        if not uri.isprintable():
            raise forms.ValidationError(gettext("This address has invisible characters. Enter it without them."))
        return uri

    def clean(self) -> dict[str, Any]:
        """Choose the grant type. Raises ValidationError for redirect URIs that would never be used."""
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("by_assertion"):
            self.instance.grant_types = JWT_BEARER
            if cleaned.get("redirect_uris"):
                self.add_error("redirect_uris", NO_REDIRECTS)
        return cleaned

    def _has_keys(self) -> bool:
        return bool(self.instance.jwks_uri or self.instance.jwks)
