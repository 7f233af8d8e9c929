"""Add the person that a subject of a trusted issuer is."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("oauth_mcp", "0051_issuer_tables"),
    ]

    operations = [
        migrations.AddField(
            model_name="issuersubject",
            name="user",
            field=models.ForeignKey(
                limit_choices_to={"is_service": False},
                on_delete=django.db.models.deletion.CASCADE,
                related_name="issuer_subjects",
                to=settings.AUTH_USER_MODEL,
                verbose_name="person",
            ),
        ),
    ]
