from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest

from accounts import sign_in_attempts


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

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Count the attempt, in place of allauth's own. Raises ImmediateHttpResponse where there were too many."""
        # Imported here: the limited forms are allauth's, which need this adapter.
        from accounts import attempt_limits

        attempt_limits.begin(request, name_in(credentials))

    def authenticate(self, request: HttpRequest, **credentials: Any) -> AbstractBaseUser | None:
        person = super().authenticate(request, **credentials)
        if person is not None:
            sign_in_attempts.succeeded(request, name_in(credentials))
        return person


def name_in(credentials: dict[str, Any]) -> str:
    return str(credentials.get("username") or credentials.get("email") or "")
