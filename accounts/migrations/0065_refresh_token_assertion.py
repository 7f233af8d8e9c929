"""Add whether a refresh token was issued upon an assertion of its client, and so needs one."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("oauth_mcp", "0044_client_requires_assertion"),
    ]

    operations = [
        migrations.AddField(
            model_name="refreshtoken",
            name="requires_assertion",
            field=models.BooleanField(
                db_default=False, default=False, editable=False, verbose_name="needs the client’s key"
            ),
        ),
    ]
