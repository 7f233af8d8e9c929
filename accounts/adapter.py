from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class AccountAdapter(DefaultAccountAdapter):
    """How allauth behaves here: people are added by the operator, nobody signs up."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False
