import json
from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from accounts.audit import events
from accounts.client_credentials import secrets
from accounts.management.client_options import find_client
from accounts.models import Client, Event

MOST_HOURS = 30 * 24
USUAL_HOURS = int(secrets.OVERLAP / timedelta(hours=1))


class Command(BaseCommand):
    """Replace the secret of a client, as its page in admin does."""

    help = "Replace the secret of a client, and print the new one. The former one is accepted for some hours."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("client", help="Its client ID, or its name if no other client has that.")
        overlap = (
            f"For how long the former secret is accepted, in hours. 0: replace it at once. Default: {USUAL_HOURS}."
        )
        parser.add_argument("--overlap", type=int, default=USUAL_HOURS, metavar="HOURS", help=overlap)
        parser.add_argument("--json", action="store_true", help="Print JSON, for scripts.")

    def handle(self, *args: Any, **options: Any) -> None:
        hours = options["overlap"]
        if not 0 <= hours <= MOST_HOURS:
            raise CommandError(f"--overlap: {hours} hours are not possible. Choose 0 to {MOST_HOURS}.")
        with transaction.atomic():
            client = _client(options["client"])
            secret = secrets.rotate(client, timedelta(hours=hours))
            events.record(
                Event.Kind.ADMIN,
                action="changed client",
                client=client,
                detail=f"{client}: Rotated the secret by a command; the former one is accepted for {hours} hours.",
            )
        self.stdout.write(_described(client, secret, as_json=options["json"]))


def _client(named: str) -> Client:
    """Return the client of that ID or name, locked. Raises CommandError."""
    client = find_client(named)
    if not client.has_secret:
        raise CommandError(f"{client} has no secret.")
    return client


def _described(client: Client, secret: str, *, as_json: bool) -> str:
    if not as_json:
        return f"client_secret: {secret} (shown only this once)"
    until = client.former_secret_until
    former = until.isoformat() if until is not None else None
    return json.dumps({"client_id": client.client_id, "client_secret": secret, "former_secret_until": former})
