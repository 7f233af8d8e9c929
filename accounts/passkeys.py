"""Forms in which a browser sends what a passkey said. It is JSON that anybody may send, whatever it holds."""

import json
from typing import Any

from allauth.mfa.webauthn.forms import (
    AddWebAuthnForm,
    AuthenticateWebAuthnForm,
    LoginWebAuthnForm,
    ReauthenticateWebAuthnForm,
)
from django import forms


class Decoder(json.JSONDecoder):
    """Has one kind of fault alone, which form fields expect: a number too long, or nesting too deep, is that too."""

    def decode(self, s: str, *args: Any) -> Any:
        try:
            return super().decode(s, *args)
        except (ValueError, RecursionError) as error:
            raise json.JSONDecodeError(str(error), "", 0) from error


def credential() -> forms.JSONField:
    return forms.JSONField(widget=forms.HiddenInput, decoder=Decoder)


class SecondFactorForm(AuthenticateWebAuthnForm):
    credential = credential()


class LoginForm(LoginWebAuthnForm):
    credential = credential()


class ReauthenticateForm(ReauthenticateWebAuthnForm):
    credential = credential()


class AddForm(AddWebAuthnForm):
    credential = credential()
