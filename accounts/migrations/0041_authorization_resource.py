"""Add what the tokens of an authorization are for."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("oauth_mcp", "0040_protected_resources"),
    ]

    operations = [
        migrations.AddField(
            model_name="authorization",
            name="resource",
            field=models.TextField(
                blank=True,
                db_default="",
                default="",
                help_text="What its tokens are for. Empty: this server's own MCP endpoint.",
            ),
        ),
    ]
