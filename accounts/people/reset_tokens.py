"""Tokens in links for a new password. A separate module, because allauth's forms import it while they load."""

from typing import Any

from allauth.account.models import EmailAddress
from django.contrib.auth.tokens import PasswordResetTokenGenerator


class TokenGenerator(PasswordResetTokenGenerator):
    """Django's generator, whose tokens also expire when the person's addresses or rights change, or at suspension.

    So a link that was made for an ordinary person does not work once that person is a superuser.
    """

    def check_token(self, user: Any, token: str | None) -> bool:
        """Return whether `token` is valid: never for a service person, which has no password."""
        return super().check_token(user, token) and not user.is_service

    def _make_hash_value(self, user: Any, timestamp: int) -> str:
        addresses = sorted(EmailAddress.objects.filter(user=user).values_list("email", "verified"))
        groups = sorted(user.groups.values_list("pk", flat=True))
        permissions = sorted(user.user_permissions.values_list("pk", flat=True))
        rights = (user.is_active, user.is_staff, user.is_superuser, groups, permissions)
        return f"{super()._make_hash_value(user, timestamp)}{addresses!r}{rights!r}{user.session_epoch}"
