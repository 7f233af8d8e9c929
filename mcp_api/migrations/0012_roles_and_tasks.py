from typing import Any

from django.db import migrations

from accounts import roles

PERMISSIONS = {"mcp_api.view_task", "mcp_api.change_task"}


def allow_tasks(apps: Any, schema_editor: Any) -> None:
    """Let operators and the helpdesk see and cancel tasks."""
    for role in (roles.OPERATOR, roles.HELPDESK):
        roles.extend(apps, schema_editor.connection.alias, role, PERMISSIONS)


class Migration(migrations.Migration):
    dependencies = [
        ("mcp_api", "0011_skill_policy"),
    ]

    operations = [
        migrations.RunPython(allow_tasks, migrations.RunPython.noop),
    ]
