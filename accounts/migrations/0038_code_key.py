"""Add the key that an authorization code is bound to."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("oauth_mcp", "0037_refresh_token_key"),
    ]

    operations = [
        migrations.AddField(
            model_name="grant",
            name="dpop_jkt",
            field=models.CharField(blank=True, db_default="", default="", max_length=43, verbose_name="DPoP key"),
        ),
    ]
