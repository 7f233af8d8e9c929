from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from accounts.admin.machines.client_keys import left_out, list_text
from accounts.admin.machines.key_forms import KeysForm
from accounts.audit import events
from accounts.client_credentials.key_replacement import may_replace, replace
from accounts.management.client_options import find_client, read_file, refuse_invalid
from accounts.models import Client, Event

NO_KEYS = "{} has no keys that can be replaced here: it authenticates by another method, or changes them itself."


class Command(BaseCommand):
    """Replace the public keys of a client, as its page in admin does."""

    help = "Replace the public keys of a client at once. For an overlap, pass a set with the former and the new key."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("client", help="Its client ID, or its name if no other client has that.")
        keys = parser.add_mutually_exclusive_group(required=True)
        keys.add_argument("--jwks", type=Path, help="A file with its public keys, as a JWKS.")
        keys.add_argument("--jwks-uri", default="", help="The https address of its public keys.")

    def handle(self, *args: Any, **options: Any) -> None:
        written = read_file(options["jwks"]) if options["jwks"] is not None else ""
        form = KeysForm({"jwks": written, "jwks_uri": options["jwks_uri"]})
        refuse_invalid(form)
        with transaction.atomic():
            client = find_client(options["client"])
            done = _replace(client, form)
        said = (done, left_out(form.left_out), *list_text(client))
        self.stdout.write("\n".join(filter(None, said)))


def _replace(client: Client, form: KeysForm) -> str:
    """Replace the keys of `client`, and return what changed. Raises CommandError where that is not possible."""
    if not may_replace(client):
        raise CommandError(NO_KEYS.format(client))
    done = replace(client, jwks=form.cleaned_data["jwks"], jwks_uri=form.cleaned_data["jwks_uri"])
    detail = f"{client}: {done} By a command."
    events.record(Event.Kind.ADMIN, action="changed client", client=client, detail=detail)
    return done
