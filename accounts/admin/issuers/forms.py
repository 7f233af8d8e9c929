"""Forms for a trusted issuer, its subjects and its rules."""

import json
from typing import Any, ClassVar

from django import forms
from django.contrib.admin.widgets import AdminTextareaWidget
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts import scopes
from accounts.admin.clients.forms import OnePerLineField, ScopesField
from accounts.clients.public_keys import ALGORITHMS, public_keys
from accounts.http.web_address import read as read_address
from accounts.models import ProtectedResource, TrustedIssuer, WorkloadRule
from accounts.trusted_issuers import people, workloads
from accounts.user_model.sign_in import has_allauth

PLAIN = {"spellcheck": "false", "autocapitalize": "off", "dir": "ltr"}
NO_KEY = _("This holds no public key that this server can use. Paste the JSON of the issuer’s JWKS: {“keys”: […]}.")
NOT_SSO = _("Only the single sign-on provider (OIDC_ISSUER) knows these accounts. Choose another way for this issuer.")

NO_ADDRESSES = _(
    "This site has no verified addresses, as it does not have django-allauth. List the subjects of this issuer below."
)


def scope_choices() -> list[tuple[str, str]]:
    return [(each.name, each.name) for each in scopes.describe(scopes.names(of_resource_only=True))]


def resource_choices() -> list[tuple[str, str]]:
    return [(each.identifier, f"{each.name}: {each.identifier}") for each in ProtectedResource.objects.order_by("name")]


class KeySetField(forms.CharField):
    """A JSON Web Key Set, of which the public parts are kept."""

    widget = AdminTextareaWidget(attrs={"rows": 6, **PLAIN})

    def prepare_value(self, value: Any) -> Any:
        return json.dumps(value, indent=1) if isinstance(value, dict) else value

    def has_changed(self, initial: Any, data: Any) -> bool:
        return self.to_python(data) != initial if data else bool(initial)

    def to_python(self, value: Any) -> Any:
        if not value or not str(value).strip():
            return None
        try:
            kept = public_keys(json.loads(value))
        except (ValueError, RecursionError, AttributeError) as error:
            raise forms.ValidationError(NO_KEY) from error
        if not kept["keys"]:
            raise forms.ValidationError(NO_KEY)
        return kept


class TrustedIssuerForm(forms.ModelForm):
    jwks = KeySetField(
        label=_("JWKS"),
        required=False,
        help_text=_("Its public keys, if this server cannot fetch them: paste the JSON."),
    )
    algorithms = ScopesField(
        label=_("Algorithms"),
        choices=[(name, name) for name in ALGORITHMS],
        initial="RS256 ES256",
        help_text=_("Signatures by others are refused."),
    )
    scope = ScopesField(
        label=_("Scopes"), choices=scope_choices, initial="read", help_text=_("No token has more than these.")
    )
    resources = ScopesField(
        label=_("Resources"),
        required=False,
        choices=resource_choices,
        help_text=_("Protected resources that its tokens may be for, beside this server’s own endpoint."),
    )
    email_domains = OnePerLineField(
        label=_("Email domains"),
        required=False,
        help_text=_("The domains of the addresses that it may assert, one per line. Empty: all."),
    )

    class Meta:
        model = TrustedIssuer
        fields = (
            *("name", "issuer", "use", "jwks_uri", "jwks", "algorithms", "clients", "scope", "resources"),
            *("audience", "once", "match", "email_domains", "adds_people", "most_people"),
        )
        widgets: ClassVar[dict[str, Any]] = {"issuer": forms.TextInput(attrs={"class": "vURLField"})}

    def clean_issuer(self) -> str:
        issuer = str(self.cleaned_data["issuer"])
        address = read_address(issuer)
        if address is None or not address.is_web:
            raise forms.ValidationError(gettext("Enter the address exactly as the “iss” of its assertions has it."))
        return issuer

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        by_account = cleaned.get("match") == TrustedIssuer.Match.ACCOUNT
        if by_account and not people.provider_of(TrustedIssuer(issuer=cleaned.get("issuer", ""))):
            raise forms.ValidationError({"match": NOT_SSO})
        if cleaned.get("match") == TrustedIssuer.Match.EMAIL and not has_allauth():
            raise forms.ValidationError({"match": NO_ADDRESSES})
        return cleaned


class ClaimsField(forms.CharField):
    """Claims and their values, stored as an object, and edited one per line."""

    widget = AdminTextareaWidget(
        attrs={"rows": 4, "placeholder": "repository: acme/app\nref: refs/heads/main", **PLAIN}
    )

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, dict):
            # In an order of its own, as PostgreSQL does not keep that of an object's members.
            return "\n".join(f"{name}: {text}" for name, text in sorted(value.items()))
        return value

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Compare the claims: browsers send other line breaks, and each change ends the tokens of the issuer."""
        try:
            return bool(self.to_python(data) != initial) if data else bool(initial)
        except forms.ValidationError:
            return True

    def to_python(self, value: Any) -> Any:
        lines = [line for line in (super().to_python(value) or "").splitlines() if line.strip()]
        pairs = [line.partition(": ") for line in lines]
        if not all(name.strip() and text.strip() for name, _, text in pairs):
            raise forms.ValidationError(
                gettext("Write one claim per line, with a colon and a space: “repository: acme/app”.")
            )
        claims = {name.strip(): text.strip() for name, _, text in pairs}
        if problem := workloads.problem_of(claims):
            raise forms.ValidationError(problem)
        return claims


class WorkloadRuleForm(forms.ModelForm):
    claims = ClaimsField(
        label=capfirst(_("claims")),
        help_text=_("One per line, compared exactly. A * at the end of a value stands for the rest."),
    )
    scope = ScopesField(label=_("Scopes"), choices=scope_choices, initial="read")

    class Meta:
        model = WorkloadRule
        fields = ("claims", "user", "scope", "minutes")


class AssertionForm(forms.Form):
    """The assertion that an operator pastes. It is a credential until it expires: it is neither stored nor logged."""

    assertion = forms.CharField(
        max_length=8192,
        widget=forms.Textarea(attrs={"rows": 6, "cols": 80, "autocomplete": "off", **PLAIN}),
        help_text=_("The JWT that the client would send as “assertion”. It is neither used up, nor stored."),
    )
