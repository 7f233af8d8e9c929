"""Names, home pages, groups and blocked domains of before, as they would be written now."""

import hashlib
from typing import Any

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

from accounts.clients.names import cleaned, folded
from accounts.clients.redirect_uris import any_port
from accounts.http.web_address import InvalidAddress, host_name, read


def clean_clients(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """The operator chose what is shown of clients made by hand, so that it stays."""
    for client in apps.get_model("oauth_mcp", "Client").objects.iterator():
        if client.registration_source != "manual":
            client.name = cleaned(client.name)[:255]  # composed letters may take more room
            client.client_uri = client.client_uri if read(client.client_uri) else ""
            client.logo_uri = client.logo_uri if read(client.logo_uri) else ""
        client.lookalike = lookalike(client)
        client.save(update_fields=["name", "client_uri", "logo_uri", "lookalike"])


def lookalike(client: Any) -> str:
    addresses = sorted(any_port(uri) for uri in client.redirect_uris.split())
    return hashlib.sha256(repr((folded(client.name), addresses)).encode()).hexdigest()


def clean_domains(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """A domain that would then be there twice is kept once. Text that is not a host blocks nobody, and stays."""
    domains = apps.get_model("oauth_mcp", "BlockedDomain").objects
    for blocked in list(domains.all()):
        try:
            host = host_name(blocked.domain)
        except InvalidAddress:
            continue
        if host == blocked.domain:
            continue
        domains.get_or_create(domain=host, defaults={"reason": blocked.reason})
        blocked.delete()


class Migration(migrations.Migration):

    dependencies = [
        ("oauth_mcp", "0012_verified_email"),
    ]

    operations = [
        migrations.RunPython(clean_clients, migrations.RunPython.noop, elidable=True),
        migrations.RunPython(clean_domains, migrations.RunPython.noop, elidable=True),
    ]
