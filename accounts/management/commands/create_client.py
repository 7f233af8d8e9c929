import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from accounts.admin.machines.machine_clients import MachineClientForm
from accounts.admin.machines.service_people import ServicePersonForm
from accounts.audit import events
from accounts.client_credentials import secrets
from accounts.clients.metadata.grant_types import CLIENT_CREDENTIALS
from accounts.management.client_options import read_file, refuse_invalid
from accounts.models import Client, Event, has_own_model, service_condition
from accounts.user_model import User
from accounts.user_model.fields import USERNAME

NO_PERSON = "There is no service person {!r}. Add it in admin, or pass --add-person."
NOT_ADDED = "People are added by your site: add the person there, and then under “Service people” in admin."


class Command(BaseCommand):
    """Add a client that acts as a service person, as the form in admin does."""

    help = "Add a client for a machine. Prints its client ID and, once, its secret."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="For lists and the audit log.")
        parser.add_argument("--grant", choices=[CLIENT_CREDENTIALS], default=CLIENT_CREDENTIALS)
        parser.add_argument("--as", dest="person", required=True, help="The service person as whom it acts.")
        parser.add_argument("--add-person", action="store_true", help="Add the service person if it is missing.")
        parser.add_argument("--scope", default="read", help='The most that a token can have: "read write".')
        parser.add_argument("--resource", action="append", default=[], help="Another server that tokens may be for.")
        parser.add_argument("--minutes", type=int, help="The lifetime of tokens, if shorter than all others have.")
        parser.add_argument("--jwks", type=Path, help="A file with its public keys: it authenticates by these.")
        parser.add_argument("--jwks-uri", default="", help="The https address of its public keys.")
        parser.add_argument("--json", action="store_true", help="Print JSON, for scripts.")

    def handle(self, *args: Any, **options: Any) -> None:
        with transaction.atomic():
            person = _person(options["person"], may_add=options["add_person"])
            client, secret = _create(person, options)
        made = {"client_id": client.client_id, "grant_type": CLIENT_CREDENTIALS, "acts_as": person.get_username()}
        made |= {"client_secret": secret} if secret else {}
        self.stdout.write(json.dumps(made) if options["json"] else _described(client, secret))


def _person(username: str, *, may_add: bool) -> User:
    found = User._default_manager.filter(service_condition(), **{USERNAME: username}).first()
    if found is not None:
        return found
    if not may_add:
        raise CommandError(NO_PERSON.format(username))
    if not has_own_model():
        raise CommandError(NOT_ADDED)
    form = ServicePersonForm({"username": username})
    refuse_invalid(form)
    added: User = form.save()
    events.record(Event.Kind.ADMIN, action="added user", detail=f"{added}: Added as a service person, by a command.")
    return added


def _create(person: User, options: dict[str, Any]) -> tuple[Client, str]:
    """Return the new client, and its secret; "" where it authenticates by its keys."""
    form = MachineClientForm(_form_data(person, options))
    form.fields["acts_as"].queryset = User.objects.filter(pk=person.pk)  # type: ignore[attr-defined]
    refuse_invalid(form)
    client = form.save(commit=False)
    secret = secrets.generate(client) if client.has_secret else ""
    client.save()
    form.give_access(client)
    detail = f"Acts as {person}, with at most {form.cleaned_data['ceiling']}."
    events.record(Event.Kind.REGISTRATION, action="by_command", client=client, detail=detail)
    return client, secret


def _form_data(person: User, options: dict[str, Any]) -> dict[str, Any]:
    by_key = options["jwks"] is not None or options["jwks_uri"]
    return {
        "name": options["name"],
        "acts_as": person.pk,
        "ceiling": options["scope"].split(),
        "resources": options["resource"],
        "lifetime_minutes": options["minutes"],
        "token_endpoint_auth_method": Client.AuthMethod.PRIVATE_KEY_JWT if by_key else Client.AuthMethod.BASIC,
        "jwks": read_file(options["jwks"]) if options["jwks"] is not None else "",
        "jwks_uri": options["jwks_uri"],
    }


def _described(client: Client, secret: str) -> str:
    lines = [f"client_id: {client.client_id}"]
    lines += [f"client_secret: {secret} (shown only this once)"] if secret else ["It authenticates by its keys."]
    return "\n".join(lines)
