"""Form fields for the public keys of a client: a JWKS that is pasted, or the address of one (RFC 7591 section 2)."""

import json
from typing import Any

from django import forms
from django.contrib.admin.widgets import AdminTextareaWidget, AdminTextInputWidget
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import ValidationError as InvalidValue

from accounts.client_credentials.key_replacement import has_private_part
from accounts.clients.metadata.fields import KeyAddress, KeySet

LONGEST_KEY_SET = 32_768
NOT_JSON = _("This is not JSON. Paste a JWKS, {“keys”: […]}; a PEM file must be converted to one first.")
PRIVATE = _(
    "This set has a private key, which its owner must not give away. Nothing was stored. Make a new key, because this "
    "one was sent, and paste its public part alone."
)
NO_KEYS = _("private_key_jwt requires the public keys: a JWKS URI, or a JWKS with a key that this server supports.")
BOTH = _("Enter a JWKS URI or paste a JWKS, and not both: only one of them is used.")


class KeyFields(forms.Form):
    """The keys of a client. `left_out` is how many keys of a pasted set this server cannot use."""

    left_out = 0
    jwks_uri = forms.CharField(
        label=_("JWKS URI"),
        required=False,
        widget=AdminTextInputWidget,
        help_text=_("For private_key_jwt: where its keys are."),
    )
    jwks = forms.CharField(
        label=_("JWKS"),
        required=False,
        max_length=LONGEST_KEY_SET,
        widget=AdminTextareaWidget(attrs={"rows": 4, "spellcheck": "false"}),
        help_text=_("For private_key_jwt without a JWKS URI: its public keys, as JSON."),
    )

    def clean_jwks_uri(self) -> str:
        return str(_validated(KeyAddress(allow_blank=True), self.cleaned_data["jwks_uri"]))

    def clean_jwks(self) -> Any:
        """Return the public parts of the supported keys; None without any. Raises ValidationError for private ones."""
        written = self.cleaned_data["jwks"]
        if not written:
            return None
        try:
            document = json.loads(written)
        except (ValueError, RecursionError) as error:
            raise forms.ValidationError(NOT_JSON) from error
        if has_private_part(document):
            raise forms.ValidationError(PRIVATE)
        keys = _validated(KeySet(), document if isinstance(document, dict) else {})
        self.left_out = len(document["keys"]) - len(keys["keys"]) if keys else 0
        return keys


class KeysForm(KeyFields):
    """The keys that replace those of a client."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["jwks"].help_text = gettext("Its public keys, as JSON.")
        self.fields["jwks_uri"].help_text = gettext("Or the https address at which it publishes them.")
        self.order_fields(["jwks", "jwks_uri"])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        given = [name for name in ("jwks", "jwks_uri") if cleaned.get(name)]
        if not self.errors and len(given) != 1:
            self.add_error("jwks", BOTH if given else NO_KEYS)
        return cleaned


def _validated(field: Any, value: Any) -> Any:
    try:
        return field.run_validation(value)
    except InvalidValue as error:
        raise forms.ValidationError([str(each) for each in error.detail]) from error
