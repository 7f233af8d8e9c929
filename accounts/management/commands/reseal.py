from typing import Any

from cryptography.fernet import InvalidToken
from django.core.management.base import BaseCommand, CommandError

from accounts.people import second_factor
from accounts.signing import keys


class Command(BaseCommand):
    """Encrypt second factors and signing keys under the current SECRET_KEY. Safe beside live traffic, and to repeat."""

    help = (
        "Encrypt second factors and signing keys under the current SECRET_KEY. "
        "Needed before a key is removed from SECRET_KEY_FALLBACKS."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            count = second_factor.reseal() + keys.reseal()
        except InvalidToken as error:
            raise CommandError(
                "A second factor or a signing key is encrypted under a key that is missing. "
                "Add the key to SECRET_KEY_FALLBACKS."
            ) from error
        self.stdout.write(f"{count} secrets encrypted under the current SECRET_KEY")
