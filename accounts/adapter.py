from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


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
