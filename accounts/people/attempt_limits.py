"""Limits on attempts to guess passwords, codes and links, on every page that accepts them.

Passwords, including the old one at a change of password, authenticator codes and recovery codes count like failed
sign-ins (accounts/people/login_throttle.py), under the LIMIT_SIGN_INS_… settings. Links from emails count by address
alone. Passkeys are signatures, which cannot be guessed.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any

from allauth.account.fields import PasswordField
from allauth.account.forms import ChangePasswordForm
from allauth.core import context
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.base.forms import AuthenticateForm, BaseAuthenticateForm, ReauthenticateForm
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from accounts import rate_limits
from accounts.audit import events
from accounts.http.address import client_network
from accounts.models import Event
from accounts.people import login_throttle
from accounts.people.password_forms import NewPasswordFields
from accounts.rate_limits.page import too_many_page
from accounts.user_model import User

TOO_MANY = "too_many_attempts"


@contextmanager
def counted(request: HttpRequest, name: str, *, user: User | None = None) -> Iterator[None]:
    """Count an attempt under `name`, and refund it unless the block raises.

    Raises ImmediateHttpResponse after too many attempts.
    """
    count_attempt(request, name, user=user)
    yield
    login_throttle.refund_attempt(request, name)


def count_attempt(request: HttpRequest, name: str, *, user: User | None = None) -> None:
    """Count an attempt under `name`. Raises ImmediateHttpResponse after too many attempts."""
    try:
        login_throttle.count_attempt(request, name)
    except rate_limits.RateLimitExceeded as exceeded:
        raise ImmediateHttpResponse(refuse(request, exceeded, user=user)) from exceeded


def refuse(request: HttpRequest, exceeded: rate_limits.RateLimitExceeded, *, user: User | None = None) -> HttpResponse:
    """Return the page for too many attempts, and record at most one event per minute for each limit."""
    events.record_some(
        Event.Kind.SIGN_IN, request, f"{TOO_MANY} {exceeded.status.quota.row}", user=user, reason=TOO_MANY
    )
    return too_many_page(request, exceeded)


class LimitedPasswordForm(NewPasswordFields, ChangePasswordForm):
    """A change of password. An attempt at the old one counts as a sign-in attempt under the same name."""

    oldpassword = PasswordField(show_reset_help=True, label=_("Current password"), autocomplete="current-password")

    def clean_oldpassword(self) -> str:
        with counted(context.request, self.user.get_username(), user=self.user):
            return self._checked()

    def _checked(self) -> str:
        try:
            return str(super().clean_oldpassword())
        except ValidationError:
            refused = Event.Outcome.REFUSED
            events.record(
                Event.Kind.SIGN_IN, outcome=refused, request=context.request, user=self.user, reason="wrong_password"
            )
            raise


class LimitedCode(BaseAuthenticateForm):
    """A limited authenticator or recovery code. accounts/people/signals.py records wrong ones."""

    def clean_code(self) -> str:
        with counted(context.request, f"second factor of {self.user.pk}", user=self.user):
            return str(super().clean_code())


class LimitedCodeForm(LimitedCode, AuthenticateForm):
    pass


class LimitedReauthenticateForm(LimitedCode, ReauthenticateForm):
    pass


def limited_links(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Decorate a view of a link from an email: each attempt counts, and a valid link is refunded."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        quotas = rate_limits.quotas(sign_ins_address=f"link {client_network(request)}")
        try:
            rate_limits.hit(*quotas)
        except rate_limits.RateLimitExceeded as exceeded:
            return refuse(request, exceeded)
        response = view(request, *args, **kwargs)
        if is_invalid_link(response):
            events.record(Event.Kind.SIGN_IN, outcome=Event.Outcome.REFUSED, request=request, reason="wrong_link")
        else:
            rate_limits.refund(*quotas)
        return response

    return wrapped


def is_invalid_link(response: HttpResponse) -> bool:
    """Return whether allauth's page says that the link is invalid or expired."""
    shown = getattr(response, "context_data", None) or {}
    return bool(shown.get("token_fail")) or ("confirmation" in shown and shown["confirmation"] is None)
