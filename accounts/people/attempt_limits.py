"""Limits on guessing what a person proves themselves with, wherever it can be tried.

Passwords, old ones that a change asks for too, and codes of a second factor or for recovery are counted like failed
sign-ins (accounts/people/login_throttle.py), under LIMIT_SIGN_INS_…; so are links from mails, by the address alone.
Passkeys are signatures, which nobody guesses.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any

from allauth.account.forms import ChangePasswordForm
from allauth.core import context
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.base.forms import AuthenticateForm, BaseAuthenticateForm, ReauthenticateForm
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse

from accounts import rate_limits
from accounts.audit import events
from accounts.http.address import client_network
from accounts.models import Event, User
from accounts.people import login_throttle
from accounts.rate_limits.page import too_many_page

TOO_MANY = "too_many_attempts"


@contextmanager
def counted(request: HttpRequest, name: str, *, user: User | None = None) -> Iterator[None]:
    """Count an attempt as `name`; it is given back unless the block raises.

    Raises ImmediateHttpResponse where there were too many.
    """
    begin(request, name, user=user)
    yield
    login_throttle.succeeded(request, name)


def begin(request: HttpRequest, name: str, *, user: User | None = None) -> None:
    """Count an attempt as `name`. Raises ImmediateHttpResponse where there were too many."""
    try:
        login_throttle.begin(request, name)
    except rate_limits.RateLimitExceeded as exceeded:
        raise ImmediateHttpResponse(refuse(request, exceeded, user=user)) from exceeded


def refuse(request: HttpRequest, exceeded: rate_limits.RateLimitExceeded, *, user: User | None = None) -> HttpResponse:
    """The page for too many attempts, with an event: one a minute for each limit."""
    events.record_some(
        Event.Kind.SIGN_IN, request, f"{TOO_MANY} {exceeded.status.quota.row}", user=user, reason=TOO_MANY
    )
    return too_many_page(request, exceeded)


class LimitedPasswordForm(ChangePasswordForm):
    """A change of password: the old one is counted as at sign-in, under the same name."""

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
    """A code of an authenticator app, or for recovery. accounts/people/signals.py records a wrong one."""

    def clean_code(self) -> str:
        with counted(context.request, f"second factor of {self.user.pk}", user=self.user):
            return str(super().clean_code())


class LimitedCodeForm(LimitedCode, AuthenticateForm):
    pass


class LimitedReauthenticateForm(LimitedCode, ReauthenticateForm):
    pass


def limited_links(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Count what is tried as a link from a mail; what was right is given back."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        quotas = rate_limits.quotas(sign_ins_address=f"link {client_network(request)}")
        try:
            rate_limits.hit(*quotas)
        except rate_limits.RateLimitExceeded as exceeded:
            return refuse(request, exceeded)
        response = view(request, *args, **kwargs)
        if is_wrong(response):
            events.record(Event.Kind.SIGN_IN, outcome=Event.Outcome.REFUSED, request=request, reason="wrong_link")
        else:
            rate_limits.refund(*quotas)
        return response

    return wrapped


def is_wrong(response: HttpResponse) -> bool:
    """Whether allauth's page says that the link is not good (any more)."""
    shown = getattr(response, "context_data", None) or {}
    return bool(shown.get("token_fail")) or ("confirmation" in shown and shown["confirmation"] is None)
