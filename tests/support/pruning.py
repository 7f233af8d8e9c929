"""Runs of `manage.py prune`, and rows that it deletes."""

import re
from datetime import timedelta
from io import StringIO
from typing import Any

from django.core.management import call_command
from django.utils import timezone

from accounts.models import Authorization, Client, Event
from tests.support.factories import make_authorization, make_client, make_tokens, make_user


def prune(*arguments: str) -> str:
    printed = StringIO()
    call_command("prune", *arguments, stdout=printed)
    return printed.getvalue()


def numbers(printed: str) -> dict[str, int]:
    """Return the number of rows by name, as the command prints them."""
    return {name: int(number) for name, number in re.findall(r"^(.+): (\d+) (?:to delete|deleted)$", printed, re.M)}


def long_ago(row: Any, *columns: str, days: int = 400) -> Any:
    type(row)._base_manager.filter(pk=row.pk).update(**dict.fromkeys(columns, timezone.now() - timedelta(days=days)))
    return row


def make_unused_client(**fields: Any) -> Client:
    """Make a client that registered itself long ago and was never used."""
    fields = {"registration_source": Client.RegistrationSource.DCR, "token_endpoint_auth_method": "none", **fields}
    return long_ago(make_client(**fields), "created", "updated")


def make_unused_authorization(client: Client, **fields: Any) -> Authorization:
    authorization = make_authorization(make_user(), client, **fields)
    access, refresh, _ = make_tokens(authorization)
    long_ago(access, "expires")
    long_ago(refresh, "created")
    long_ago(authorization.consent, "created_at", "updated_at")
    return long_ago(authorization, "created_at")


def event(days: int) -> Event:
    return Event.objects.create(kind="mcp", outcome="ok", at=timezone.now() - timedelta(days=days))
