from typing import Any

from cryptography.fernet import InvalidToken
from django.core.management.base import BaseCommand, CommandError

from accounts.signing import keys
from accounts.user_model.sign_in import has_allauth


class Command(BaseCommand):
    """Encrypt second factors and signing keys under the current SECRET_KEY. Safe beside live traffic, and to repeat."""

    help = (
        "Encrypt second factors and signing keys under the current SECRET_KEY. "
        "Needed before a key is removed from SECRET_KEY_FALLBACKS."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            count = reseal_second_factors() + keys.reseal()
        except InvalidToken as error:
            raise CommandError(
                "A second factor or a signing key is encrypted under a key that is missing. "
                "Add the key to SECRET_KEY_FALLBACKS."
            ) from error
        self.stdout.write(f"{count} secrets encrypted under the current SECRET_KEY")


def reseal_second_factors() -> int:
    """Encrypt second factors under the current SECRET_KEY, where this server encrypts them. Raises InvalidToken."""
    if not has_allauth("mfa"):
        return 0
    from allauth.mfa.adapter import get_adapter

    from accounts.people import second_factor

    return second_factor.reseal() if isinstance(get_adapter(), second_factor.SecondFactorAdapter) else 0
