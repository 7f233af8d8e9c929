"""Let operators manage service access."""

from typing import Any

from django.db import migrations

from accounts import roles

PERMISSIONS = {f"oauth_mcp.{verb}_serviceaccess" for verb in ("view", "add", "change", "delete")}


def extend(apps: Any, schema_editor: Any) -> None:
    roles.extend(apps, schema_editor.connection.alias, roles.OPERATOR, PERMISSIONS)


class Migration(migrations.Migration):
    dependencies = [
        ("oauth_mcp", "0047_service_people_are_no_staff"),
    ]

    operations = [
        # The permissions stay when it is reversed, because the role may have been given them by hand.
        migrations.RunPython(extend, migrations.RunPython.noop),
    ]
