"""Add the authorization of a device code, in a transaction of its own: it locks another table than the client's."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("oauth_mcp", "0055_device_codes"),
    ]

    operations = [
        migrations.AddField(
            model_name="devicecode",
            name="authorization",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="device_codes",
                to="oauth_mcp.authorization",
            ),
        ),
    ]
