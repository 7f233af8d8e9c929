from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.models import Authorization
from accounts.revocation.authorizations import revoke


class Command(BaseCommand):
    """Revoke all authorizations, for instance after a backup was restored or a stranger read the database."""

    help = "Revoke every authorization. Each person has to connect their apps again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--yes", action="store_true", help="Revoke them. Without this, only count them.")

    def handle(self, *args: Any, yes: bool, **options: Any) -> None:
        if not yes:
            count = Authorization.objects.live().count()
            raise CommandError(f"This would revoke {count} authorizations. Pass --yes to do it.")
        count = revoke(Authorization.objects.all(), reason="all_revoked")
        self.stdout.write(f"{count} authorizations revoked")
