"""Add whether an operator requires the key of a client that need not authenticate."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("oauth_mcp", "0041_authorization_resource"),
    ]

    operations = [
        migrations.AddField(
            model_name="client",
            name="requires_assertion",
            field=models.BooleanField(db_default=False, default=False, editable=False, verbose_name="require its key"),
        ),
    ]
