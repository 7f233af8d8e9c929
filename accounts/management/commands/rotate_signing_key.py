from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.audit import events
from accounts.models import Event, SigningKey
from accounts.signing import keys


class Command(BaseCommand):
    """Rotate the key that signs JWTs. Safe beside live traffic."""

    help = "Publish a new key for JWTs. It signs once the servers that verify have had the time to read it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--alg", choices=SigningKey.Algorithm.values, default="", help="Without: as before.")
        how = parser.add_mutually_exclusive_group()
        how.add_argument("--now", action="store_true", help="Sign with it at once.")
        how.add_argument(
            "--leaked", action="store_true", help="Sign with it at once, and delete the others: their tokens are dead."
        )

    def handle(self, *args: Any, alg: str, now: bool, leaked: bool, **options: Any) -> None:
        try:
            key = keys.replace_leaked(alg) if leaked else keys.rotate(alg, at_once=now)
        except keys.RotationRefused as error:
            raise CommandError(str(error)) from error
        detail = "Every other key was deleted." if leaked else ""
        events.record(Event.Kind.ADMIN, action="rotated signing key", detail=f"{key} {detail}".strip())
        self.stdout.write(
            f"{key.kid} ({key.algorithm}) is published, and signs from {key.signs_from:%Y-%m-%d %H:%M} UTC"
        )
