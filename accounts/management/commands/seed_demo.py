import os
import secrets
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from accounts.models import User

REFUSAL = (
    "seed_demo makes people whose passwords everyone knows, so it runs with DEBUG=true alone. "
    "On a real server, `python manage.py createsuperuser` makes the first person."
)


class Command(BaseCommand):
    """Makes the people of the demonstration, once: whoever is there already stays as they are."""

    help = "Make the demo people: demo (password demo123) and the superuser admin. Only with DEBUG=true."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEBUG:
            raise CommandError(REFUSAL)
        with transaction.atomic():
            self._make_demo()
            self._make_admin()

    def _make_demo(self) -> None:
        if _is_new("demo"):
            User.objects.create_user("demo", password="demo123")
        self.stdout.write("Sign in as demo with the password demo123.")

    def _make_admin(self) -> None:
        if not _is_new("admin"):
            self.stdout.write("Admin: the user admin, as before (new password: python manage.py changepassword admin).")
            return
        chosen = os.environ.get("ADMIN_PASSWORD")
        password = chosen or secrets.token_urlsafe(12)
        User.objects.create_superuser("admin", password=password)
        shown = "the password from ADMIN_PASSWORD" if chosen else f"the password {password} (shown only this once)"
        self.stdout.write(f"Admin: sign in at /admin/ as admin with {shown}.")


def _is_new(username: str) -> bool:
    return not User.objects.filter(username=username).exists()
