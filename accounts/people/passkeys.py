"""Forms for the response of a passkey, as untrusted JSON from the browser."""

import json
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.forms import (
    AddWebAuthnForm,
    AuthenticateWebAuthnForm,
    LoginWebAuthnForm,
    ReauthenticateWebAuthnForm,
)
from django import forms

# Limits per person. At registration, a response contains a certificate at most: a few thousand characters.
MOST_PASSKEYS = 20
LONGEST_NAME = 100
LARGEST_CREDENTIAL = 16_384


class Decoder(json.JSONDecoder):
    """JSON decoder that raises JSONDecodeError, which form fields expect, for long numbers and deep nesting too."""

    def decode(self, s: str, *args: Any) -> Any:
        try:
            return super().decode(s, *args)
        except (ValueError, RecursionError) as error:
            raise json.JSONDecodeError(str(error), "", 0) from error


def credential(max_length: int | None = None) -> forms.JSONField:
    limits = [] if max_length is None else [ShortJSON(max_length)]
    return forms.JSONField(widget=forms.HiddenInput, decoder=Decoder, validators=limits)


class ShortJSON:
    """Validator that limits the length of a value, written as JSON, to `most` characters."""

    def __init__(self, most: int) -> None:
        self.most = most

    def __call__(self, value: Any) -> None:
        if len(json.dumps(value)) > self.most:
            raise forms.ValidationError(f"The response of the passkey is longer than {self.most} characters.")


class SecondFactorForm(AuthenticateWebAuthnForm):
    credential = credential()


class LoginForm(LoginWebAuthnForm):
    credential = credential()


class ReauthenticateForm(ReauthenticateWebAuthnForm):
    credential = credential()


class AddForm(AddWebAuthnForm):
    name = forms.CharField(required=False, max_length=LONGEST_NAME)
    credential = credential(max_length=LARGEST_CREDENTIAL)

    def clean(self) -> dict[str, Any]:
        """Raise ValidationError if the person has MOST_PASSKEYS already."""
        mine = Authenticator.objects.filter(user=self.user, type=Authenticator.Type.WEBAUTHN)
        if mine.count() >= MOST_PASSKEYS:
            raise forms.ValidationError(f"You already have {MOST_PASSKEYS} passkeys. Remove one first.")
        cleaned: dict[str, Any] = super().clean()
        return cleaned
