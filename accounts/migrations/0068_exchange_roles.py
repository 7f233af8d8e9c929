"""Let operators allow exchanges of tokens between protected resources, which they manage, and the helpdesk see them."""

from typing import Any

from django.db import migrations

from accounts import roles

SEES = {"oauth_mcp.view_allowedexchange"}
MANAGES = {f"oauth_mcp.{verb}_allowedexchange" for verb in ("add", "change", "delete")}


def extend(apps: Any, schema_editor: Any) -> None:
    database = schema_editor.connection.alias
    roles.extend(apps, database, roles.OPERATOR, SEES | MANAGES)
    roles.extend(apps, database, roles.HELPDESK, SEES)


class Migration(migrations.Migration):
    dependencies = [
        ("oauth_mcp", "0054_authorization_issuer"),
    ]

    operations = [
        # The permissions stay when it is reversed, because the role may have been given them by hand.
        migrations.RunPython(extend, migrations.RunPython.noop),
    ]
