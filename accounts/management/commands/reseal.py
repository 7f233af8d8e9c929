from typing import Any

from cryptography.fernet import InvalidToken
from django.core.management.base import BaseCommand, CommandError

from accounts.people import second_factor


class Command(BaseCommand):
    """Safe to run at any time, beside live traffic, and to repeat."""

    help = "Seal second factors under today's SECRET_KEY: before a former key leaves SECRET_KEY_FALLBACKS."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            count = second_factor.reseal()
        except InvalidToken as error:
            raise CommandError("A second factor was sealed under a key that SECRET_KEY_FALLBACKS lacks.") from error
        self.stdout.write(f"{count} sealed under today's SECRET_KEY")
