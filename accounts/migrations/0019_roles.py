from typing import Any

from django.db import migrations

from accounts import roles
from accounts.models import has_own_model

# Other sites may not have allauth, or add it later.
ALLAUTH = [("account", "0001_initial"), ("mfa", "0001_initial"), ("socialaccount", "0001_initial")]


def create_roles(apps: Any, schema_editor: Any) -> None:
    roles.create(apps, schema_editor.connection.alias)


class Migration(migrations.Migration):
    dependencies = [
        ("oauth_mcp", "0018_blocked_domain_help_text"),
        *(ALLAUTH if has_own_model() else []),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [
        # The groups stay when it is reversed, because people may be members.
        migrations.RunPython(create_roles, migrations.RunPython.noop),
    ]
