from typing import Any

from django.db import migrations

from accounts import roles

SEES_RESOURCES = {"oauth_mcp.view_protectedresource"}
MANAGES_RESOURCES = {
    *("oauth_mcp.add_protectedresource", "oauth_mcp.change_protectedresource"),
    *("oauth_mcp.delete_protectedresource", "oauth_mcp.view_signingkey"),
}


def allow_resources(apps: Any, schema_editor: Any) -> None:
    """Let operators manage protected resources, and the helpdesk see them."""
    database = schema_editor.connection.alias
    roles.extend(apps, database, roles.OPERATOR, SEES_RESOURCES | MANAGES_RESOURCES)
    roles.extend(apps, database, roles.HELPDESK, SEES_RESOURCES)


class Migration(migrations.Migration):
    dependencies = [
        ("oauth_mcp", "0061_resource_tokens"),
    ]

    operations = [
        # The groups keep them when it is reversed, as they keep all others.
        migrations.RunPython(allow_resources, migrations.RunPython.noop),
    ]
