"""Arguments of the commands about clients: the client, a file of keys, and the messages of the forms behind them."""

from pathlib import Path
from typing import Any

from django.core.management import CommandError

from accounts.admin.machines.key_forms import LONGEST_KEY_SET
from accounts.db.text import storable
from accounts.models import Client

# The options behind the fields of the forms.
OPTIONS = {
    **{"name": "NAME", "username": "--as", "acts_as": "--as", "ceiling": "--scope", "resources": "--resource"},
    **{"lifetime_minutes": "--minutes", "jwks": "--jwks", "jwks_uri": "--jwks-uri"},
}


def find_client(named: str) -> Client:
    """Return the client of that ID or name, locked. Raises CommandError unless there is exactly one."""
    named = storable(named)
    clients = Client.objects.select_for_update(of=("self",), no_key=True)
    found = list(clients.filter(client_id=named)) or list(clients.filter(name=named)[:2])
    if not found:
        raise CommandError(f"There is no client {named!r}. Its ID is on its page in admin.")
    if len(found) > 1:
        raise CommandError(f"Several clients are called {named!r}. Pass the client ID.")
    return found[0]


def read_file(file: Path) -> str:
    """Return the text of a file of keys, cut just above the longest that is accepted. Raises CommandError."""
    try:
        with file.open(encoding="utf-8") as opened:
            return opened.read(LONGEST_KEY_SET + 1)
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"--jwks: {file} cannot be read: {error}") from error


def refuse_invalid(form: Any) -> None:
    """Raise CommandError with the form's messages, each after the option that it is about."""
    problems = [f"{OPTIONS.get(name, name)}: {' '.join(messages)}" for name, messages in form.errors.items()]
    if problems:
        raise CommandError(" ".join(problems))
