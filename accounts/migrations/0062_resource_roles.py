from typing import Any

from django.db import migrations

from accounts import roles

SEES_RESOURCES = {"accounts.view_protectedresource"}
MANAGES_RESOURCES = {
    *("accounts.add_protectedresource", "accounts.change_protectedresource"),
    *("accounts.delete_protectedresource", "accounts.view_signingkey"),
}


def allow_resources(apps: Any, schema_editor: Any) -> None:
    """Let operators manage protected resources, and the helpdesk see them."""
    database = schema_editor.connection.alias
    roles.extend(apps, database, roles.OPERATOR, SEES_RESOURCES | MANAGES_RESOURCES)
    roles.extend(apps, database, roles.HELPDESK, SEES_RESOURCES)


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0061_resource_tokens"),
    ]

    operations = [
        # The groups keep them when it is reversed, as they keep all others.
        migrations.RunPython(allow_resources, migrations.RunPython.noop),
    ]
