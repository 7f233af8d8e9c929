"""Forms for the response of a passkey, as untrusted JSON from the browser."""

import json
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from allauth.core import context
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.forms import (
    AddWebAuthnForm,
    AuthenticateWebAuthnForm,
    EditWebAuthnForm,
    LoginWebAuthnForm,
    ReauthenticateWebAuthnForm,
)
from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.http.json_input import Decoder
from accounts.people.passkeys import names

# Limits per person. At registration, a response contains a certificate at most: a few thousand characters.
MOST_PASSKEYS = 20
LONGEST_NAME = 100
LARGEST_CREDENTIAL = 16_384


def credential(max_length: int | None = None) -> forms.JSONField:
    limits = [] if max_length is None else [ShortJSON(max_length)]
    return forms.JSONField(widget=forms.HiddenInput, decoder=Decoder, validators=limits)


class ShortJSON:
    """Validator that limits the length of a value, written as JSON, to `most` characters."""

    def __init__(self, most: int) -> None:
        self.most = most

    def __call__(self, value: Any) -> None:
        if len(json.dumps(value)) > self.most:
            raise forms.ValidationError(
                _("The response of the passkey is longer than %(most)d characters.") % {"most": self.most}
            )


@contextmanager
def readable() -> Iterator[None]:
    """Raise ValidationError where a response cannot be read: the library for passkeys raises many kinds of errors."""
    try:
        yield
    except (AttributeError, LookupError, TypeError, ValueError, struct.error) as error:
        raise forms.ValidationError(_("This response is not one of a passkey.")) from error


class PasskeyForm(AuthenticateWebAuthnForm):
    """A response that proves possession of a passkey."""

    credential = credential(max_length=LARGEST_CREDENTIAL)

    def clean_credential(self) -> Authenticator:
        with readable():
            return super().clean_credential()


class SecondFactorForm(PasskeyForm):
    pass


class LoginForm(PasskeyForm, LoginWebAuthnForm):
    pass


class ReauthenticateForm(PasskeyForm, ReauthenticateWebAuthnForm):
    pass


class RenameForm(EditWebAuthnForm):
    name = forms.CharField(label=gettext_lazy("Name"), max_length=LONGEST_NAME)


class AddForm(AddWebAuthnForm):
    """A new passkey. Its name is proposed; the person can change it later."""

    # Django removes a field of the base class where its name is None.
    name = None
    passwordless = None
    credential = credential(max_length=LARGEST_CREDENTIAL)

    def clean(self) -> dict[str, Any]:
        """Raise ValidationError if the person has MOST_PASSKEYS already."""
        mine = Authenticator.objects.filter(user=self.user, type=Authenticator.Type.WEBAUTHN)
        if mine.count() >= MOST_PASSKEYS:
            text = ngettext(
                "You already have %(number)d passkey. Remove one first.",
                "You already have %(number)d passkeys. Remove one first.",
                MOST_PASSKEYS,
            )
            raise forms.ValidationError(text % {"number": MOST_PASSKEYS})
        with readable():
            cleaned: dict[str, Any] = super().clean()
        if "credential" in cleaned:
            taken = {str(each.data.get("name")) for each in mine}
            user_agent = context.request.headers.get("User-Agent", "")
            cleaned["name"] = names.propose(cleaned["credential"], user_agent, taken)
        return cleaned
