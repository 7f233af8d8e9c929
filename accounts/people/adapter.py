"""The behaviour of allauth's account pages and mails on this server."""

from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context as current
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest

from accounts.http.address import issuer, under_issuer
from accounts.people import login_throttle


class AccountAdapter(DefaultAccountAdapter):
    """How allauth behaves here: people are added by the operator, nobody signs up."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def is_safe_url(self, url: str | None) -> bool:
        """Whether a person may be sent on to `url`: only within this server.

        Judged without its query: Django takes no address of more than 2,048 characters for safe,
        and an authorization request with a long state is longer.
        """
        try:
            return bool(url) and super().is_safe_url(str(url).split("?", 1)[0])
        except ValueError:
            return False

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send a mail whose links and whose name of this server are those of PUBLIC_URL, whatever Host was asked for.

        allauth puts each address into the context under a name that ends with `_url`.
        """
        request = current.request
        links = {key: under_issuer(request, url) for key, url in context.items() if key.endswith("_url")}
        host = urlsplit(issuer(request)).netloc
        site = SimpleNamespace(name=host, domain=host)
        super().send_mail(template_prefix, email, {**context, **links, "current_site": site})

    def get_reset_password_from_key_url(self, key: str) -> str:
        return under_issuer(self.request, super().get_reset_password_from_key_url(key))

    def get_email_confirmation_url(self, request: HttpRequest, emailconfirmation: Any) -> str:
        return under_issuer(request, super().get_email_confirmation_url(request, emailconfirmation))

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Count the attempt, in place of allauth's own. Raises ImmediateHttpResponse where there were too many."""
        # Imported here: the limited forms are allauth's, which need this adapter.
        from accounts.people import attempt_limits

        attempt_limits.begin(request, name_in(credentials))

    def authenticate(self, request: HttpRequest, **credentials: Any) -> AbstractBaseUser | None:
        person = super().authenticate(request, **credentials)
        if person is not None:
            login_throttle.succeeded(request, name_in(credentials))
        return person


def name_in(credentials: dict[str, Any]) -> str:
    return str(credentials.get("username") or credentials.get("email") or "")
