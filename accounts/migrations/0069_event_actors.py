"""Add to events who acted for the person, by an exchanged token."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("oauth_mcp", "0068_exchange_roles"),
    ]

    operations = [
        migrations.AddField(
            model_name="event",
            name="actors",
            field=models.TextField(
                blank=True,
                db_default="",
                default="",
                help_text="Space separated: the protected resources that acted for the person by an exchanged token, "
                "the current one first.",
                verbose_name="acting servers",
            ),
        ),
    ]
