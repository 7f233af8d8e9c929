"""Add the mark of people who are machines."""

from django.db import migrations, models

HELP = "A machine: cannot sign in, and acts only by the credentials of a client or a trusted issuer."


class Migration(migrations.Migration):
    dependencies = [
        ("oauth_mcp", "0021_authorization_origin"),
    ]

    operations = [
        migrations.AddField(
            model_name="user",
            name="is_service",
            field=models.BooleanField(
                db_default=False, default=False, help_text=HELP, verbose_name="service person"
            ),
        ),
    ]
