from typing import Any

from django.db import migrations

from accounts import roles


def create_roles(apps: Any, schema_editor: Any) -> None:
    roles.create(apps, schema_editor.connection.alias)


class Migration(migrations.Migration):
    dependencies = [
        ("oauth_mcp", "0018_blocked_domain_help_text"),
        ("account", "0001_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("mfa", "0001_initial"),
        ("socialaccount", "0001_initial"),
    ]

    operations = [
        # The groups stay when it is reversed, because people may be members.
        migrations.RunPython(create_roles, migrations.RunPython.noop),
    ]
