from typing import Any

from django.db import migrations

from accounts import roles

PERMISSIONS = {"mcp_api.view_toolset", "mcp_api.add_toolset", "mcp_api.change_toolset", "mcp_api.delete_toolset"}


def allow_toolsets(apps: Any, schema_editor: Any) -> None:
    """Let operators add and change toolsets."""
    roles.extend(apps, schema_editor.connection.alias, roles.OPERATOR, PERMISSIONS)


class Migration(migrations.Migration):
    dependencies = [
        ("mcp_api", "0029_task_endpoint"),
    ]

    operations = [
        migrations.RunPython(allow_toolsets, migrations.RunPython.noop),
    ]
