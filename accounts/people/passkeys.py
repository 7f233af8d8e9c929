"""Forms in which a browser sends what a passkey said. It is JSON that anybody may send, whatever it holds."""

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

# Of each person. What a passkey sends when it is made holds its certificate at most, which is a few thousand.
MOST_PASSKEYS = 20
LONGEST_NAME = 100
LARGEST_CREDENTIAL = 16_384


class Decoder(json.JSONDecoder):
    """Has one kind of fault alone, which form fields expect: a number too long, or nesting too deep, is that too."""

    def decode(self, s: str, *args: Any) -> Any:
        try:
            return super().decode(s, *args)
        except (ValueError, RecursionError) as error:
            raise json.JSONDecodeError(str(error), "", 0) from error


def credential(max_length: int | None = None) -> forms.JSONField:
    limits = [] if max_length is None else [ShortJSON(max_length)]
    return forms.JSONField(widget=forms.HiddenInput, decoder=Decoder, validators=limits)


class ShortJSON:
    """A validator: written as JSON, a value is so many characters long at most."""

    def __init__(self, most: int) -> None:
        self.most = most

    def __call__(self, value: Any) -> None:
        if len(json.dumps(value)) > self.most:
            raise forms.ValidationError(f"This is longer than {self.most} characters.")


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
        """Raises ValidationError for one passkey too many."""
        mine = Authenticator.objects.filter(user=self.user, type=Authenticator.Type.WEBAUTHN)
        if mine.count() >= MOST_PASSKEYS:
            raise forms.ValidationError(f"You have {MOST_PASSKEYS} passkeys already: remove one first.")
        cleaned: dict[str, Any] = super().clean()
        return cleaned
