"""Add the service person as whom a client acts. A migration of its own, because it locks the table of people."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("oauth_mcp", "0045_service_access"),
    ]

    operations = [
        # The table is new, so that it has no rows that would lack the value.
        migrations.AddField(
            model_name="serviceaccess",
            name="user",
            field=models.ForeignKey(
                limit_choices_to={"is_service": True},
                on_delete=django.db.models.deletion.CASCADE,
                related_name="service_accesses",
                to=settings.AUTH_USER_MODEL,
                verbose_name="acts as",
            ),
        ),
    ]
