"""Add the key that a refresh token is bound to."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("oauth_mcp", "0036_access_token_key"),
    ]

    operations = [
        migrations.AddField(
            model_name="refreshtoken",
            name="dpop_jkt",
            field=models.CharField(blank=True, db_default="", default="", max_length=43, verbose_name="DPoP key"),
        ),
    ]
