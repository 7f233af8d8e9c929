from typing import Any

from django.db import migrations

from accounts import roles

VIEW, CHANGE = "mcp_api.view_task", "mcp_api.change_task"


def allow_tasks(apps: Any, schema_editor: Any) -> None:
    """Let operators and the helpdesk cancel tasks, and auditors see them."""
    for role, permissions in ((roles.OPERATOR, {VIEW, CHANGE}), (roles.HELPDESK, {VIEW, CHANGE}), (roles.AUDITOR, {VIEW})):
        roles.extend(apps, schema_editor.connection.alias, role, permissions)


class Migration(migrations.Migration):
    dependencies = [
        ("mcp_api", "0009_skill_policy"),
    ]

    operations = [
        migrations.RunPython(allow_tasks, migrations.RunPython.noop),
    ]
