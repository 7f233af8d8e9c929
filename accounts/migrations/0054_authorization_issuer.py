"""Add the trusted issuer whose assertion an authorization is based on."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("oauth_mcp", "0053_workload_rule_person"),
    ]

    operations = [
        migrations.AddField(
            model_name="authorization",
            name="issuer",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                db_index=False,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="authorizations",
                to="oauth_mcp.trustedissuer",
                verbose_name="trusted issuer",
            ),
        ),
    ]
