import os
import secrets
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from accounts.user_model import User

REFUSAL = (
    "seed_demo creates people with known passwords, so it runs only with DEBUG=true. "
    "On a real server, create the first person with `python manage.py createsuperuser`."
)


class Command(BaseCommand):
    """Create the demo people. Existing people do not change."""

    help = "Create the demo people: demo (password demo123) and the superuser admin. Only with DEBUG=true."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEBUG:
            raise CommandError(REFUSAL)
        with transaction.atomic():
            self._create_demo()
            self._create_admin()

    def _create_demo(self) -> None:
        if _is_new("demo"):
            User.objects.create_user("demo", password="demo123")
        self.stdout.write("Sign in as demo with the password demo123.")

    def _create_admin(self) -> None:
        if not _is_new("admin"):
            self.stdout.write("Admin: the user admin exists (new password: python manage.py changepassword admin).")
            return
        chosen = os.environ.get("ADMIN_PASSWORD")
        password = chosen or secrets.token_urlsafe(12)
        User.objects.create_superuser("admin", password=password)
        shown = "the password from ADMIN_PASSWORD" if chosen else f"the password {password} (shown only this once)"
        self.stdout.write(f"Admin: sign in at /admin/ as admin with {shown}.")


def _is_new(username: str) -> bool:
    return not User.objects.filter(username=username).exists()
