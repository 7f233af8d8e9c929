"""Signing in by an OpenID Connect provider: whom it may sign in here."""

from typing import Any

from allauth.account.models import EmailAddress
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.conf import settings
from django.http import HttpRequest


class SingleSignOnAdapter(DefaultSocialAccountAdapter):
    """Whoever has an address that both sides verified is that person; others are added where that is set."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        return bool(settings.OIDC_SIGN_UP)

    def can_authenticate_by_email(self, login: Any, email: str) -> bool:
        """allauth has asked already whether the provider verified it; whether it is theirs here is ours to know."""
        return EmailAddress.objects.filter(email__iexact=email, verified=True).exists()
