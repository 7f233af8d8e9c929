"""Add whether a client must bind its tokens to a key."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("oauth_mcp", "0038_code_key"),
    ]

    operations = [
        migrations.AddField(
            model_name="client",
            name="dpop_bound_access_tokens",
            field=models.BooleanField(db_default=False, default=False, verbose_name="DPoP-bound tokens"),
        ),
        migrations.AddField(
            model_name="client",
            name="requires_dpop",
            field=models.BooleanField(db_default=False, default=False, editable=False, verbose_name="require DPoP"),
        ),
    ]
