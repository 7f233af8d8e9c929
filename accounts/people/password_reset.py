"""Links for a new password, which are sent only to verified addresses."""

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.forms import ResetPasswordForm
from allauth.account.internal.flows.password_reset import request_password_reset
from allauth.account.models import EmailAddress
from allauth.account.utils import user_pk_to_url_str
from django.http import HttpRequest

from accounts import background
from accounts.conf import conf
from accounts.email import addresses as email_addresses
from accounts.email.forms import CanonicalEmailField
from accounts.people.reset_tokens import TokenGenerator
from accounts.user_model import User


class BackgroundResetForm(ResetPasswordForm):
    """Looks up the address and sends the email in the background: the response time must not reveal who has an account.

    The link is sent to the stored address, never to the one that was typed.
    """

    email = CanonicalEmailField(required=True)

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"])

    def save(self, request: HttpRequest, **kwargs: Any) -> str:
        background.run_in_background(lambda: self.write(request))
        return self.clean_email()

    def write(self, request: HttpRequest) -> None:
        address = self.clean_email()
        email_addresses.create_rows(address)
        verified = EmailAddress.objects.filter(email=address, verified=True, user__is_active=True)
        for found in verified.exclude(user__is_service=True).select_related("user"):
            request_password_reset(request, found.email, [found.user], TokenGenerator())


def address_of(person: User) -> str:
    """Return the verified address for a link; empty if there is none, or if this server sends no email."""
    if person.email:
        email_addresses.create_row(person)
    primary = EmailAddress.objects.get_verified(person) if conf.MAIL else None
    return primary.email if primary is not None else ""


def send(request: HttpRequest, person: User, address: str) -> None:
    background.run_in_background(lambda: request_password_reset(request, address, [person], TokenGenerator()))


def link_for(request: HttpRequest, person: User) -> str:
    key = f"{user_pk_to_url_str(person)}-{TokenGenerator().make_token(person)}"
    return str(get_adapter(request).get_reset_password_from_key_url(key))
