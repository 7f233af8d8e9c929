"""The behaviour of allauth's account pages and mails on this server."""

from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context as current
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from accounts.audit import events
from accounts.email import sender
from accounts.http.address import issuer, may_continue_at, under_issuer
from accounts.languages.people import language_of
from accounts.models import Event
from accounts.oauth import pending_requests
from accounts.people import login_throttle

REAUTHENTICATION = {
    "mfa_reauthenticate": _("Use an authenticator app or a recovery code"),
    "mfa_reauthenticate:webauthn": _("Use a passkey or security key"),
}


class AccountAdapter(DefaultAccountAdapter):
    """allauth's account adapter without sign-up: the operator adds people."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def is_safe_url(self, url: str | None) -> bool:
        """Return whether a person may be redirected to `url`: only within this server.

        Other servers may stand at the same host, below other paths.
        The query is ignored, because Django considers no address of more than 2,048 characters safe, and an
        authorization request with a long state is longer.
        """
        try:
            path = str(url).split("?", 1)[0]
            return bool(url) and super().is_safe_url(path) and may_continue_at(path)
        except ValueError:
            return False

    def logout(self, request: HttpRequest) -> None:
        """Sign out, and keep the authorization requests that wait: somebody else signs in to continue them."""
        waiting = pending_requests.stored_in(request)
        super().logout(request)
        if waiting:
            pending_requests.store(request, waiting)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send an email from the server's name, with links from PUBLIC_URL, not from the request's Host.

        It is in the language that its recipient chose, or else in that of the request.
        In allauth's context, the name of each address ends with `_url`.
        """
        request = current.request
        links = {key: under_issuer(request, url) for key, url in context.items() if key.endswith("_url")}
        host = urlsplit(issuer(request)).netloc
        site = SimpleNamespace(name=sender.server_name() or host, domain=host)
        language = language_of(context.get("user")) or get_language()
        with translation.override(language):
            super().send_mail(template_prefix, email, {**context, **links, "current_site": site})

    def get_from_email(self) -> str:
        return sender.from_address()

    def format_email_subject(self, subject: str) -> str:
        name = sender.server_name()
        return f"[{name}] {subject}" if name else str(subject)

    def get_reauthentication_methods(self, user: AbstractBaseUser | AnonymousUser) -> list[dict[str, Any]]:
        """Return allauth's methods, with descriptions that name recovery codes and passkeys too."""
        methods: list[dict[str, Any]] = super().get_reauthentication_methods(user)
        for method in methods:
            method["description"] = REAUTHENTICATION.get(method["id"], method["description"])
        return methods

    def get_reset_password_from_key_url(self, key: str) -> str:
        return under_issuer(self.request, super().get_reset_password_from_key_url(key))

    def get_email_confirmation_url(self, request: HttpRequest, emailconfirmation: Any) -> str:
        return under_issuer(request, super().get_email_confirmation_url(request, emailconfirmation))

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Count the attempt in place of allauth's own limit. Raises ImmediateHttpResponse after too many attempts."""
        # Imported here, because the module imports allauth's forms, which load this adapter.
        from accounts.people import attempt_limits

        attempt_limits.count_attempt(request, name_in(credentials))

    def pre_login(self, request: HttpRequest, user: Any, **how: Any) -> HttpResponse | None:
        """Refuse a service person, however it was identified: as allauth does for a suspended person."""
        if user.is_service:
            refused = Event.Outcome.REFUSED
            events.record(Event.Kind.SIGN_IN, outcome=refused, request=request, user=user, reason="service_person")
            # Imported here, because the module imports allauth's models.
            from allauth.account.internal.stagekit import clear_login

            clear_login(request)
            return self.respond_user_inactive(request, user)
        return super().pre_login(request, user, **how)

    def authenticate(self, request: HttpRequest, **credentials: Any) -> AbstractBaseUser | None:
        person = super().authenticate(request, **credentials)
        if person is not None:
            login_throttle.refund_attempt(request, name_in(credentials))
        return person


def name_in(credentials: dict[str, Any]) -> str:
    return str(credentials.get("username") or credentials.get("email") or "")
