"""Add which authorization another one was exchanged from, and who acts for the person."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("oauth_mcp", "0066_allowed_exchanges"),
    ]

    operations = [
        migrations.AddField(
            model_name="authorization",
            name="exchanged_from",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="exchanged",
                to="oauth_mcp.authorization",
            ),
        ),
        migrations.AddField(
            model_name="authorization",
            name="actors",
            field=models.TextField(
                blank=True,
                db_default="",
                default="",
                editable=False,
                help_text="Space separated: the protected resources that act for the person, the current one first.",
            ),
        ),
        migrations.AddIndex(
            model_name="authorization",
            index=models.Index(
                condition=models.Q(("exchanged_from__isnull", False)),
                fields=["exchanged_from"],
                name="authorization_exchanged",
            ),
        ),
    ]
