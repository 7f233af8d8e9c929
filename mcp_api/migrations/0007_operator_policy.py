from typing import Any

from django.db import migrations

from accounts import roles

PERMISSIONS = {"mcp_api.view_policy", "mcp_api.change_policy", "mcp_api.delete_policy"}


def allow_policy(apps: Any, schema_editor: Any) -> None:
    """Let operators change the policy of tools, resources and prompts."""
    roles.extend(apps, schema_editor.connection.alias, roles.OPERATOR, PERMISSIONS)


class Migration(migrations.Migration):
    dependencies = [
        ("oauth_mcp", "0019_roles"),
        ("mcp_api", "0006_policy_words"),
    ]

    operations = [
        migrations.RunPython(allow_policy, migrations.RunPython.noop),
    ]
